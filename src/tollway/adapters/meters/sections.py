"""The sections of the meters file in which counts are kept, and which of them a claim counts in.

A limit's meter has one name in every section (policy/meter_keys.py). When a limit is edited from a window that slides
to a calendar period, or back, the new count takes over what the old one shows, and the old one is taken back.
"""

import mmap
from struct import Struct

from tollway.adapters.meters.layout import (
    AMOUNTS_RING,
    AMOUNTS_WORDS,
    CALLS_RING,
    CALLS_WORDS,
    CELL_MOVED,
    CELL_WORDS,
    FIRST_RECORD,
    GENERATION,
    LENGTH,
    RESERVED,
    RING_MOVED,
    RING_RESERVED,
    RING_TAG,
    SECOND_RECORD,
    SLOTS_TAG,
    SPAN,
    SPENT,
    TOTAL,
    WORD,
    Layout,
)
from tollway.adapters.meters.locks import RangeLocks
from tollway.adapters.meters.periods import Periods
from tollway.adapters.meters.rings import Rings
from tollway.adapters.meters.rows import Counted
from tollway.adapters.meters.table import Table
from tollway.gateway.room import AMOUNT_MAX, CALLS, Claim, Claims
from tollway.kernel.clock import Clock
from tollway.policy.budget import Calendar

CALLS_PER_WORD = 2
_SPENT_BEFORE = RESERVED - SPENT
_read_record = Struct("=qqq").unpack_from
"""Reads what is spent and reserved in a period's record, and its generation, which follow one another."""


