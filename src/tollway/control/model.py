"""Values that every domain and its stores share: pages, damaged rows, and how names are compared."""

import unicodedata
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Position:
    """The last item of a page: lists are ordered by (created_ns, id), newest first."""

    created_ns: int
    id: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items and the position to continue after; None at the end."""

    items: tuple[T, ...]
    next: Position | None = None


@dataclass(frozen=True, slots=True)
class Damaged:
    """A stored row that does not decode, so that one of them never takes the others along.

    `detail` says why, without the content.
    """

    id: str
    name: str
    detail: str


def name_key(name: str) -> str:
    """Return what two equal names have in common: NFKC, case folded. Unique where a kind's names are unique."""
    return unicodedata.normalize("NFKC", name).casefold()
