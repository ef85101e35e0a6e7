"""What the audit log needs from outside."""

from collections.abc import Iterator
from typing import Protocol

from tollway.control.audit.model import Checkpoint, Entry, Head, Link, Wanted


class AuditStore(Protocol):
    """The log in the config database. It grows at its end and is deleted from its beginning: nothing changes an entry.

    Every method raises management.unavailable.
    """

    def append(self, entry: Entry, hash_: bytes, seal: bytes) -> None:
        """Add an entry and move the head to it. Only inside a transaction."""
        ...

    def head(self) -> Head | None:
        """Return where the log ends; None when nothing was ever recorded."""
        ...

    def checkpoint(self) -> Checkpoint | None:
        """Return where the log begins; None while nothing was ever deleted."""
        ...

    def put_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Store where the log begins. Only inside a transaction."""
        ...

    def find_last_before(self, at_ns: int, *, limit: int) -> Link | None:
        """Return the last of the oldest entries, at most `limit`, that are all older than an instant; None for none."""
        ...

    def delete_through(self, seq: int) -> int:
        """Delete the entries up to a number; return how many. Only inside a transaction."""
        ...

    def page(self, wanted: Wanted, *, before_seq: int | None, limit: int) -> tuple[Entry, ...]:
        """Return entries with lower numbers than `before_seq`, newest first."""
        ...

    def find_after_head(self) -> int | None:
        """Return the number of the first entry behind the head, which no append leaves; None for none."""
        ...

    def iterate(self, *, after: int | None = None, batch: int = 1_000) -> Iterator[Link]:
        """Yield the log in the order of its numbers: what follows an entry, or all of it."""
        ...
