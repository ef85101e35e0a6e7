"""Looks for tokens in files and in git histories, and shows what was found."""
