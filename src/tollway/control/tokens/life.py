"""What a token has beside its rights and limits: its secrets, when it begins and ends, and what became of it. Pure."""

from dataclasses import dataclass, field, replace

from tollway.contract.life import ALWAYS_NS, Act
from tollway.kernel.clock import NANOS_PER_SECOND

REMEMBERED_SECONDS = 90 * 86_400
"""How long a replaced secret is remembered after its end, so that its use is noticed."""
REMEMBERED_MAX = 8
OVERLAPS_MAX = 4
"""Replaced secrets of one token that work at a time."""
QUIET_SECONDS_MAX = 86_400
"""A replaced secret that was not used for a day is safe to end; in a short overlap, for half of it."""

DENIED: tuple[Act, ...] = ("stored", "service_write", "websocket", "embed")
"""What a quarantine refuses unless it says otherwise: what changes or reads data elsewhere. What is left is slowed."""
QUARANTINE_REQUESTS_PER_MINUTE = 10


@dataclass(frozen=True, slots=True)
class ReplacedSecret:
    """A secret that the token had before. It works strictly before `valid_until_ns`."""

    generation: int
    mac: bytes = field(repr=False)
    pepper_version: int
    replaced_ns: int
    replaced_by: str
    valid_until_ns: int
    ended_by: str | None = None
    """Who ended it before its overlap was over."""
    since_ns: int | None = None
    """Since when it was the token's; None: since the token was issued."""

    def works_at(self, now_ns: int) -> bool:
        """Return whether it is accepted at that instant."""
        return now_ns < self.valid_until_ns


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Why and how a token is held back."""

    denied: tuple[Act, ...]
    requests_per_minute: int
    since_ns: int
    by: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Life:
    """`generation` counts the token's secrets. `secret_since_ns` None: since it was issued.

    `expires_max_ns` is what no change of its expiry goes beyond: the rules that held when it was issued.
    `idle_since_ns` is set when it was ended for not being used; `expires_before_idle_ns` is its expiry before that.
    """

    generation: int = 1
    generations: int = 1
    """How many secrets it ever had; the next one's number is one more."""
    secret_since_ns: int | None = None
    old_secrets: tuple[ReplacedSecret, ...] = ()
    quarantine: Quarantined | None = None
    is_compromised: bool = False
    expires_max_ns: int | None = None
    idle_since_ns: int | None = None
    expires_before_idle_ns: int | None = None
    may_rotate: bool = False
    """Whether the token may ask for a new secret of its own."""
    replaces: str | None = None
    """The id of the token whose place it took."""
    replaced_by: str | None = None
    """The id of the token that took its place."""

    def working(self, now_ns: int) -> tuple[ReplacedSecret, ...]:
        """Return the replaced secrets that are still accepted, newest first."""
        return tuple(old for old in self.old_secrets if old.works_at(now_ns))

    def without_forgotten(self, now_ns: int) -> "Life":
        """Return it without the replaced secrets that ended long ago."""
        oldest = now_ns - REMEMBERED_SECONDS * NANOS_PER_SECOND
        kept = [old for old in self.old_secrets if old.valid_until_ns > oldest]
        return replace(self, old_secrets=tuple(kept[:REMEMBERED_MAX]))

    def end_replaced(self, now_ns: int, by: str, *, until_ns: int | None = None) -> "Life":
        """Return it with all working replaced secrets ended at `until_ns`, or now."""
        end = now_ns if until_ns is None else until_ns
        ended = [
            replace(old, valid_until_ns=min(old.valid_until_ns, end), ended_by=by if until_ns is None else None)
            if old.works_at(now_ns)
            else old
            for old in self.old_secrets
        ]
        return replace(self, old_secrets=tuple(ended))


NEW_LIFE = Life()


def quiet_seconds(old: ReplacedSecret) -> int:
    """Return for how long a replaced secret must not have been used to be safe to end."""
    if old.valid_until_ns >= ALWAYS_NS:
        return QUIET_SECONDS_MAX
    overlap = (old.valid_until_ns - old.replaced_ns) // NANOS_PER_SECOND
    return min(QUIET_SECONDS_MAX, max(1, overlap // 2))
