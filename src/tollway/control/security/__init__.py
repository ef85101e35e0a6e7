"""Security events: what was noticed or reported about tokens, what was done about it, and by which rules."""
