"""Gateway tokens as credentials of the management API."""
