"""Upstreams: AI providers, their keys and models."""
