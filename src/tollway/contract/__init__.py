"""Ring 1: what crosses a process boundary, as versioned types."""
