"""What the console (and the command line) ask the ledger over its Unix socket.

A frame is a 4-byte big-endian length and one MessagePack message. A connection carries requests
and their answers in order; after Subscribe it carries LiveBatch frames only.
"""

from typing import Literal

import msgspec

from tollway.contract.records import CloseRecord
from tollway.contract.watching import Finding, WatchPolicy

FRAME_BYTES_MAX = 67_108_864

Dimension = Literal["token", "application", "team", "service", "model", "provider", "operation", "status", "outcome"]
Interval = Literal["minute", "hour", "day"]
Order = Literal["calls", "cost", "tokens", "errors"]

ADDRESSES_KEPT = 7
"""How many distinct addresses of a token are known."""

TEAMS_SEPARATOR = ","
"""A filter on `team` may name several teams with this between their ids."""

HISTOGRAM_BOUNDS_US: tuple[int, ...] = tuple(round(100 * 2 ** (step / 4)) for step in range(80))
"""Upper bounds of the latency buckets in microseconds: 100 us to about 90 s, 19 % apart; one more holds the rest."""


class UsageQuery(msgspec.Struct, frozen=True, tag="usage"):
    """Sums over [since_ns, until_ns), grouped by `by` and, when set, by `interval` (UTC).

    `order` says by what groups are large. `largest`, with an interval: only that many of the values of the first
    dimension, the largest over the whole range; 0 for all. `counts_only`: latencies are left out, which cost most.
    """

    since_ns: int
    until_ns: int
    by: tuple[Dimension, ...] = ()
    interval: Interval | None = None
    filters: dict[Dimension, str] = {}
    limit: int = 1000
    order: Order = "calls"
    largest: int = 0
    counts_only: bool = False


class UsageRow(msgspec.Struct, frozen=True, array_like=True):
    """One group. `keys` are ids in the order of `by`; `start_seconds` is None without an interval."""

    keys: tuple[str, ...]
    start_seconds: int | None
    calls: int
    refused: int
    client_errors: int
    server_errors: int
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int
    cost_nanos: int
    unpriced_calls: int
    estimated_calls: int
    duration_p50_us: int
    duration_p95_us: int
    duration_p99_us: int
    first_byte_p50_us: int
    first_byte_p95_us: int
    overhead_p50_us: int
    overhead_p95_us: int
    limited: int
    """Calls answered 429; a part of client_errors."""


class UsageAnswer(msgspec.Struct, frozen=True, tag="usage_answer"):
    """The largest groups first (by start, then size, with an interval).

    `resolution` is what the sums are exact to.
    """

    rows: tuple[UsageRow, ...]
    resolution: Interval
    is_cut: bool = False


class CallsQuery(msgspec.Struct, frozen=True, tag="calls"):
    """Single calls, newest first. `before` is the cursor of the previous page: (started_ns, request_id).

    `rule` keeps those whose rule has this text in it.
    """

    filters: dict[Dimension, str] = {}
    since_ns: int = 0
    until_ns: int | None = None
    before: tuple[int, str] | None = None
    limit: int = 50
    rule: str = ""


class CallsAnswer(msgspec.Struct, frozen=True, tag="calls_answer"):
    """A page of calls; `next` is the cursor of the following page or None at the end."""

    calls: tuple[CloseRecord, ...]
    next: tuple[int, str] | None


class CallQuery(msgspec.Struct, frozen=True, tag="call"):
    """One call by its request id."""

    request_id: str


class CallAnswer(msgspec.Struct, frozen=True, tag="call_answer"):
    """The call, or None when it is not (or no longer) known."""

    call: CloseRecord | None


class LastUseQuery(msgspec.Struct, frozen=True, tag="last_use"):
    """First and last use of tokens."""

    token_ids: tuple[str, ...]


class LastUse(msgspec.Struct, frozen=True, array_like=True):
    """When and from where a token was used; instants in nanoseconds."""

    token_id: str
    first_ns: int
    last_ns: int
    last_address: str
    last_agent: str
    calls: int


class LastUseAnswer(msgspec.Struct, frozen=True, tag="last_use_answer"):
    """One row for each token that was ever used."""

    rows: tuple[LastUse, ...]


class OriginsQuery(msgspec.Struct, frozen=True, tag="origins"):
    """Where a token is used from, and how its replaced secrets still are."""

    token_id: str


class SecretUse(msgspec.Struct, frozen=True, array_like=True):
    """Uses of one replaced secret of a token, each while it had a newer one. `generation` is decimal."""

    token_id: str
    generation: str
    first_ns: int
    last_ns: int
    last_address: str
    last_agent: str
    calls: int


class AddressUse(msgspec.Struct, frozen=True, array_like=True):
    """A token's uses from one address. Counted anew when the address was forgotten meanwhile."""

    token_id: str
    address: str
    first_ns: int
    last_ns: int
    last_agent: str
    calls: int


class OriginsAnswer(msgspec.Struct, frozen=True, tag="origins_answer"):
    """Replaced secrets that were used, newest generation first, and the last ADDRESSES_KEPT addresses, last used first.

    `secrets` is empty for a token whose replaced secrets were never used after they were replaced.
    """

    secrets: tuple[SecretUse, ...] = ()
    addresses: tuple[AddressUse, ...] = ()


