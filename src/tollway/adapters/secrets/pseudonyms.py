"""What stands for callers' addresses in records where the addresses themselves may not be kept.

Keyed, so that nobody who has the records alone finds an address by trying all of them; whoever has the root key can.
A change of the root key changes what stands for an address: what was learned of networks is then learned anew.
"""

from functools import lru_cache
from hashlib import sha256
from hmac import digest

from tollway.kernel.secret import SecretRing
from tollway.policy.detect.places import hash_address

REMEMBERED_MAX = 8_192


class AddressPseudonyms:
    """Names addresses. Remembers those of late, since hashing three grains costs more than all else about a record."""

    def __init__(self, ring: SecretRing) -> None:
        self._ring = ring
        self._remembered = lru_cache(maxsize=REMEMBERED_MAX)(self._name)

    def name(self, address: str) -> str:
        """Return what stands for the address under the key in use."""
        return self._remembered(address, self._ring.current().reveal())

    @staticmethod
    def _name(address: str, key: bytes) -> str:
        return hash_address(address, lambda grain: digest(key, grain, sha256))
