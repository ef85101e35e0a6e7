"""Calls that are alike in everything that is counted apart: read into cells, so that what follows runs once a cell.

A batch of a thousand calls has a handful of cells. Whatever is added up of calls (sums, uses of tokens, what
detectors look at) is added up from cells; nothing but the reading itself looks at calls one by one. Pure.
"""

from collections import Counter
from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple, TypeAlias

from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.ledger.charges import SpentKey, add_charges
from tollway.ledger.model import MINUTE, Group, Sums
from tollway.ledger.rollups import CallFacts, clean_text, group_of, sum_calls

MINUTE_NS = MINUTE * NANOS_PER_SECOND

key_of = attrgetter(
    "token_id",
    "application_id",
    "team_id",
    "service_id",
    "model",
    "provider_id",
    "operation",
    "outcome",
    "environment",
    "status",
    "client_address",
    "client_agent",
)
"""What calls of one cell have in common, beside the minute: the dimensions of Group after its cube, and the origin."""
_DIMENSIONS = 10

CellKey: TypeAlias = tuple[int, tuple[str | int, ...]]
"""Minute since 1970, and what `key_of` returns."""


class Cell:
    """Calls and their records' bytes, side by side: a tuple for each would cost more than adding it up."""

    __slots__ = ("bodies", "facts")

    def __init__(self) -> None:
        self.facts: list[CallFacts] = []
        self.bodies: list[bytes] = []


_UNPRICED = Sums.COLUMNS.index("unpriced_calls")


class Counted(NamedTuple):
    """What the calls of a cell add up to, and what is kept of each. Texts are as both databases store them."""

    minute_start: int
    group: Group
    address: str
    agent: str
    starts: list[int]
    """When each call began, in nanoseconds."""
    request_ids: list[str]
    bodies: list[bytes]
    sums: Sums
    spent: dict[SpentKey, int]
    damaged: int
    """Calls whose charges could not be read, and are in no sum of what was spent."""
    unpriced: dict[str, tuple[int, int]]
    """Upstream model -> (calls without a price, the last one's start)."""
    bytes_moved: int
    target: str
    """The model or service that the first call named, even where only the caller knows it."""
    codes: dict[str, int]
    """Code -> calls, of those that were refused for their token's own state."""

    @property
    def is_use(self) -> bool:
        """Whether the token let the calls in: not those that were refused for the token's own state."""
        return not _is_turned_away(self.group)


def count_cell(key: CellKey, cell: Cell) -> Counted:
    """Return what a cell adds up to. The facts are of no use afterwards."""
    minute, facts = key[0], cell.facts
    group = group_of(key[1][:_DIMENSIONS])
    address, agent = (clean_text(str(text)) for text in key[1][_DIMENSIONS:])
    first, sums = facts[0], sum_calls(group, facts)
    return Counted(
        minute * MINUTE,
        group,
        address,
        agent,
        [each.started_ns for each in facts],
        [each.request_id for each in facts],
        cell.bodies,
        sums,
        *add_charges([each.charges for each in facts]),
        _unpriced(facts) if sums.counts[_UNPRICED] else {},
        sum([each.request_bytes + each.response_bytes for each in facts]),
        clean_text(first.model or first.service_id or first.operation),
        Counter(each.code for each in facts) if _is_turned_away(group) else {},
    )


def _is_turned_away(group: Group) -> bool:
    return group.outcome == "refused" and group.status == 401


def _unpriced(facts: Iterable[CallFacts]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for each in facts:
        if each.cost_nanos is None:
            name = clean_text(each.upstream_model)
            count, last_ns = found.get(name, (0, 0))
            found[name] = (count + 1, max(last_ns, each.started_ns))
    return found
