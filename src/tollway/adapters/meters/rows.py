"""Reservation rows: what each call in flight holds, so that the death of its process gives it back.

Each process has a slot, held by a byte lock for its life, and rows of its own that nobody else writes while
it lives. A row is published by its head before any count is changed and freed after the last one was, so
whatever a killed process had half done is found in its rows.
"""

import mmap
from collections.abc import Callable, Iterator, Sequence
from struct import Struct
from typing import NamedTuple

from tollway.adapters.meters.layout import (
    HELD_MAX,
    PLACE_BITS,
    PLACE_MASK,
    PROCESS_WORDS,
    ROW_WORDS,
    ROWS_USED,
    STATE,
    WORD,
    Layout,
)
from tollway.adapters.meters.locks import RangeLocks
from tollway.kernel.errors import TollwayError

_BODIES = [Struct(f"={2 * things}q").pack_into for things in range(HELD_MAX + 1)]
"""Stores the body of a row of so many things. Nobody reads a body before its head is stored."""


class Row(NamedTuple):
    """A held row: its number, and tag, place and amount of each thing it holds (see layout.py)."""

    number: int
    held: list[tuple[int, int, int]]


class Rows:
    """The rows of all processes, and the slot of this one."""

    def __init__(
        self,
        memory: mmap.mmap,
        words: "memoryview[int]",
        locks: RangeLocks,
        layout: Layout,
        *,
        counts: Callable[[int, int], bool],
        spend: Callable[[int, int, int], None],
    ) -> None:
        """Of a tag and place, `counts` tells whether it still counts what is held, `spend` adds to what is spent."""
        self._memory = memory
        self._words = words
        self._counts = counts
        self._spend = spend
        self._locks = locks
        self._layout = layout
        self.heads_at = layout.heads_at
        self.bodies_at = layout.bodies_at
        self._free: list[int] = []
        self.slot = -1

    def join(self) -> None:
        """Take a process slot without rows for the life of this process. Raises gateway.meters_unavailable."""
        for slot in range(self._layout.processes):
            if not self._locks.try_process(slot):
                continue
            if self._words[self._state_at(slot)] == 0:
                self.slot = slot
                self._words[self._state_at(slot) + ROWS_USED] = 0
                self._words[self._state_at(slot) + STATE] = 1
                return
            self._locks.unlock_process(slot)
        raise TollwayError("gateway.meters_unavailable", internal="every process slot of the meters is taken")

    def leave(self) -> None:
        """Give the slot back if it holds nothing; else leave it to reclamation."""
        at = self._state_at(self.slot)
        if not any(self._rows_of(self.slot)):
            self._words[at + STATE] = 0
        self._locks.unlock_process(self.slot)

    def publish(self, held: Sequence[int]) -> int:
        """Write a row of what is held, place and tag and amount in turn, and return it.

        Raises gateway.meters_unavailable.
        """
        count = len(held) >> 1
        if count > HELD_MAX:
            raise TollwayError("gateway.meters_unavailable", internal=f"a call holds more than {HELD_MAX} limits")
        row = self._free.pop() if self._free else self._next_row()
        _BODIES[count](self._memory, (self.bodies_at + row * ROW_WORDS) * WORD, *held)
        # Last: a row counts from here on.
        self._words[self.heads_at + row] = count
        return row

    def publish_one(self, place: int, amount: int) -> int:
        """Write a row of one thing, its place with its tag, and return it. Raises gateway.meters_unavailable."""
        row = self._free.pop() if self._free else self._next_row()
        words = self._words
        at = self.bodies_at + row * ROW_WORDS
        words[at] = place
        words[at + 1] = amount
        # Last, as above.
        words[self.heads_at + row] = 1
        return row

    def free(self, row: int) -> None:
        """Give back a row of this process."""
        self._words[self.heads_at + row] = 0
        self._free.append(row)

    def reclaim_dead(self) -> int:
        """Settle what processes that died had reserved, release their slots, and return how many rows that were.

        Raises gateway.meters_unavailable, having changed nothing, when not every stripe could be locked.
        """
        taken = range(self._layout.processes)
        candidates = [slot for slot in taken if slot != self.slot and self._words[self._state_at(slot)]]
        dead = [slot for slot in candidates if self._locks.try_process(slot)]
        if not dead:
            return 0
        try:
            rows = [row for slot in dead for row in self._rows_of(slot)]
            if rows:
                self._settle_dead(rows, [slot for slot in taken if slot not in dead])
            for slot in dead:
                self._words[self._state_at(slot) + STATE] = 0
        finally:
            for slot in dead:
                self._locks.unlock_process(slot)
        return len(rows)

    def _settle_dead(self, rows: list[Row], living: list[int]) -> None:
        """Turn reservations into spending and count afresh what the living hold. Can be repeated when cut short."""
        words = self._words
        self._locks.lock_all_stripes()
        try:
            for row in rows:
                at = self.bodies_at + row.number * ROW_WORDS + 1
                for tag, place, amount in row.held:
                    if amount and self._counts(tag, place):
                        self._spend(tag, place, amount)
                    # It is spent now: whoever has to do this again finds nothing to spend.
                    words[at] = 0
                    at += 2
            sums = {(tag, place): 0 for row in rows for tag, place, _ in row.held if self._counts(tag, place)}
            for row in (row for slot in living for row in self._rows_of(slot)):
                for tag, place, amount in row.held:
                    if (tag, place) in sums:
                        sums[tag, place] += amount
            for (_, place), total in sums.items():
                words[place] = total
            for row in rows:
                words[self.heads_at + row.number] = 0
        finally:
            self._locks.unlock_all_stripes()

    def _rows_of(self, slot: int) -> Iterator[Row]:
        first = slot * self._layout.rows
        used = self._words[self._state_at(slot) + ROWS_USED]
        heads = self._words[self.heads_at + first : self.heads_at + first + used].tolist()
        for row, count in enumerate(heads, first):
            if count:
                at = self.bodies_at + row * ROW_WORDS
                words = self._words[at : at + 2 * count].tolist()
                yield Row(row, [(word >> PLACE_BITS, word & PLACE_MASK, words[i + 1])
                                for i, word in enumerate(words) if i % 2 == 0])  # fmt: skip

    def _next_row(self) -> int:
        at = self._state_at(self.slot) + ROWS_USED
        used = self._words[at]
        if used == self._layout.rows:
            raise TollwayError("gateway.meters_unavailable", internal="too many calls in flight for the meters")
        self._words[at] = used + 1
        return self.slot * self._layout.rows + used

    def _state_at(self, slot: int) -> int:
        return self._layout.process_at + slot * PROCESS_WORDS
