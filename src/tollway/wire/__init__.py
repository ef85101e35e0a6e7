"""Ring 1: sans-I/O codecs, bytes to events and back."""
