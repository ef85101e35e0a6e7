"""In which order several processes run the files of tests, so that neither of two cores is ever idle.

Files that start processes mostly wait for them, the others compute. One kind after the other would leave the cores
idle first and fight over them then; and whichever process gets a long file last is waited for by all the others.
"""

from collections.abc import Sequence
from itertools import groupby
from pathlib import PurePath

import pytest

WAITING = ("browser", "journeys", "docs", "contract", "edge")
"""Folders whose tests start processes or wait for sockets, the longest first."""
DONE_AT = 0.75
"""Which part of the files that compute is left behind when the last that waits is begun."""


def deal(items: Sequence[pytest.Item], root: PurePath) -> list[pytest.Item]:
    """Return the same tests, whole files together: those that wait dealt evenly among those that compute."""
    files = [(_folder(place, root), list(group)) for place, group in groupby(items, lambda item: item.path)]
    waiting = sorted((one for one in files if one[0] in WAITING), key=lambda one: WAITING.index(one[0]))
    computing = [one for one in files if one[0] not in WAITING]
    step = DONE_AT * len(computing) / max(1, len(waiting))
    ends = [round(step * place) for place in range(len(waiting) + 1)]
    ordered = []
    for place, one in enumerate(waiting):
        ordered += [one, *computing[ends[place] : ends[place + 1]]]
    ordered += computing[ends[-1] :]
    return [item for _, group in ordered for item in group]


def _folder(place: PurePath, root: PurePath) -> str:
    return place.relative_to(root).parts[0] if place.is_relative_to(root) else ""
