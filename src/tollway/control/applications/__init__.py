"""Applications own tokens."""
