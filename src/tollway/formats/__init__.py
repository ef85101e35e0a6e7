"""Ring 1: the dialects and the hub between them."""
