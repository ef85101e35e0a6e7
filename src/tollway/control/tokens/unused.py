"""What a token may and did not do for ninety days, and what it would be narrowed to. Pure but for the question."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from tollway.contract.ledger_api import Dimension, UsageAnswer, UsageQuery
from tollway.control.tokens.model import Token
from tollway.kernel.clock import NANOS_PER_SECOND

LOOKED_BACK_SECONDS = 90 * 86_400
NAMES_MAX = 1_000


class Sums(Protocol):
    """The ledger's sums."""

    def sums(self, query: UsageQuery) -> UsageAnswer:
        """Return sums by group. Raises usage.unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Use:
    """Of one kind of thing: what is granted (None: all), what of it was used, and what was not, by name or id."""

    granted: tuple[str, ...] | None
    used: tuple[str, ...]

    @property
    def unused(self) -> tuple[str, ...]:
        """Return what is granted by name and was not used."""
        return tuple(name for name in self.granted or () if name not in self.used)

    @property
    def is_too_wide(self) -> bool:
        """Whether it could be narrowed: something granted was not used, or everything is granted and some was used."""
        return bool(self.unused) or (self.granted is None and bool(self.used))


@dataclass(frozen=True, slots=True)
class UnusedRights:
    """What a token may and what of it was used since `since_ns`."""

    since_ns: int
    models: Use
    services: Use


def find_unused(token: Token, sums: Sums, now_ns: int) -> UnusedRights:
    """Compare what the token is granted with what it was let do. Raises usage.unavailable."""
    since_ns = max(now_ns - LOOKED_BACK_SECONDS * NANOS_PER_SECOND, token.created_ns)
    return UnusedRights(
        since_ns,
        Use(token.models, _used(sums, token, "model", since_ns, now_ns)),
        Use(token.services, _used(sums, token, "service", since_ns, now_ns)),
    )


def _used(sums: Sums, token: Token, dimension: Dimension, since_ns: int, now_ns: int) -> tuple[str, ...]:
    query = UsageQuery(since_ns, now_ns, by=(dimension,), filters={"token": token.id}, limit=NAMES_MAX)
    rows = sums.sums(query).rows
    # What was only ever refused was asked for and not used.
    return _names(row.keys[0] for row in rows if row.calls > row.refused)


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({name for name in names if name}))
