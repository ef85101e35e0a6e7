"""What the ledger asks of the outside: the journals it reads and the database it writes and reads.

`adapters/journal` and `adapters/storage` implement these. All methods block; each object belongs to one thread
at a time. A database that is down raises TollwayError usage.unavailable from any method, and nothing of the
call has happened then (but for `apply`, whose outcome may be unknown: the stored positions tell).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from tollway.contract.ledger_api import AddressUse, Dimension, LastUse, Order, SecretUse, Spent, UnpricedRow
from tollway.ledger.condensing.ports import CondensedStore
from tollway.ledger.model import Group, Sums, Unit
from tollway.ledger.watching.ports import WatchStore


class JournalSource(Protocol):
    """The journal files of this node, by name. Names sort by age."""

    def names(self) -> list[str]:
        """Return the names of all files, oldest first."""
        ...

    def writer_of(self, name: str) -> str:
        """Return which process start wrote the file. A writer may have several files, one after the other."""
        ...

    def is_finished(self, name: str) -> bool:
        """Whether the file can grow no more. A writer's next file is there before its last one is finished."""
        ...

    def size(self, name: str) -> int:
        """Return the bytes written so far."""
        ...

    def sync(self, name: str) -> None:
        """Make what was written so far survive power loss."""
        ...

    def read(self, name: str, position: int, limit_bytes: int) -> tuple[list[bytes], int]:
        """Return whole checked payloads from `position` on and the position after them. Equal positions: at the end."""
        ...

    def delete(self, name: str, position: int) -> None:
        """Delete the file if it is finished and `position` is its end."""
        ...


class StoredState(NamedTuple):
    """Where a ledger left off."""

    positions: dict[str, int]
    open_calls: dict[str, tuple[str, bytes]]
    """request id -> (writer, the OpenRecord's bytes)."""


class GroupCalls(NamedTuple):
    """Calls of one group, side by side, in any order; request ids are as the gateway's `kernel.ids` make them."""

    group_id: int
    starts_ns: list[int]
    request_ids: list[str]
    bodies: list[bytes]
    """The CloseRecords' bytes."""


StoredCall = tuple[int, str, bytes]
"""(started_ns, request id, the CloseRecord's bytes)."""

SumsKey = tuple[int, int, int]
"""(cube, start in seconds, group id)."""


class Batch(NamedTuple):
    """Everything one transaction writes. `sums` replace what is stored; what follows them adds to it."""

    positions: dict[str, int]
    forgotten_files: Sequence[str]
    opened: Sequence[tuple[str, str, bytes]]
    """(request id, writer, body)."""
    closed: Sequence[str]
    groups: Sequence[tuple[int, Group]]
    calls: Sequence[GroupCalls]
    sums: dict[int, dict[SumsKey, Sums]]
    """By resolution."""
    spent: dict[tuple[str, str, int], int]
    uses: Sequence[LastUse]
    unpriced: dict[tuple[int, str, str], tuple[int, int]]
    """(day start, provider, upstream model) -> (calls, last_ns)."""
    tallies: dict[tuple[int, str], int]
    """(minute start, code) -> calls."""
    secrets: Sequence[SecretUse] = ()
    addresses: Sequence[AddressUse] = ()
    findings: Sequence[tuple[int, bytes]] = ()
    """(at_ns, the Finding's bytes)."""
    crowded: Sequence[str] = ()
    """Tokens that may have more than ADDRESSES_KEPT addresses now; those used longest ago are forgotten."""
    unbuilt: Sequence[Unit] = ()
    """Condensed units that these calls are missing in."""


