"""Published REST services."""
