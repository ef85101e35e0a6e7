"""Keyset paging: a page and the position after it.

A position is typed (instant, id); making it opaque and authenticated for the outside is the web's
work.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

PAGE_SIZE = 50
PAGE_SIZE_MAX = 500


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


def bound_size(limit: int) -> int:
    """Return `limit` kept between 1 and PAGE_SIZE_MAX."""
    return max(1, min(limit, PAGE_SIZE_MAX))