class LedgerStore(Protocol):
    """The one writer of the ledger database."""

    @property
    def watch(self) -> WatchStore:
        """Where the watch keeps what it has learned."""
        ...

    @property
    def condensed(self) -> CondensedStore:
        """Where condensed sums are kept."""
        ...

    def load(self) -> StoredState:
        """Return where the last committed batch left off."""
        ...

    def find_groups(self, groups: Sequence[Group]) -> dict[Group, int]:
        """Return the ids of those groups that exist."""
        ...

    def next_group_id(self) -> int:
        """Return the smallest id above all groups'."""
        ...

    def find_sums(self, resolution: int, keys: Sequence[SumsKey]) -> dict[SumsKey, Sums]:
        """Return the stored sums of those keys that exist."""
        ...

    def apply(self, batch: Batch) -> None:
        """Write the batch in one transaction."""
        ...

    def make_durable(self) -> None:
        """Return when every batch applied so far survives power loss."""
        ...

    def delete_calls(self, before_ns: int, limit: int) -> int:
        """Delete the oldest rows of calls that all started before, at most `limit`; return how many.

        A row has one call or some of one second.
        """
        ...

    def delete_sums(self, resolution: int, before_seconds: int, limit: int) -> int:
        """Delete the oldest sums that started before, at most `limit`; return how many."""
        ...

    def delete_windows(self, before_ns: int, limit: int) -> int:
        """Delete the oldest hours of sliding windows that began before, about `limit`; return how many."""
        ...

    def delete_periods(self, before_ns: int, limit: int) -> int:
        """Delete what was spent in the oldest calendar periods that began before, at most `limit` rows; return how
        many. What never starts anew is left."""
        ...


class Stretch(NamedTuple):
    """A stretch of time read from the sums of one resolution; both ends are multiples of it, in seconds."""

    resolution: int
    start: int
    end: int
    is_condensed: bool = False
    """Whether its condensed sums are read. They are whole then, and have a cube for what is asked."""


class SumsQuery(NamedTuple):
    """Which sums to add up, and how to group them."""

    stretches: tuple[Stretch, ...]
    by: tuple[Dimension, ...]
    interval: int | None
    filters: dict[Dimension, str]
    limit: int
    order: Order = "calls"
    """By what groups are the largest."""
    firsts: tuple[str, ...] | None = None
    """When given, the only values of the first dimension of `by` that are wanted."""


class SumsRow(NamedTuple):
    """One group of the answer: `counts` in the order of Sums.COLUMNS."""

    keys: tuple[str, ...]
    start: int | None
    counts: list[int]


class CallsRange(NamedTuple):
    """Calls that started in [since_ns, until_ns) and come before the cursor (started_ns, request id)."""

    since_ns: int
    until_ns: int | None
    before: tuple[int, str] | None


class UsageReader(Protocol):
    """Reads the ledger database beside its writer; from any thread."""

    def sums(self, query: SumsQuery) -> list[SumsRow]:
        """Return at most `limit` groups: by start, then the largest, then keys."""
        ...

    def largest(self, query: SumsQuery) -> list[str]:
        """Return the values of the first dimension of `by` that are the largest, at most `limit`, ties by value."""
        ...

    def histograms(self, query: SumsQuery) -> Iterable[tuple[tuple[str, ...], int | None, bytes]]:
        """Return (keys, start, stored histograms) of everything that the groups add up."""
        ...

    def calls(self, filters: dict[Dimension, str], within: CallsRange, *, limit: int) -> list[StoredCall]:
        """Return the newest calls, newest first, ties by request id."""
        ...

    def call(self, request_id: str) -> bytes | None:
        """Return the CloseRecord's bytes of one call."""
        ...

    def last_uses(self, token_ids: Sequence[str]) -> list[LastUse]:
        """Return what is known of these tokens."""
        ...

    def origins(self, token_id: str) -> tuple[list[SecretUse], list[AddressUse]]:
        """Return the uses of a token's replaced secrets, newest first, and of its addresses, last used first."""
        ...

    def spent(self, at_ns: int, owner_ids: Sequence[str]) -> list[Spent]:
        """Return the latest period of each budget that began by `at_ns`; of all owners when none are named."""
        ...

    def spent_windows(self, since_ns: int) -> list[Spent]:
        """Return the hours of limits that slide that began since then, by owner, limit and hour."""
        ...

    def largest_spent(self, period_starts_ns: Sequence[int], limit: int) -> list[Spent]:
        """Return the rows of these periods that spent most, ties by owner and budget."""
        ...

    def findings(self, after_seq: int, limit: int) -> list[tuple[int, bytes]]:
        """Return (seq, body) of what was found after a number, oldest first."""
        ...

    def newest_finding(self) -> int:
        """Return the highest number of a finding, 0 when none is kept."""
        ...

    def unpriced(self, since_seconds: int) -> list[UnpricedRow]:
        """Return models called without a price since, most called first."""
        ...

    def oldest_start(self, resolution: int) -> int | None:
        """Return the start of the oldest sums of this resolution, in seconds."""
        ...

    def built(self, stretch: Stretch) -> list[int]:
        """Return the starts of the condensed units of a stretch that are whole, in order."""
        ...
