"""Ring 6: the mains of supervisor, worker, ledger and console."""
