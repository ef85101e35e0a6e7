"""Usage: what was called, by whom, at what cost; read from the ledger."""
