"""The keys derived from the root keys, one purpose each, and what is done with them.

HKDF-SHA-256 (RFC 5869) with the purpose as `info`, so that no key says anything about another. Keys stay
inside: this object hashes, seals and opens; the keys that other parts need are handed out wrapped.

Law: what this ring handed out (boxes, rings of secrets) follows `adopt`, so that nobody holds on to retired keys.
"""

import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tollway.adapters.secrets.box import SealingBox
from tollway.adapters.secrets.root_key import RootKey, RootKeys
from tollway.gateway.ports import SecretBox, TokenHasher
from tollway.kernel.secret import Secret, SecretRing

_HMAC_BLOCK_BYTES = 64


class KeyRing:
    """Every key of the installation. Made once per process, after fork.

    The generation of a root key is also the version of its token pepper: new tokens take that of the key in use,
    and the peppers of all accepted keys verify. A single secret is the first generation.
    """

    def __init__(self, root: Secret[bytes] | RootKeys) -> None:
        self.provider_secrets = SealingBox()
        """Seals what upstreams are called with: provider keys and the logins of proxies."""
        self.response_states = SealingBox()
        """Seals what is kept of responses, which is the customers' content."""
        self.notices = SealingBox()
        """Seals the signing secrets of webhooks and the login of the mail server."""
        self.second_factors = SealingBox()
        """Seals the secrets of people's authenticator apps."""
        self.cookie_key = SecretRing()
        """Keys passwords before they are hashed."""
        self.audit_key = SecretRing()
        """Seals the end of the audit log and where it begins."""
        self.cursor_key = SecretRing()
        """Signs paging cursors."""
        self.address_key = SecretRing()
        """Hashes addresses of callers where they may not be kept."""
        self.adopt(root if isinstance(root, tuple) else (RootKey(1, root),))

    def adopt(self, roots: RootKeys) -> None:
        """Take these root keys from now on, the first for everything new. Safe while other threads use the ring."""
        boxes = {
            "provider-secret": self.provider_secrets,
            "response-states": self.response_states,
            "notices": self.notices,
            "second-factors": self.second_factors,
        }
        for purpose, box in boxes.items():
            box.take([_derive(root.key, purpose) for root in roots])
        rings = {
            "cookie": self.cookie_key,
            "audit-chain": self.audit_key,
            "cursor": self.cursor_key,
            "addresses": self.address_key,
        }
        for purpose, ring in rings.items():
            ring.replace(*((root.generation, Secret(_derive(root.key, purpose))) for root in roots))
        self._hashers = {
            root.generation: _Hasher(_derive(root.key, f"token-pepper/{root.generation}")).mac for root in roots
        }
        self._newest: Callable[[bytes], bytes] = self._hashers[roots[0].generation]
        self.pepper_version = roots[0].generation
        self.generations = tuple(root.generation for root in roots)

    def mac(self, token: bytes, pepper_version: int) -> bytes | None:
        """Return HMAC-SHA-256 of the whole token under the pepper, or None when there is no such pepper.

        Takes as long in both cases.
        """
        mac = self._hashers.get(pepper_version)
        if mac is not None:
            return mac(token)
        self._newest(token)
        return None

    def seal(self, clear: bytes, aad: bytes) -> bytes:
        """Seal what an upstream is called with; see SealingBox."""
        return self.provider_secrets.seal(clear, aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """Return the clear bytes. Raises upstream.no_credential when they were not sealed with these keys and `aad`."""
        return self.provider_secrets.open(sealed, aad)


def build_aad(table: str, column: str, row: str) -> bytes:
    """Name the one place a sealed value may be opened for. Raises ValueError for parts that could be confused."""
    if "|" in table + column or not (table and column and row):
        raise ValueError("a place is table, column and row, none empty, the first two without `|`")
    return f"{table}|{column}|{row}".encode()


class _Hasher:
    """HMAC-SHA-256 (RFC 2104) with both pads hashed ahead: 0.5 us a token, less than half of hmac.digest."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        padded = key.ljust(_HMAC_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))

    def mac(self, message: bytes) -> bytes:
        inner = self._inner.copy()
        inner.update(message)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()


def _derive(root: Secret[bytes], purpose: str) -> bytes:
    # No salt: the root key is uniform already (RFC 5869 section 3.1).
    return HKDF(SHA256(), length=32, salt=None, info=f"tollway/1/{purpose}".encode()).derive(root.reveal())


_hasher: type[TokenHasher] = KeyRing
_secret_box: type[SecretBox] = KeyRing
