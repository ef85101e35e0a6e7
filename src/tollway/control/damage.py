"""Stored rows that cannot be read, so that one of them never takes the others along."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Damaged:
    """A row whose content does not decode. `detail` says why, without the content."""

    id: str
    name: str
    detail: str
