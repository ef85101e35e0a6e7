"""Adds up a batch: the sums of cells become those of minutes, hours and days, in every cube. Pure.

Each cube and each resolution is added up from the one before, which has more rows. Law: what was added up is never
changed, so that the same object may stand for a minute and its hour.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from tollway.ledger.model import CUBES, DAY, HOUR, MINUTE, TOTAL, Sums
from tollway.ledger.ports import SumsKey

Path: TypeAlias = tuple[int, ...]
"""The ids of the groups that a call is counted in, by cube; what follows from the first."""


def add_up(parts: Iterable[tuple[int, Path, Sums]]) -> dict[int, dict[SumsKey, Sums]]:
    """Return sums by resolution from (minute's start, path, sums)."""
    minutes = _by_cube(parts)
    hours = _by_start(minutes, HOUR)
    return {MINUTE: minutes, HOUR: hours, DAY: _by_start(hours, DAY)}


def count_all(minutes: Mapping[SumsKey, Sums]) -> list[int]:
    """Return the counts of all calls, in the order of Sums.COLUMNS."""
    return Sums.of([sums for (cube, _, _), sums in minutes.items() if cube == TOTAL]).counts


def _by_cube(parts: Iterable[tuple[int, Path, Sums]]) -> dict[SumsKey, Sums]:
    found: dict[SumsKey, Sums] = {}
    of_cube: defaultdict[tuple[int, Path], list[Sums]] = defaultdict(list)
    for start, path, sums in parts:
        of_cube[start, path].append(sums)
    for cube in CUBES:
        of_next: defaultdict[tuple[int, Path], list[Sums]] = defaultdict(list)
        for (start, path), some in of_cube.items():
            total = found[cube, start, path[0]] = Sums.of(some)
            of_next[start, path[1:]].append(total)
        of_cube = of_next
    return found


def _by_start(finer: Mapping[SumsKey, Sums], resolution: int) -> dict[SumsKey, Sums]:
    found: defaultdict[SumsKey, list[Sums]] = defaultdict(list)
    for (cube, start, group_id), sums in finer.items():
        found[cube, start - start % resolution, group_id].append(sums)
    return {key: Sums.of(some) for key, some in found.items()}
