"""Ring 2: who serves a model; builds requests and reads replies, never opens a socket."""
