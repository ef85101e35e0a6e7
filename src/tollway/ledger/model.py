"""Groups of calls and their sums, as the ledger adds them up and its database stores them.

A group is one combination of dimensions; its sums over a minute, an hour or a day merge by addition, so that any
question is answered by a sum of sums. Every call is counted in several cubes, each with fewer dimensions and so
fewer groups than the one before; a question is answered by the smallest that has the dimensions it asks for.

What is over is condensed afterwards, so that taking a call in costs nothing more: into narrow cubes, which have one
or a few dimensions and no status, and into spans of 4, 16 and 64 days.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from typing import Final, NamedTuple

import msgspec

MINUTE, HOUR, DAY = 60, 3_600, 86_400
RESOLUTIONS: Final = (MINUTE, HOUR, DAY)

FULL = 0
LEFT_OUT: Final[tuple[frozenset[str], ...]] = (
    frozenset(),
    frozenset({"token"}),
    frozenset({"token", "application"}),
    frozenset({"token", "application", "team", "service", "model", "provider"}),
)
"""The dimensions that each cube leaves empty; its number is its place here. The last answers the home page."""
CUBES: Final = tuple(range(len(LEFT_OUT)))
TOTAL: Final = CUBES[-1]

SPANS: Final = (4 * DAY, 16 * DAY, 64 * DAY)
"""From fine to coarse; each is made of four of the one before, the first of days. All begin with 1970."""


class Narrow(NamedTuple):
    """A cube with these dimensions alone; its rows by hour and day are added up from those of the cube `source`."""

    kept: frozenset[str]
    source: int


NARROW: Final[dict[int, Narrow]] = {
    4: Narrow(frozenset({"token"}), FULL),
    5: Narrow(frozenset({"application", "team"}), 1),
    6: Narrow(frozenset({"model", "provider", "service"}), 2),
}
"""By number of the cube."""
CONDENSED_CUBES: Final = (*CUBES, *NARROW)
"""The cubes that spans have."""


class Group(NamedTuple):
    """The dimensions of a call, as they are stored."""

    cube: int
    token: str
    application: str
    team: str
    service: str
    model: str
    provider: str
    operation: str
    outcome: str
    environment: str
    status: int


_TEXTS = Group._fields[1:-1]


def coarser(group: Group) -> list[Group]:
    """Return the groups that a full group is counted in beside itself, one in each other cube."""
    return [
        group._replace(cube=cube, **dict.fromkeys(LEFT_OUT[cube], ""))  # type: ignore[arg-type]  # only texts
        for cube in CUBES[1:]
    ]


def smallest_cube(dimensions: Set[str]) -> int:
    """Return the cube of every call with the fewest groups that has all these dimensions."""
    return max(cube for cube in CUBES if not LEFT_OUT[cube] & dimensions)


def narrow_cube(dimensions: Set[str]) -> int | None:
    """Return the narrow cube that has all these dimensions; None where there is none, or TOTAL is smaller."""
    if not dimensions:
        return None
    return next((cube for cube, narrow in NARROW.items() if dimensions <= narrow.kept), None)


def narrow(group: Group, cube: int) -> Group:
    """Return the group of a narrow cube that a group of its source is counted in."""
    kept = {name: getattr(group, name) for name in NARROW[cube].kept}
    return Group(cube, **{**dict.fromkeys(_TEXTS, ""), **kept}, status=0)


class Unit(NamedTuple):
    """One hour, day or span that is condensed as a whole; in seconds."""

    resolution: int
    start: int

    @property
    def end(self) -> int:
        """The first second after it."""
        return self.start + self.resolution

    def parts(self) -> "list[Unit]":
        """Return the four units that this span is made of."""
        finer = DAY if self.resolution == SPANS[0] else SPANS[SPANS.index(self.resolution) - 1]
        return [Unit(finer, start) for start in range(self.start, self.end, finer)]


class Sums:
    """What is known of a group in one stretch of time. Mutable: `add` merges another, `of` makes a new one."""

    __slots__ = ("counts", "histograms")

    COLUMNS = (
        "calls",
        "refused",
        "client_errors",
        "server_errors",
        "limited",
        "input_tokens",
        "output_tokens",
        "cached_input_tokens",
        "cost_nanos",
        "unpriced_calls",
        "estimated_calls",
    )

    def __init__(self, counts: list[int] | None = None, histograms: list[dict[int, int]] | None = None) -> None:
        self.counts = counts or [0] * len(self.COLUMNS)
        self.histograms = histograms or [{}, {}, {}]
        """Of duration, first byte and overhead: bucket -> calls."""

    @staticmethod
    def of(some: "Sequence[Sums]") -> "Sums":
        """Return what these add up to; of one alone, itself."""
        if len(some) == 1:
            return some[0]
        counts = list(map(sum, zip(*[each.counts for each in some], strict=True)))
        histograms: list[dict[int, int]] = []
        for each_of in zip(*[each.histograms for each in some], strict=True):
            largest = max(each_of, key=len)
            whole = dict(largest)
            for each in each_of:
                if each is not largest:
                    merge(whole, each)
            histograms.append(whole)
        return Sums(counts, histograms)

    def add(self, other: "Sums") -> None:
        """Add the other's counts and histograms to these."""
        self.counts = [mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True)]
        for mine_by, theirs_by in zip(self.histograms, other.histograms, strict=True):
            merge(mine_by, theirs_by)


def merge(into: dict[int, int], other: dict[int, int]) -> None:
    """Add one histogram to another."""
    for bucket, count in other.items():
        into[bucket] = into.get(bucket, 0) + count


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[dict[int, int]]).decode


def encode_histograms(histograms: list[dict[int, int]]) -> bytes:
    """Return the stored form: MessagePack, empty buckets left out."""
    return _encode(histograms)


def decode_histograms(raw: bytes) -> list[dict[int, int]]:
    """Read the stored form."""
    return _decode(raw)


def merge_stored(raws: Iterable[bytes]) -> list[dict[int, int]]:
    """Return the sum of stored histograms. Tens of thousands are added up for one answer: 2 us each."""
    durations: defaultdict[int, int] = defaultdict(int)
    first_bytes: defaultdict[int, int] = defaultdict(int)
    overheads: defaultdict[int, int] = defaultdict(int)
    decode = _decode
    for raw in raws:
        duration, first_byte, overhead = decode(raw)
        for bucket, count in duration.items():
            durations[bucket] += count
        for bucket, count in first_byte.items():
            first_bytes[bucket] += count
        for bucket, count in overhead.items():
            overheads[bucket] += count
    return [dict(durations), dict(first_bytes), dict(overheads)]
