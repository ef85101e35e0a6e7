"""Calls that are alike in everything that is counted apart: read into cells, so that what follows runs once a cell.

A batch of a thousand calls has a handful of cells. Whatever is added up of calls (sums, uses of tokens, what
detectors look at) is added up from cells; nothing but the reading itself looks at calls one by one. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from typing import NamedTuple, TypeAlias

from tollway.kernel.clock import NANOS_PER_SECOND
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


class Counted(NamedTuple):
    """A cell and what it adds up to. Texts are as both databases store them."""

    minute_start: int
    group: Group
    address: str
    agent: str
    facts: list[CallFacts]
    bodies: list[bytes]
    starts: list[int]
    """When each call began, in nanoseconds."""
    sums: Sums

    @property
    def is_use(self) -> bool:
        """Whether the token let the calls in: not those that were refused for the token's own state."""
        return self.group.outcome != "refused" or self.group.status != 401


def count_cells(cells: Mapping[CellKey, Cell]) -> list[Counted]:
    """Return the cells with their sums, in the order they were begun."""
    return list(_count(cells.items()))


def _count(cells: Iterable[tuple[CellKey, Cell]]) -> Iterator[Counted]:
    for (minute, key), cell in cells:
        group = group_of(key[:_DIMENSIONS])
        address, agent = (clean_text(str(text)) for text in key[_DIMENSIONS:])
        starts = [facts.started_ns for facts in cell.facts]
        sums = sum_calls(group, cell.facts)
        yield Counted(minute * MINUTE, group, address, agent, cell.facts, cell.bodies, starts, sums)
