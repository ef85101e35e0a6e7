"""Keys: the root key file, the keys derived from it, keyed hashes and sealed secrets."""

from tollway.adapters.secrets.key_ring import KeyRing, build_aad
from tollway.adapters.secrets.root_key import RootKeyError, create_root_key, load_or_create_root_key, load_root_key

__all__ = ["KeyRing", "RootKeyError", "build_aad", "create_root_key", "load_or_create_root_key", "load_root_key"]
