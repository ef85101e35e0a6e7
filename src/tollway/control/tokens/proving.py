"""Whose secret is this? What every way of presenting a token to the console asks, as the gateway asks for calls."""

import hmac
from typing import Protocol

from tollway.control.tokens.life import ReplacedSecret
from tollway.control.tokens.model import Token
from tollway.policy.usability import Life

_DUMMY_MAC = bytes(32)


class SecretHasher(Protocol):
    """Computes the keyed hash of a presented token."""

    @property
    def pepper_version(self) -> int:
        """The newest pepper."""
        ...

    def mac(self, token: bytes, pepper_version: int) -> bytes | None:
        """Return the hash, None when there is no such pepper."""
        ...


def is_newest_secret(token: Token | None, raw: bytes, hasher: SecretHasher) -> bool:
    """Whether this is the token's own secret; None, an unknown token, costs the same and is never."""
    found = hasher.mac(raw, hasher.pepper_version if token is None else token.pepper_version)
    return hmac.compare_digest(found or b"", _DUMMY_MAC if token is None else token.mac) and token is not None


def find_replaced(token: Token, raw: bytes, hasher: SecretHasher) -> ReplacedSecret | None:
    """Return which replaced secret of the token this is, also one that works no more."""
    for old in token.life.old_secrets:
        if hmac.compare_digest(hasher.mac(raw, old.pepper_version) or b"", old.mac):
            return old
    return None


def life_of(token: Token) -> Life:
    """Return what decides whether the token may be used."""
    return Life(
        token.state,
        token.not_before_ns or 0,
        token.expires_ns,
        token.created_ns,
        token.team_id,
        token.owner_id,
        token.application_id,
    )
