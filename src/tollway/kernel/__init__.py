"""Ring 0: the words everyone speaks. Standard library and msgspec only; no I/O."""