class SpentQuery(msgspec.Struct, frozen=True, tag="spent"):
    """What budgets have spent in their latest period that began by `at_ns`; all budgets when `owner_ids` is empty."""

    at_ns: int
    owner_ids: tuple[str, ...] = ()


class SpentWindowsQuery(msgspec.Struct, frozen=True, tag="spent_windows"):
    """What limits that slide have used in each hour that began since then; their ids end with `~` and the window."""

    since_ns: int


class LargestSpentQuery(msgspec.Struct, frozen=True, tag="largest_spent"):
    """The budgets that spent most, among periods that began at one of these instants; at most `limit`."""

    period_starts_ns: tuple[int, ...]
    limit: int


class Spent(msgspec.Struct, frozen=True, array_like=True):
    """What was settled of one limit in one period: nano-USD, or tokens, bytes or calls where those are limited."""

    owner_id: str
    budget_id: str
    period_start_ns: int
    nanos: int


class SpentAnswer(msgspec.Struct, frozen=True, tag="spent_answer"):
    """The sums asked for; a budget that spent nothing has no row. By owner and budget, or most spent first."""

    rows: tuple[Spent, ...]


class UnpricedQuery(msgspec.Struct, frozen=True, tag="unpriced"):
    """Models that were called without a known price since an instant."""

    since_ns: int


class UnpricedRow(msgspec.Struct, frozen=True, array_like=True):
    """One provider and model."""

    provider_id: str
    upstream_model: str
    calls: int
    last_ns: int


class UnpricedAnswer(msgspec.Struct, frozen=True, tag="unpriced_answer"):
    """Most called first."""

    rows: tuple[UnpricedRow, ...]


class InFlightQuery(msgspec.Struct, frozen=True, tag="in_flight"):
    """Which upstreams have calls that were sent and have not ended."""


class InFlight(msgspec.Struct, frozen=True, array_like=True):
    """One upstream: a provider (the first that a call was sent to) or a service; the other id is ""."""

    provider_id: str
    service_id: str
    calls: int


class InFlightAnswer(msgspec.Struct, frozen=True, tag="in_flight_answer"):
    """As of the last ingest, so at most a second old; most calls first. An upstream without calls has no row."""

    rows: tuple[InFlight, ...]


class FindingsQuery(msgspec.Struct, frozen=True, tag="findings"):
    """What the watch found after a number, oldest first."""

    after_seq: int
    limit: int = 200


class FoundRow(msgspec.Struct, frozen=True, array_like=True):
    """A finding and its number, which rises."""

    seq: int
    finding: Finding


class FindingsAnswer(msgspec.Struct, frozen=True, tag="findings_answer"):
    """`revision` is that of the policy that is heeded. A finding that cannot be read is left out, and passed."""

    rows: tuple[FoundRow, ...]
    last_seq: int
    revision: int
    newest_seq: int = 0
    """The highest number there is; 0 when nothing is kept. Below one that was read: the ledger has begun anew."""


class HeedPolicy(msgspec.Struct, frozen=True, tag="heed_policy"):
    """Watch by this policy from now on, also after a restart."""

    policy: WatchPolicy


class HeedAnswer(msgspec.Struct, frozen=True, tag="heed_answer"):
    """The revision that is heeded."""

    revision: int


class HealthQuery(msgspec.Struct, frozen=True, tag="health"):
    """Is the ledger keeping up?"""


class HealthAnswer(msgspec.Struct, frozen=True, tag="health_answer"):
    """`lag_bytes` are journal bytes written and not yet ingested; `ingested` counts calls since its start."""

    lag_bytes: int
    ingested: int
    last_ingest_ns: int
    orphans: int
    problem: str = ""


class Subscribe(msgspec.Struct, frozen=True, tag="subscribe"):
    """Send LiveBatch frames from now on, one per ingested batch and at least one a second."""


class LiveBatch(msgspec.Struct, frozen=True, tag="live"):
    """What was just ingested. `calls` holds at most 200 of them, the newest; `counted` says how many there were."""

    at_ns: int
    counted: int
    calls: tuple[CloseRecord, ...]
    errors: int = 0
    cost_nanos: int = 0
    tokens: int = 0


class Failure(msgspec.Struct, frozen=True, tag="failure"):
    """The request could not be answered; `code` is from kernel/codes.py."""

    code: str
    message: str


Request = (
    UsageQuery
    | CallsQuery
    | CallQuery
    | LastUseQuery
    | OriginsQuery
    | SpentQuery
    | SpentWindowsQuery
    | LargestSpentQuery
    | UnpricedQuery
    | InFlightQuery
    | FindingsQuery
    | HeedPolicy
    | HealthQuery
    | Subscribe
)
Reply = (
    UsageAnswer
    | CallsAnswer
    | CallAnswer
    | LastUseAnswer
    | OriginsAnswer
    | SpentAnswer
    | UnpricedAnswer
    | InFlightAnswer
    | FindingsAnswer
    | HeedAnswer
    | HealthAnswer
    | LiveBatch
    | Failure
)
