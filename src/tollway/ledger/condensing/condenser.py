"""Condenses what is over, a piece at a time between two batches of calls.

Hours and days get narrow cubes, spans get every cube. Law: a unit is marked as built only when its condensed sums are
those of all calls in it; a call that comes late takes the mark away in the transaction that counts it, and the unit is
built anew.
"""

from collections.abc import Callable, Collection, Iterable
from typing import TypeAlias

from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.ledger.condensing.ports import CondensedKey, CondensedStore
from tollway.ledger.model import CONDENSED_CUBES, DAY, HOUR, NARROW, SPANS, Group, Sums, Unit, narrow

GRACE_SECONDS = 900
"""After the end of an hour or day: most calls that began in it have ended then."""
LOOK_SECONDS = 60
GROUPS_A_PIECE = 10_000
"""Ids of groups looked at in one piece of a span: at most four rows each."""
_CONDENSED = (HOUR, DAY, *SPANS)

NameGroups: TypeAlias = Callable[[Collection[Group]], tuple[dict[Group, int], list[tuple[int, Group]]]]
"""Return the ids of groups, and those of them that are new to the database."""


class Condenser:
    """Owns what is condensed; for the thread that ingests."""

    def __init__(self, store: CondensedStore, name_groups: NameGroups) -> None:
        self._store = store
        self._name_groups = name_groups
        self._built = store.built()
        self._waiting: list[Unit] = []
        """To be built, the next one last."""
        self._look_at = 0
        self._span: tuple[Unit, list[tuple[int, range]]] | None = None
        """A span under way, and its pieces that are left, the next one last."""

    def touch(self, starts: Iterable[int]) -> list[Unit]:
        """Take note of calls that began in these minutes; return the built units that are so no longer."""
        touched = {Unit(each, start - start % each) for start in starts for each in _CONDENSED}
        if self._span is not None and self._span[0] in touched:
            self._span = None
        changed = touched & self._built
        self._built -= changed
        return sorted(changed)

    def step(self, now_ns: int) -> bool:
        """Do one piece of what is due; return whether there was any. The newest hours and days come first."""
        now = now_ns // NANOS_PER_SECOND
        if self._span is not None:
            self._build_piece(*self._span)
            return True
        if not self._waiting and now >= self._look_at:
            self._waiting = self._find_due(now)
            self._look_at = now + LOOK_SECONDS
        while self._waiting:
            unit = self._waiting.pop()
            if unit in self._built:
                continue
            if unit.resolution in SPANS:
                if not self._built.issuperset(unit.parts()):
                    continue
                self._span = (unit, self._pieces())
                self._build_piece(*self._span)
            else:
                self._build_narrow(unit)
            return True
        return False

    def _find_due(self, now: int) -> list[Unit]:
        """Return what is over and not built, the next one last: hours, days, then spans from fine to coarse.

        Days without calls at the beginning of the first span are built too, or it never could be.
        """
        due: list[Unit] = []
        for resolution in reversed(_CONDENSED):
            oldest = self._store.oldest(HOUR if resolution == HOUR else DAY)
            if oldest is None:
                continue
            first = oldest - oldest % (HOUR if resolution == HOUR else SPANS[-1])
            starts = range(first, now - GRACE_SECONDS - resolution + 1, resolution)
            due += [unit for start in starts if (unit := Unit(resolution, start)) not in self._built]
        return due

    def _build_narrow(self, unit: Unit) -> None:
        found: dict[Group, Sums] = {}
        for cube, facts in NARROW.items():
            for group, sums in self._store.find_plain(unit, facts.source):
                into = found.setdefault(narrow(group, cube), Sums())
                into.add(sums)
        ids, named = self._name_groups(found)
        keyed: dict[CondensedKey, Sums] = {(group.cube, ids[group]): sums for group, sums in found.items()}
        self._store.put(unit, keyed, named)
        self._built.add(unit)

    def _pieces(self) -> list[tuple[int, range]]:
        last = self._store.last_group_id()
        firsts = range(0, last + 1, GROUPS_A_PIECE)
        return [(cube, range(first, first + GROUPS_A_PIECE)) for cube in CONDENSED_CUBES for first in reversed(firsts)]

    def _build_piece(self, unit: Unit, pieces: list[tuple[int, range]]) -> None:
        if pieces:
            cube, groups = pieces.pop()
            found: dict[int, Sums] = {}
            for group_id, sums in self._store.find_parts(unit, cube, groups):
                into = found.setdefault(group_id, Sums())
                into.add(sums)
            self._store.put_part(unit, cube, groups, found)
        if not pieces:
            self._store.mark(unit)
            self._built.add(unit)
            self._span = None
