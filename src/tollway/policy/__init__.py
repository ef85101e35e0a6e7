"""Ring 1: pure decisions; time is an argument."""
