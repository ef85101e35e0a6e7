"""Keyset paging: how large a page is. A position is typed; making it opaque for the outside is the web's work."""

from tollway.control.model import Page, Position

__all__ = ["PAGE_SIZE", "PAGE_SIZE_MAX", "Page", "Position", "bound_size"]

PAGE_SIZE = 50
PAGE_SIZE_MAX = 500


def bound_size(limit: int) -> int:
    """Return `limit` kept between 1 and PAGE_SIZE_MAX."""
    return max(1, min(limit, PAGE_SIZE_MAX))
