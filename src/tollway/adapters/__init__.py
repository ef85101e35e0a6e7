"""Ring 4: the outside world behind our ports."""