class Sections:
    """Cells, rings of calls and rings of amounts of one open file."""

    def __init__(self, memory: mmap.mmap, locks: RangeLocks, layout: Layout, clock: Clock) -> None:
        self.memory = memory
        self.now_ns = clock.now_ns
        self.monotonic_ns = clock.monotonic_ns
        self.words = memoryview(memory).cast("q")
        self.numbers = memoryview(memory).cast("I")
        self.calendar = Calendar()
        self.periods = Periods(self.words, clock)
        self.calls = Rings(self.words, self.numbers, clock, ring=CALLS_RING, per_word=CALLS_PER_WORD)
        self.amounts = Rings(self.words, self.words, clock, ring=AMOUNTS_RING, per_word=1)
        self.cells = Table(
            memory, locks, at=layout.cells_at, cells=layout.cells, words=CELL_WORDS, is_idle=self.periods.is_idle
        )
        self.call_cells = Table(
            memory, locks, at=layout.rates_at, cells=layout.rates, words=CALLS_WORDS, is_idle=self.calls.is_idle
        )
        self.amount_cells = Table(
            memory, locks, at=layout.amounts_at, cells=layout.amounts, words=AMOUNTS_WORDS, is_idle=self.amounts.is_idle
        )

    def find_cells(self, claims: Claims, now_ns: int) -> list[int]:
        """Return the cell of each claim in turn, given where there is none. Raises gateway.meters_unavailable."""
        return [self._find_cell(claim, claims, now_ns) for claim in claims.every]

    def _find_cell(self, claim: Claim, claims: Claims, now_ns: int) -> int:
        kind = claim.kind
        if kind == "slots":
            return self.cells.find(claim.key) or self.cells.give(claim.key, claim.stripe, claims.stripes)
        if kind in ("rate", "ring"):
            cell = self._rings_of(claim)[0].find(claim.key)
            return cell if cell and not self.words[cell + RING_MOVED] else self._find_ring(claim, claims, cell)
        cell = self.cells.find(claim.key)
        return cell if cell and not self.words[cell + CELL_MOVED] else self._find_period(claim, claims, cell, now_ns)

    def _find_ring(self, claim: Claim, claims: Claims, cell: int) -> int:
        """Let a ring (0: a new one) take over what a period shows. Raises gateway.meters_unavailable."""
        table, rings = self._rings_of(claim)
        old = self.cells.find(claim.key)
        carried = self.periods.newest_used(old) if old else 0
        if old:
            self.cells.move(old + CELL_MOVED)
        if cell:
            # What its own calls in flight hold was carried away with it, and is among what comes back.
            rings.raise_to(cell, claim.bucket_ns, carried - self.words[cell + RING_RESERVED])
            self.words[cell + RING_MOVED] = 0
        else:
            # With something to take over it begins as a ring without a length: its sum then counts as if just now.
            first = ((TOTAL, carried),) if carried else ((LENGTH, claim.bucket_ns),)
            cell = table.give(claim.key, claim.stripe, claims.stripes, first)
        if old and not self.periods.is_held(old):
            self.cells.take_back(old)
        return cell

    def _find_period(self, claim: Claim, claims: Claims, cell: int, now_ns: int) -> int:
        """Let a period's cell (0: a new one) take over what a ring shows. Raises gateway.meters_unavailable."""
        table, rings = self._rings_of(claim)
        start, end = self.calendar.span(claim.span, claim.period, claim.zone, now_ns)
        old = table.find(claim.key)
        held = self.words[old + RING_RESERVED] if old and claim.unit != CALLS else 0
        # What calls in flight hold settles in the ring: all of it counts as used here, so that nothing is lost.
        carried = rings.used(old) + held if old else 0
        if old:
            table.move(old + RING_MOVED)
        if cell:
            record = self.periods.find_record(cell, start, end, claim.span)
            carried -= self.words[record + RESERVED]
            self.words[record + SPENT] = max(self.words[record + SPENT], min(carried, AMOUNT_MAX))
            self.words[cell + CELL_MOVED] = 0
        else:
            first = self.periods.first_words(start, end, span=claim.span, used=carried)
            cell = self.cells.give(claim.key, claim.stripe, claims.stripes, first)
        if old and not held:
            table.take_back(old)
        return cell

    def _rings_of(self, claim: Claim) -> tuple[Table, Rings]:
        return (self.call_cells, self.calls) if claim.unit == CALLS else (self.amount_cells, self.amounts)

    def find_record(self, claim: Claim, cell: int, start_ns: int, end_ns: int) -> int:
        """Return the record of a claim, in its cell, for the period that starts at `start_ns`."""
        words = self.words
        if words[cell + SPAN] == claim.span:
            stamp = start_ns + 1
            if words[cell + FIRST_RECORD] == stamp:
                return cell + FIRST_RECORD
            if words[cell + SECOND_RECORD] == stamp:
                return cell + SECOND_RECORD
        return self.periods.find_record(cell, start_ns, end_ns, claim.span)

    def counts(self, tag: int, place: int) -> bool:
        """Whether the word at `place` still counts what was held under this tag."""
        return tag in (SLOTS_TAG, RING_TAG) or self.periods.counts(place, tag)

    def spend(self, tag: int, place: int, amount: int) -> None:
        """Add to what is spent where the word at `place` counts what is held."""
        if tag == RING_TAG:
            self.amounts.spend(place - RING_RESERVED, amount)
        elif tag != SLOTS_TAG:
            self.periods.spend(place, amount)

    def settle(self, word: int, tag: int, back: int, used: int) -> None:
        """Take `back` from what is held at a word, and add to what is used.

        Used first: a kill in between counts it twice, which admits less, never more.
        """
        words = self.words
        if tag > RING_TAG:
            at = word - _SPENT_BEFORE
            spent, reserved, generation = _read_record(self.memory, at * WORD)
            if generation == tag:
                spent += used
                words[at] = spent if spent < AMOUNT_MAX else AMOUNT_MAX
                words[word] = reserved - back
            return
        if tag == RING_TAG:
            self.amounts.spend(word - RING_RESERVED, used)
        words[word] -= back

    def uncount(self, counted: Counted, calls: int) -> None:
        """Take back calls that were counted and not made, unless they count no longer."""
        if counted.tag == RING_TAG:
            self.calls.take_back(counted.place, counted.length_ns, counted.bucket, calls)
        elif self.words[counted.place - SPENT + GENERATION] == counted.tag:
            self.words[counted.place] -= calls

    def release(self) -> None:
        """Let go of the memory."""
        self.words.release()
        self.numbers.release()
