"""What the audit log needs from outside."""

from collections.abc import Iterator
from typing import Protocol

from tollway.control.audit.model import Entry, Head, Link, Wanted


class AuditStore(Protocol):
    """The log in the config database. It only grows: there is no method that changes or removes an entry.

    Every method raises management.unavailable.
    """

    def append(self, entry: Entry, hash_: bytes, seal: bytes) -> None:
        """Add an entry and move the head to it. Only inside a transaction."""
        ...

    def head(self) -> Head | None:
        """Return where the log ends; None when nothing was ever recorded."""
        ...

    def page(self, wanted: Wanted, *, before_seq: int | None, limit: int) -> tuple[Entry, ...]:
        """Return entries with lower numbers than `before_seq`, newest first."""
        ...

    def iterate(self, *, batch: int = 1_000) -> Iterator[Link]:
        """Yield the whole log in the order of its numbers, from one state of the database."""
        ...
