"""Teams own applications."""
