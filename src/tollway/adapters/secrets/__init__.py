"""Keys: the root key file, the keys derived from it, keyed hashes and sealed secrets."""

from tollway.adapters.secrets.box import SealingBox
from tollway.adapters.secrets.key_ring import KeyRing, build_aad
from tollway.adapters.secrets.root_key import (
    ROOT_KEY_FILE,
    RootKey,
    RootKeyError,
    RootKeys,
    create_root_key,
    load_or_create_root_keys,
    load_root_keys,
)

__all__ = [
    "ROOT_KEY_FILE",
    "KeyRing",
    "RootKey",
    "RootKeyError",
    "RootKeys",
    "SealingBox",
    "build_aad",
    "create_root_key",
    "load_or_create_root_keys",
    "load_root_keys",
]
