"""The policy store: an LMDB file that the console writes and every worker reads at each call."""

from tollway.adapters.policy_store.reader import LMDBPolicyStore
from tollway.adapters.policy_store.writer import PolicyStoreWriter, Stored

__all__ = ["LMDBPolicyStore", "PolicyStoreWriter", "Stored"]
