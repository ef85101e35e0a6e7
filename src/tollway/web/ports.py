"""What the console's web face asks of its surroundings, beside the control services.

The composer implements these; none of them blocks for longer than a request may.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from tollway.contract.ledger_api import LiveBatch
from tollway.contract.policy import Limits, Period
from tollway.control.actor import Actor
from tollway.control.backups.model import Backup
from tollway.control.configuration.model import Changes
from tollway.control.upstreams.model import Provider


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


class MeterReader(Protocol):
    """Reads the meters without touching them."""

    def read(self, owner_kind: Literal["token", "application"], owner_id: str, limits: Limits) -> Readings:
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


class Configuration(Protocol):
    """Configuration as one document."""

    def export(self) -> str:
        """Return everything configured as YAML, without secrets."""
        ...

    def apply(self, document: str, actor: Actor, *, dry_run: bool) -> Changes:
        """Bring what the document names to what it says. Raises management.invalid with all faults, .conflict."""
        ...


class Backups(Protocol):
    """Online backups."""

    def create(self, path: Path | None) -> Backup:
        """Write a consistent backup; None: into the data directory. Raises management.conflict, .unavailable."""
        ...


_: type[StatsSource] = NoStats
