"""Rotation of tokens by policy, and the way of a new secret to who uses it."""
