"""Ring 4: sockets. HTTP/1.1 server and upstream client, TLS, DNS and the connect policy."""
