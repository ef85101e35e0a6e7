"""Tokens: issued, listed, changed and revoked."""
