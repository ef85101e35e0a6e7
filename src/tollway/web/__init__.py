"""Ring 5: the console's HTTP shell."""
