"""Ring 3: the control plane, one package a domain."""
