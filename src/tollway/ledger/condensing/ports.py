"""What condensing asks of the ledger database."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from tollway.ledger.model import Group, Sums, Unit

CondensedKey = tuple[int, int]
"""(cube, group id)."""


class CondensedStore(Protocol):
    """Condensed sums, for the one thread that writes. Methods block and raise usage.unavailable.

    Which units are built is unmarked by `LedgerStore.apply`, in the transaction of the calls that change them.
    """

    def built(self) -> set[Unit]:
        """Return the units whose condensed sums are whole."""
        ...

    def oldest(self, resolution: int) -> int | None:
        """Return the start of the oldest sums by hour or day, in seconds."""
        ...

    def find_plain(self, unit: Unit, cube: int) -> list[tuple[Group, Sums]]:
        """Return the sums that ingest made of one hour or day and cube."""
        ...

    def find_parts(self, unit: Unit, cube: int, groups: range) -> list[tuple[int, Sums]]:
        """Return (group id, sums) of the four units that a span is made of, of groups with these ids."""
        ...

    def last_group_id(self) -> int:
        """Return the highest id of a group; 0 without any."""
        ...

    def put(self, unit: Unit, sums: Mapping[CondensedKey, Sums], groups: Sequence[tuple[int, Group]]) -> None:
        """Make these new groups, replace whatever is condensed of an hour or day, and mark it as built; in one
        transaction."""
        ...

    def put_part(self, unit: Unit, cube: int, groups: range, sums: Mapping[int, Sums]) -> None:
        """Replace a span's sums of one cube and of the groups with these ids, in one transaction."""
        ...

    def mark(self, unit: Unit) -> None:
        """Mark a span as built."""
        ...
