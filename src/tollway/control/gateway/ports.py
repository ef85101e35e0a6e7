"""What the console needs of its surroundings, beside the other domains: figures, meters, readiness, live events.

Adapters implement these; none blocks for longer than a request may.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from tollway.contract.ledger_api import LiveBatch
from tollway.contract.limits import Limit, Measure
from tollway.contract.policy import Limits, Period
from tollway.contract.resting import RestingKey
from tollway.control.applications.model import Application
from tollway.control.model import Damaged
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
    """A budget, or a soft limit, and what is used of it now; `spent_nanos` and `limit_nanos` are in its own unit.

    `owner_kind` is a level: token, application, team, user, service, model, provider or global.
    """

    owner_kind: str
    owner_id: str
    owner_name: str
    budget_name: str
    spent_nanos: int
    limit_nanos: int
    empty_ns: int | None = None
    """When it is used up at this period's pace; None when the period ends before, or has no end."""
    budget_id: str = ""
    period_ends_ns: int = 0
    """Far in the future for a budget that never begins anew."""
    measure: Measure = "cost"
    is_budget: bool = True
    is_soft: bool = False
    alert_percents: tuple[int, ...] = (80, 100)
    window_seconds: int = 0
    """Of a limit that slides; 0: it has a calendar period, or none."""
    team_id: str | None = None
    user_id: str | None = None
    """Whose it is: who may see what is told of it."""


class RestingSource(Protocol):
    """Provider keys that rest since they failed."""

    def read(self, now_ns: int) -> Sequence[RestingKey]:
        """Return those that rest at this instant, by provider and key. Never raises."""
        ...


class OwningTokens(Protocol):
    """Tokens by id, many at once."""

    def many(self, token_ids: Collection[str]) -> Sequence[Token | Damaged]:
        """Return those that exist."""
        ...


class OwningApplications(Protocol):
    """Applications by id, many at once."""

    def many(self, application_ids: Collection[str]) -> Sequence[Application | Damaged]:
        """Return those that exist."""
        ...


class Ownerless(Protocol):
    """Service accounts whose owner has left."""

    def count_ownerless(self) -> int:
        """Return how many there are."""
        ...


class BudgetWatch(Protocol):
    """Finds budgets that will soon refuse calls."""

    def near_end(self, percent: int, limit: int = 20) -> Sequence[UsedBudget]:
        """Return active budgets of which at least `percent` is used, fullest first. Does not raise."""
        ...


@dataclass(frozen=True, slots=True)
class Stat:
    """One number of the running gateway. A counter's name ends in `_total`; names are [a-z_][a-z0-9_]*."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    value: int | float
    labels: tuple[tuple[str, str], ...] = ()


class StatsSource(Protocol):
    """Counters and gauges of the workers and the ledger."""

    def read(self) -> Sequence[Stat]:
        """Return the numbers of this instant. Does not raise: what cannot be read is left out."""
        ...


class LiveSource(Protocol):
    """The ledger's live events."""

    def subscribe(self) -> AsyncIterator[LiveBatch]:
        """Yield batches as they are ingested; ends or raises when the connection is lost (usage.unavailable)."""
        ...


@dataclass(frozen=True, slots=True)
class Check:
    """Whether one part of the gateway is ready, and why not."""

    name: str
    is_ready: bool
    detail: str = ""


class Readiness(Protocol):
    """What /readyz reports."""

    def checks(self) -> Sequence[Check]:
        """Look at the parts now. Does not raise; takes at most a second."""
        ...


@dataclass(frozen=True, slots=True)
class NoStats:
    """A source without numbers, for a console that runs alone."""

    stats: tuple[Stat, ...] = field(default=())

    def read(self) -> Sequence[Stat]:
        """Return nothing, or what it was given."""
        return self.stats


@dataclass(frozen=True, slots=True)
class RequestReading:
    """A request limit and its use in the window that slides now."""

    name: str
    limit: int
    window_seconds: int
    used: int
    resets_in_seconds: float


@dataclass(frozen=True, slots=True)
class ConcurrencyReading:
    """A limit on calls in flight and its use."""

    limit: int
    in_flight: int


@dataclass(frozen=True, slots=True)
class BudgetReading:
    """A budget's current period. `resets_ns` None: never."""

    name: str
    limit_nanos: int
    spent_nanos: int
    reserved_nanos: int
    period: Period
    resets_ns: int | None


@dataclass(frozen=True, slots=True)
class Readings:
    """The meters of one owner at one instant."""

    requests: tuple[RequestReading, ...] = ()
    concurrency: ConcurrencyReading | None = None
    budgets: tuple[BudgetReading, ...] = ()


@dataclass(frozen=True, slots=True)
class MeterReading:
    """One limit and its use now, in the unit of its measure: calls, tokens, nano-USD, bytes or calls in flight.

    `allowed` is its amount with the top-ups of this instant; what counts against it is `used`, and `reserved` by calls
    in flight. `resets_ns` is when all of it is there again if nothing more is used; None: never, or nothing is used.
    """

    limit: Limit
    allowed: int
    used: int
    reserved: int
    resets_ns: int | None


class MeterReader(Protocol):
    """Reads the meters without touching them."""

    def read_every(self, owner_kind: str, owner_id: str, limits: Limits) -> tuple[MeterReading, ...]:
        """Return the state of each of an owner's limits, in the order of `Limits.every`.

        `owner_kind` is a level: token, application, user, team, service, model, provider or global. A plan's limits
        are read under the token or application that has it. Raises gateway.meters_unavailable.
        """
        ...

    def read(self, owner_kind: str, owner_id: str, limits: Limits) -> Readings:
        """Return the state of each of the owner's limits. Raises gateway.meters_unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Probe:
    """What one trial call to a provider showed. `status` None: no answer came."""

    is_ok: bool
    status: int | None
    latency_ms: float | None
    detail: str
    code: str | None = None


class Prober(Protocol):
    """Makes trial calls, under the same connect policy as real ones."""

    def probe(self, provider: Provider) -> Probe:
        """Make one cheap call with the provider's first usable key; failures are in the result, bounded in time."""
        ...


_: type[StatsSource] = NoStats
