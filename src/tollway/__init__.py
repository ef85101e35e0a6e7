"""Tollway: a self-hosted AI gateway, API gateway and token desk."""

__version__ = "0.1.0"
