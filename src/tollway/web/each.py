"""What an act on several objects answers: the outcome of each, and how many there are of which."""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, TypedDict, TypeVar

from pydantic import Field

from tollway.control.each import EACH_MAX, Matching, Outcome
from tollway.web.fields import Output

T = TypeVar("T")
Ids = Annotated[
    list[Annotated[str, Field(pattern=r"^[0-9A-Za-z_]{1,64}$")]],
    Field(min_length=1, max_length=EACH_MAX, description=f"On whom, at most {EACH_MAX}."),
]


class Verdict(StrEnum):
    """How an act on one of several ended."""

    DONE = "done"
    NOTHING_TO_DO = "nothing_to_do"
    REFUSED = "refused"


class EachOutput(Output):
    """What came of one. `code` and `detail` say why it was refused. `name` "": there is no such object."""

    id: str
    name: str
    outcome: Verdict
    code: str | None
    detail: str | None


class MatchingOutput(Output):
    """The ids of all that match, newest first, to be acted on a hundred at a time; `has_more`: these are not all."""

    ids: list[str]
    has_more: bool


class Item(TypedDict):
    """The fields of an EachOutput."""

    id: str
    name: str
    outcome: Verdict
    code: str | None
    detail: str | None


class Counts(TypedDict):
    """How many ended how."""

    done: int
    nothing_to_do: int
    refused: int


def item_of(outcome: Outcome[T], names: Mapping[str, str], *, is_changed: bool) -> Item:
    """Write what came of one; `is_changed`: there was something to do."""
    error = outcome.error
    verdict = Verdict.REFUSED if error else Verdict.DONE if is_changed else Verdict.NOTHING_TO_DO
    return Item(
        id=outcome.id,
        name="" if error and error.code.name == "management.not_found" else names.get(outcome.id, ""),
        outcome=verdict,
        code=error.code.name if error else None,
        detail=error.public if error else None,
    )


def show_matching(found: Matching) -> MatchingOutput:
    """Write whom a filter chooses."""
    return MatchingOutput(ids=list(found.ids), has_more=found.has_more)


def count(items: Iterable[EachOutput]) -> Counts:
    """Count what came of each."""
    found = Counter(item.outcome for item in items)
    return Counts(done=found[Verdict.DONE], nothing_to_do=found[Verdict.NOTHING_TO_DO], refused=found[Verdict.REFUSED])
