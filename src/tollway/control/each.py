"""One act on each of several objects, by the very service that acts on one.

Law: each object is a transaction of its own, with the outcome that the act on it alone has; a refusal of one stops none
of the others, and is in the audit log as if it had been asked alone. A rehearsal asks the same and takes everything
back: nothing is stored, nobody is told.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from tollway.control.actor import Actor
from tollway.control.audit.model import Refusal, Subject
from tollway.control.paging import PAGE_SIZE_MAX, Page, Position
from tollway.control.ports import Trail, Transactions
from tollway.kernel.errors import TollwayError

EACH_MAX = 100
"""Objects at once: each takes the writer's lock for some milliseconds, and others come in between."""

MATCHING_MAX = 5_000
"""Objects that one filter chooses for an act: asked for a hundred at a time, they take minutes."""

T = TypeVar("T")


class Identified(Protocol):
    """What is acted on."""

    @property
    def id(self) -> str:
        """Its id."""
        ...


IdentifiedT = TypeVar("IdentifiedT", bound=Identified)


@dataclass(frozen=True, slots=True)
class Matching:
    """The ids of those that match a filter, newest first; `has_more`: there are more than MATCHING_MAX."""

    ids: tuple[str, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What came of one object. `done` is what its act returned; None: it was refused, and `error` says why."""

    id: str
    done: T | None
    error: TollwayError | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """Who acts, and how the audit log calls the act and what it is done to."""

    actor: Actor
    action: str
    kind: str


class Each:
    """Acts on several objects. Thread-safe."""

    def __init__(self, transactions: Transactions, trail: Trail) -> None:
        self._transactions = transactions
        self._trail = trail

    def act(self, ids: Sequence[str], act: Callable[[str], T], deed: Deed) -> tuple[Outcome[T], ...]:
        """Act on each and return what came of it, in the order of the ids; an id that comes twice is acted on once."""

        def one(object_id: str) -> T:
            with self._transactions.write():
                return act(object_id)

        outcomes = _try_all(ids, one)
        for outcome in outcomes:
            if outcome.error is not None:
                subject = Subject(deed.kind, outcome.id)
                self._trail.refuse(deed.actor, Refusal(deed.action, subject, outcome.error.code.name))
        return outcomes

    def rehearse(self, ids: Sequence[str], act: Callable[[str], T]) -> tuple[Outcome[T], ...]:
        """Return what `act` would: the same code runs, and its transaction is rolled back."""

        def one(object_id: str) -> T:
            done: list[T] = []
            with suppress(_Rehearsed), self._transactions.write():
                done.append(act(object_id))
                raise _Rehearsed
            return done[0]

        return _try_all(ids, one)


def find_matching(page: Callable[[Position | None, int], Page[IdentifiedT]]) -> Matching:
    """Return the ids of all that a list has; `page` reads so many of it after a position. At most MATCHING_MAX."""
    ids: list[str] = []
    after: Position | None = None
    while len(ids) < MATCHING_MAX:
        found = page(after, min(PAGE_SIZE_MAX, MATCHING_MAX - len(ids)))
        ids += (item.id for item in found.items)
        after = found.next
        if after is None:
            break
    return Matching(tuple(ids), has_more=after is not None)


class _Rehearsed(Exception):
    """Rolls the transaction of a rehearsal back."""


def _try_all(ids: Sequence[str], one: Callable[[str], T]) -> tuple[Outcome[T], ...]:
    """Try each; once the database cannot be written, the rest is not tried, or each would wait for it."""
    outcomes: list[Outcome[T]] = []
    lost: TollwayError | None = None
    for object_id in dict.fromkeys(ids):
        if lost is not None:
            outcomes.append(Outcome(object_id, None, lost))
            continue
        try:
            outcomes.append(Outcome(object_id, one(object_id)))
        except TollwayError as error:
            outcomes.append(Outcome(object_id, None, error))
            lost = error if error.code.name == "management.unavailable" else None
    return tuple(outcomes)
