"""Typed, frozen settings; read in compose.py only."""
