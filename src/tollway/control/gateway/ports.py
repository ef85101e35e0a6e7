"""What the look at the whole gateway needs from other domains."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from tollway.control.paging import Page
from tollway.control.tokens.model import Token
from tollway.control.upstreams.model import Provider


class Tokens(Protocol):
    """The part of the tokens domain that is looked at."""

    def page(self, *, limit: int) -> Page[Token]:
        """Return the newest tokens."""
        ...

    def count_live(self) -> int:
        """Count the tokens that are neither revoked nor expired."""
        ...

    def expiring(self, within_seconds: int) -> Sequence[Token]:
        """Return active tokens that expire within that time from now, soonest first."""
        ...


class Providers(Protocol):
    """The part of the upstreams domain that is looked at."""

    def page(self, *, limit: int) -> Page[Provider]:
        """Return the newest providers."""
        ...

    def names(self, provider_ids: Collection[str]) -> Mapping[str, str]:
        """Return the names of those ids that exist or existed."""
        ...


@dataclass(frozen=True, slots=True)
class UsedBudget:
    """A budget and what it has spent and holds in its current period."""

    owner_kind: Literal["token", "application"]
    owner_id: str
    owner_name: str
    budget_name: str
    spent_nanos: int
    limit_nanos: int


class BudgetWatch(Protocol):
    """Finds budgets that will soon refuse calls."""

    def near_end(self, percent: int) -> Sequence[UsedBudget]:
        """Return active budgets of which at least `percent` is used, fullest first, at most 20. Does not raise."""
        ...
