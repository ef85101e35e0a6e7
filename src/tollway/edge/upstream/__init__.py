"""The upstream client: HTTP/1.1 requests over pooled connections to addresses the connect policy allows.

`client.EdgeUpstreams` implements the port; `destination.build_destination` parses what it is sent to.
"""
