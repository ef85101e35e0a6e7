"""What `tollway doctor` looks at: each module yields findings about one side of an installation.

Reads only, works beside a running server and without one, and never raises for what it finds.
"""
