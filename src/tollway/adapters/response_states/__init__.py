"""The store of responses: an LMDB file of its own that all workers of a node read and write."""

from tollway.adapters.response_states.store import Bounds, LMDBResponseStates

__all__ = ["Bounds", "LMDBResponseStates"]
