"""Ring 5: the command line."""
