"""What a token's record says of its life: secrets that were replaced, quarantine, and epochs that end many at once."""

from typing import Literal

import msgspec

TokenState = Literal["active", "disabled", "quarantined", "revoked"]
"""disabled: refused until it is enabled. quarantined: refused some acts and slowed. revoked: refused for ever."""

EpochKind = Literal["installation", "team", "user", "application"]

Act = Literal["generate", "embed", "count", "stored", "models", "service_read", "service_write", "websocket"]
"""What a call does, as far as a quarantine tells calls apart. Reading a service is GET, HEAD and OPTIONS."""

ALWAYS_NS = 2**63 - 1
"""An instant that never comes: the year 2262."""


class OldSecret(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The keyed hash of a secret that was replaced; it works strictly before `valid_until_ns`.

    Ended ones stay for a while, so that who still uses one is told so, and is noticed.
    """

    generation: int
    mac: bytes
    pepper_version: int
    valid_until_ns: int


class Quarantine(msgspec.Struct, frozen=True, gc=False):
    """Which acts a quarantined token is refused. How often it may act is one of its limits."""

    denied: tuple[Act, ...]


class Epoch(msgspec.Struct, frozen=True, gc=False):
    """Every token of this subject that was issued before the instant is revoked. `id` "" is the installation."""

    kind: EpochKind
    id: str
    before_ns: int
