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
    COUNTED_WORDS,
    HELD_MAX,
    LEASE_COUNTED,
    LEASE_COUNTS,
    LEASE_MARK,
    LEASE_REST,
    LEASE_TAKEN,
    LEASE_UNITS,
    PLACE_BITS,
    PLACE_MASK,
    PROCESS_WORDS,
    ROW_WORDS,
    ROWS_USED,
    STATE,
    TAKEN,
    UNIT_BITS,
    UNIT_MASK,
    WORD,
    Layout,
)
from tollway.adapters.meters.locks import RangeLocks
from tollway.gateway.room import CALLS
from tollway.kernel.errors import TollwayError

_BODIES = [Struct(f"={2 * things}q").pack_into for things in range(HELD_MAX + 1)]
"""Stores the body of a row of so many things. Nobody reads a body before its head is stored."""


class Counted(NamedTuple):
    """Where calls were counted that may be taken back: the ring at `place`, in a bucket of this length, or the word of
    a period's record whose generation `tag` is.
    """

    tag: int
    place: int
    bucket: int = 0
    length_ns: int = 0


class Row(NamedTuple):
    """A held row: its number, and tag, place and amount of each thing it holds (see layout.py).

    `spare` says how much of each amount nobody drew: of a call nothing, of a lease what is left of it.
    """

    number: int
    held: list[tuple[int, int, int]]
    spare: list[int]
    uncalled: int = 0
    """Calls of a lease that were counted and not made, in each of `counted` as long as TAKEN is `table`."""
    counted: Sequence[Counted] = ()
    table: int = 0


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
        uncount: Callable[["Counted", int], None],
    ) -> None:
        """Of a tag and place, `counts` tells whether it still counts what is held, `spend` adds to what is spent;
        `uncount` takes calls back that were not made.
        """
        self._memory = memory
        self._words = words
        self._counts = counts
        self._spend = spend
        self._uncount = uncount
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

    def publish_lease(self, things: Sequence[tuple[int, int, int]], amounts: Sequence[int]) -> int:
        """Write the row of a lease, of which nothing is left yet: place, tag and unit of each thing, and how much was
        taken of it; return it. Raises gateway.meters_unavailable.
        """
        row = self._free.pop() if self._free else self._next_row()
        words, at = self._words, self.bodies_at + row * ROW_WORDS
        for place, ((word, tag, _), much) in enumerate(zip(things, amounts, strict=True)):
            words[at + 2 * place] = tag << PLACE_BITS | word
            words[at + 2 * place + 1] = much
        for word in range(LEASE_REST, LEASE_UNITS):
            words[at + word] = 0
        words[at + LEASE_UNITS] = sum([unit << UNIT_BITS * place for place, (_, _, unit) in enumerate(things)])
        words[at + LEASE_COUNTED] = 0
        # Last, as above.
        words[self.heads_at + row] = LEASE_MARK | len(things)
        return row

    def hold(self, row: int, amounts: Sequence[int]) -> None:
        """Say in a row of this process how much is taken of each thing."""
        at = self.bodies_at + row * ROW_WORDS + 1
        for much in amounts:
            self._words[at] = much
            at += 2

    def note_counted(self, row: int, taken: int, counted: Sequence[Counted]) -> None:
        """Say where calls of a lease were counted, as long as TAKEN is `taken`. Nothing is left of the lease now."""
        words, at = self._words, self.bodies_at + row * ROW_WORDS
        words[at + LEASE_TAKEN] = taken
        words[at + LEASE_COUNTED] = len(counted)
        at += LEASE_COUNTS
        for tag, place, bucket, length_ns in counted:
            words[at], words[at + 1], words[at + 2] = tag << PLACE_BITS | place, bucket, length_ns
            at += COUNTED_WORDS

    def rest_of(self, row: int) -> int:
        """Return the first word that says what is left of the lease of a row."""
        return self.bodies_at + row * ROW_WORDS + LEASE_REST

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
                for (tag, place, amount), spare in zip(row.held, row.spare, strict=True):
                    if amount != spare and self._counts(tag, place):
                        self._spend(tag, place, amount - spare)
                    # It is spent now: whoever has to do this again finds nothing to spend.
                    words[at] = spare
                    at += 2
                if row.uncalled > 0 and row.table == words[TAKEN]:
                    words[self.rest_of(row.number) + CALLS] = 0
                    for counted in row.counted:
                        self._uncount(counted, row.uncalled)
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
                yield self._read_row(row, count)

    def _read_row(self, row: int, head: int) -> Row:
        at = self.bodies_at + row * ROW_WORDS
        words = self._words[at : at + ROW_WORDS].tolist()
        pairs = 2 * (head % LEASE_MARK)
        held = [(*_tag_and_place(words[i]), words[i + 1]) for i in range(0, pairs, 2)]
        if head < LEASE_MARK:
            return Row(row, held, [0] * len(held))
        rest = words[LEASE_REST:LEASE_UNITS]
        units = [words[LEASE_UNITS] >> UNIT_BITS * place & UNIT_MASK for place in range(len(held))]
        counted = [
            Counted(*_tag_and_place(words[i]), words[i + 1], words[i + 2])
            for i in range(LEASE_COUNTS, LEASE_COUNTS + words[LEASE_COUNTED] * COUNTED_WORDS, COUNTED_WORDS)
        ]
        return Row(row, held, [rest[unit] for unit in units], rest[CALLS], counted, words[LEASE_TAKEN])

    def _next_row(self) -> int:
        at = self._state_at(self.slot) + ROWS_USED
        used = self._words[at]
        if used == self._layout.rows:
            raise TollwayError("gateway.meters_unavailable", internal="too many calls in flight for the meters")
        self._words[at] = used + 1
        return self.slot * self._layout.rows + used

    def _state_at(self, slot: int) -> int:
        return self._layout.process_at + slot * PROCESS_WORDS


def _tag_and_place(word: int) -> tuple[int, int]:
    return word >> PLACE_BITS, word & PLACE_MASK
