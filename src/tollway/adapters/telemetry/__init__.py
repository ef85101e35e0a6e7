"""What the processes say about themselves: counters and logs."""
