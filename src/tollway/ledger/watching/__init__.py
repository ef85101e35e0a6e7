"""Watches for misuse while call records are taken in."""
