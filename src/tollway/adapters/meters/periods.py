"""Cells of the meters file: what was used in a calendar period, and slots in flight.

A cell keeps two period records, so that setting the clock forward and back finds the use of either side again
(policy/budget.py). Whoever changes a cell holds its stripe. Writes are ordered: a kill between any two can only make
more of the limit seem used.
"""

from tollway.adapters.meters.layout import (
    EXPIRES,
    FIRST_GENERATION,
    FIRST_RECORD,
    GENERATION,
    IN_FLIGHT,
    PLACE_BITS,
    RESERVED,
    SECOND_RECORD,
    SPAN,
    SPENT,
    STAMP,
)
from tollway.gateway.room import AMOUNT_MAX
from tollway.kernel.clock import Clock
from tollway.policy.budget import DAY_NS, Place, choose_place

_GENERATIONS = 2 ** (62 - PLACE_BITS) - FIRST_GENERATION


class Periods:
    """The period records of one file."""

    def __init__(self, words: "memoryview[int]", clock: Clock) -> None:
        self._words = words
        self._clock = clock

    def find_record(self, cell: int, start_ns: int, end_ns: int, span: int) -> int:
        """Return the record to charge for the period that starts at `start_ns`, begun afresh where it must be.

        `span` stands for the kind of period; 0 is any. Where it was edited while a period was under way, what that
        period used counts on in the one that takes its place.
        """
        words = self._words
        if span and words[cell + SPAN] != span:
            if words[cell + SPAN]:
                self._carry(cell, start_ns, end_ns)
            words[cell + SPAN] = span
        place = choose_place(words[cell + FIRST_RECORD], words[cell + SECOND_RECORD], start_ns + 1)
        record = cell + (FIRST_RECORD if place % 2 == 0 else SECOND_RECORD)
        if place >= Place.FIRST_ANEW:
            self._begin(cell, record, start_ns, end_ns)
        elif words[record] == start_ns + 1 == max(words[cell + FIRST_RECORD], words[cell + SECOND_RECORD]):
            # It may have been seeded, when nobody knew how long it lasts.
            words[cell + EXPIRES] = end_ns
        return record

    def first_words(self, start_ns: int, end_ns: int, *, span: int, used: int) -> tuple[tuple[int, int], ...]:
        """Return what a new cell begins with for the period that starts at `start_ns`; its record is the first."""
        return (
            (EXPIRES, end_ns),
            (SPAN, span),
            (FIRST_RECORD + STAMP, start_ns + 1),
            (FIRST_RECORD + SPENT, used),
            (FIRST_RECORD + GENERATION, FIRST_GENERATION),
        )

    def find_current(self, cell: int, start_ns: int) -> int:
        """Return the record that shows the period that starts at `start_ns`, 0 when nothing was used in it yet."""
        words = self._words
        place = choose_place(words[cell + FIRST_RECORD], words[cell + SECOND_RECORD], start_ns + 1)
        if place >= Place.FIRST_ANEW:
            return 0
        return cell + (FIRST_RECORD if place == Place.FIRST else SECOND_RECORD)

    def newest_used(self, cell: int) -> int:
        """Return what was used and is reserved in the latest period if that is still under way, else 0."""
        words = self._words
        if words[cell + EXPIRES] <= self._clock.now_ns():
            return 0
        record = cell + self._newest(cell)
        return words[record + SPENT] + words[record + RESERVED]

    def counts(self, reserved_at: int, generation: int) -> bool:
        """Whether the record is still of the generation in which something was reserved in it."""
        return self._words[reserved_at - RESERVED + GENERATION] == generation

    def spend(self, reserved_at: int, amount: int) -> None:
        """Add to what the record that reserves at this word has used."""
        at = reserved_at - RESERVED + SPENT
        spent = self._words[at] + amount
        self._words[at] = spent if spent < AMOUNT_MAX else AMOUNT_MAX

    def is_idle(self, cell: int) -> bool:
        """Whether a cell may be forgotten."""
        words = self._words
        is_held = words[cell + IN_FLIGHT] or any(words[cell + r + RESERVED] for r in (FIRST_RECORD, SECOND_RECORD))
        # Two days of grace: a clock that is set back must find what was spent.
        return not is_held and words[cell + EXPIRES] + 2 * DAY_NS < self._clock.now_ns()

    def is_held(self, cell: int) -> bool:
        """Whether a call in flight holds something of a cell."""
        words = self._words
        return bool(words[cell + FIRST_RECORD + RESERVED] or words[cell + SECOND_RECORD + RESERVED])

    def _newest(self, cell: int) -> int:
        words = self._words
        return FIRST_RECORD if words[cell + FIRST_RECORD] >= words[cell + SECOND_RECORD] else SECOND_RECORD

    def _begin(self, cell: int, record: int, start_ns: int, end_ns: int) -> None:
        words = self._words
        words[record + STAMP] = 0
        words[record + GENERATION] = (words[record + GENERATION] - 1) % _GENERATIONS + FIRST_GENERATION
        words[record + SPENT] = 0
        words[record + RESERVED] = 0
        if start_ns >= max(words[cell + FIRST_RECORD], words[cell + SECOND_RECORD]):
            words[cell + EXPIRES] = end_ns
        words[record + STAMP] = start_ns + 1

    def _carry(self, cell: int, start_ns: int, end_ns: int) -> None:
        """Make the period under way the one that takes its place; its calls in flight settle there.

        Where the new period is longer and began before the one before this, that one's use belongs to it as well.
        """
        words = self._words
        if words[cell + EXPIRES] <= self._clock.now_ns():
            return
        newest = cell + self._newest(cell)
        other = 2 * cell + FIRST_RECORD + SECOND_RECORD - newest
        if words[other + STAMP] > start_ns:
            words[newest + SPENT] = min(words[newest + SPENT] + words[other + SPENT], AMOUNT_MAX)
            words[other + STAMP] = 0
        words[cell + EXPIRES] = end_ns
        words[newest + STAMP] = start_ns + 1
