"""Meters whose process is killed instead of its n-th store into the file."""

import os
import signal
from typing import Any

from tollway.adapters.meters import MappedMeters


class Deadly:
    """Stands in for what is stored into; `stores_left` is of all of them together, and -1 for ever."""

    stores_left = -1

    def __init__(self, words: object) -> None:
        self.words = words

    def __getitem__(self, key: object) -> object:
        return self.words[key]  # type: ignore[index]

    def __setitem__(self, key: object, value: object) -> None:
        if Deadly.stores_left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        Deadly.stores_left -= 1
        self.words[key] = value  # type: ignore[index]

    def release(self) -> None:
        """Nothing is held."""


def make_deadly(meters: MappedMeters) -> None:
    """Let every store of these meters count."""
    sections = meters._sections
    words: Any = Deadly(sections.words)
    numbers: Any = Deadly(sections.numbers)
    part: Any
    for part in (meters, meters._rows, meters._admissions, sections.periods):
        part._words = words
    meters._admissions._numbers = numbers
    sections.words = sections.calls.words = sections.amounts.words = sections.amounts.numbers = words
    sections.numbers = sections.calls.numbers = numbers
    for lease in meters._leases.of.values():
        memory: Any = Deadly(lease._memory)
        lease._memory = memory


def make_joining_deadly(stores: int) -> None:
    """Let this process be killed instead of the store after so many that it makes while it joins meters."""
    original = MappedMeters.join

    def join(joining: MappedMeters) -> None:
        make_deadly(joining)
        Deadly.stores_left = stores
        original(joining)
        Deadly.stores_left = -1

    MappedMeters.join = join  # type: ignore[method-assign]
