"""Seals and opens bytes with the keys of one purpose.

Sealed bytes are version, key id, nonce, then ciphertext and tag; version and key id are authenticated too, and say
which key opens them without trying any.
"""

import hashlib
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tollway.kernel.errors import TollwayError

_NONCE_BYTES = 12
_KEY_ID_BYTES = 4
_SEAL_VERSION = b"\x01"
HEADER_BYTES = len(_SEAL_VERSION) + _KEY_ID_BYTES


class SealingBox:
    """AES-256-GCM under the current key; what older keys have sealed still opens. Safe for use by many threads."""

    __slots__ = ("_ciphers", "_sealing")

    def __init__(self, *keys: bytes) -> None:
        if keys:
            self.take(keys)

    def take(self, keys: Sequence[bytes]) -> None:
        """Use these keys from now on, the first for sealing."""
        ciphers = {_header(key): AESGCM(key) for key in keys}
        # One assignment each: a thread that reads between them still opens everything.
        self._ciphers = ciphers
        self._sealing = next(iter(ciphers.items()))

    @property
    def header(self) -> bytes:
        """What everything begins with that is sealed from now on."""
        return self._sealing[0]

    @property
    def older(self) -> tuple[bytes, ...]:
        """What everything begins with that an older key has sealed, and that should be sealed again."""
        return tuple(header for header in self._ciphers if header != self.header)

    def seal(self, clear: bytes, aad: bytes) -> bytes:
        """Encrypt so that `open` with the same `aad` gives it back; never twice the same."""
        header, cipher = self._sealing
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return header + nonce + cipher.encrypt(nonce, clear, header + aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """Return the clear bytes. Raises upstream.no_credential when they were not sealed with these keys and `aad`."""
        header = sealed[:HEADER_BYTES]
        cipher = self._ciphers.get(header)
        if cipher is None:
            raise TollwayError("upstream.no_credential", internal="sealed under another root key or format")
        nonce = sealed[HEADER_BYTES : HEADER_BYTES + _NONCE_BYTES]
        try:
            return cipher.decrypt(nonce, sealed[HEADER_BYTES + _NONCE_BYTES :], header + aad)
        except (InvalidTag, ValueError) as error:
            raise TollwayError(
                "upstream.no_credential", internal="sealed bytes were changed or moved to another place"
            ) from error

    def is_old(self, sealed: bytes) -> bool:
        """Whether an older key that is still accepted has sealed this."""
        return sealed[:HEADER_BYTES] in self.older

    def reseal(self, sealed: bytes, aad: bytes) -> bytes:
        """Return the same under the current key. Raises upstream.no_credential."""
        return self.seal(self.open(sealed, aad), aad)


def _header(key: bytes) -> bytes:
    return _SEAL_VERSION + hashlib.sha256(b"tollway key id" + key).digest()[:_KEY_ID_BYTES]
