"""Exact counters shared by all workers of a node.

Nothing outside this package changes the meters file. Each call takes the lock of its owner once to be admitted
and once to be settled. What counts for a budget is spent + reserved, for slots what is in flight, for requests
the ring of policy/rate.py. For one thread of one process.
"""

import logging
import mmap
import os
from collections.abc import Sequence
from typing import ClassVar, TypeAlias

import msgspec

from tollway.adapters.meters.layout import (
    CELL_WORDS,
    EXPIRES,
    FIRST_RECORD,
    IN_FLIGHT,
    LAST,
    LENGTH,
    RATE_WORDS,
    RESERVED,
    RING,
    SECOND_RECORD,
    SEEDED,
    SPENT,
    STAMP,
    TOTAL,
    Layout,
)
from tollway.adapters.meters.locks import RangeLocks
from tollway.adapters.meters.rows import Rows
from tollway.adapters.meters.table import Table
from tollway.contract.records import Charge
from tollway.gateway.ports import Claim, Hold, Meters, NoRoom
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.errors import TollwayError
from tollway.kernel.money import NANOS_MAX
from tollway.policy.budget import DAY_NS, NEVER_NS, Calendar, Place, choose_place
from tollway.policy.meter_keys import budget_key, stripe_of
from tollway.policy.rate import SLOTS, advance, bucket_ns, remaining_at, room_in_ns

SPENT_MAX = NANOS_MAX // 4
"""Spending stops growing here (2.3 billion USD); far above any limit, and sums cannot overflow."""

Held: TypeAlias = tuple[int, int, Claim]
"""The place and stamp of what a claim holds (see rows.py)."""

_log = logging.getLogger(__name__)


class MeterState(msgspec.Struct, frozen=True, gc=False):
    """What a meter shows. `used` is calls, slots, or nano-USD spent and reserved, as the claim's limit is.

    `resets_ns` is the wall-clock instant at which a budget's period ends; None for others and `total`.
    """

    claim: Claim
    used: int
    in_flight: int = 0
    spent_nanos: int = 0
    reserved_nanos: int = 0
    resets_ns: int | None = None


class RowHold(Hold, gc=False):
    """What a call holds, with the stripes of its claims and what is in its row."""

    stripes: Sequence[int] = ()
    held: Sequence[Held] = ()


class MappedMeters:
    """The meters of one open file. Made by `open_meters`."""

    open_files: ClassVar[set[tuple[int, int, int]]] = set()
    """Process, device and inode of what is open; see opening.py. A forked child has nothing open yet."""

    def __init__(self, fd: int, layout: Layout, clock: Clock) -> None:
        self._fd = fd
        status = os.fstat(fd)
        self._file = os.getpid(), status.st_dev, status.st_ino
        self.open_files.add(self._file)
        self._clock = clock
        self._memory = mmap.mmap(fd, layout.file_bytes)
        self._words = memoryview(self._memory).cast("q")
        self._rings = memoryview(self._memory).cast("I")
        self._locks = RangeLocks(fd)
        self._rows = Rows(self._words, self._locks, layout)
        self._cells = Table(
            self._memory,
            self._locks,
            at=layout.cells_at,
            cells=layout.cells,
            words=CELL_WORDS,
            is_idle=self._is_idle_cell,
        )
        self._rates = Table(
            self._memory,
            self._locks,
            at=layout.rates_at,
            cells=layout.rates,
            words=RATE_WORDS,
            is_idle=self._is_idle_rate,
        )
        self._calendar = Calendar()
        self._unsettled: list[tuple[RowHold, int]] = []

    def join(self) -> None:
        """Give back what the dead had and take a process slot. Raises gateway.meters_unavailable."""
        self.reclaim_dead()
        self._rows.join()

    @property
    def needs_seed(self) -> bool:
        """Whether budgets still have to be rebuilt from the ledger since the machine started."""
        return not self._words[SEEDED]

    def finish_seeding(self) -> None:
        """Note that `seed_budget` was called for every budget. Idempotent."""
        self._words[SEEDED] = 1

    def admit(self, claims: tuple[Claim, ...], want_nanos: int, floor_nanos: int) -> Hold | NoRoom:
        """Take one request, one slot and a reservation from every claim, or nothing at all.

        Each budget claim must have at least `floor_nanos` left; what is reserved (the same in each) is
        min(want_nanos, the least that is left), which is `want_nanos` without budgets. Keys of the claims
        differ. Raises gateway.meters_unavailable; nothing is taken then.
        """
        stripes = _stripes(claims)
        self._locks.lock_stripes(stripes)
        try:
            return self._admit_locked(claims, stripes, want_nanos, floor_nanos)
        finally:
            self._locks.unlock_stripes(stripes)

    def settle(self, hold: Hold, cost_nanos: int) -> tuple[Charge, ...]:
        """Release the slots and turn the reservation into spending; return what was charged: the whole cost.

        Idempotent by `hold.is_open`. Never raises: what cannot be locked is tried again by `reclaim_dead`, and
        if this process dies before that, the reservation is charged.
        """
        if not hold.is_open:
            return hold.charges
        hold.is_open = False
        cost = 0 if cost_nanos < 0 else cost_nanos if cost_nanos < SPENT_MAX else SPENT_MAX
        if hold.row >= 0:
            assert isinstance(hold, RowHold)
            self._settle_or_keep(hold, cost)
        return hold.charge(cost)

    def reclaim_dead(self) -> int:
        """Charge the reservations of processes that died and release their slots; return how many calls it were.

        Also settles what could not be locked before. Call it at the start and every second, in any process;
        costs some microseconds when nobody died. Never raises: what cannot be locked now waits for the next time.
        """
        unsettled, self._unsettled = self._unsettled, []
        for hold, cost in unsettled:
            self._settle_or_keep(hold, cost)
        try:
            return self._rows.reclaim_dead()
        except TollwayError as error:
            _log.warning("meters: reclamation is put off: %s", error)
            return 0

    def read(self, claims: Sequence[Claim]) -> tuple[MeterState, ...]:
        """Return what the meters of the claims show now. Takes no lock, so that sums may be one call apart."""
        return tuple([self._read_one(claim) for claim in claims])

    def seed_budget(self, owner_id: str, budget_id: str, period_start_ns: int, nanos: int) -> None:
        """Raise what a budget has spent in a period to at least `nanos`, as the ledger knows it. Idempotent.

        To be called for all budgets before the first call is admitted. Raises gateway.meters_unavailable.
        """
        stripe = stripe_of(owner_id)
        self._locks.lock_stripe(stripe)
        try:
            key = budget_key(owner_id, budget_id)
            cell = self._cells.find(key) or self._cells.give(key, stripe, (stripe,))
            # The kind of the period is not known here; the next admission tells when it ends.
            record = self._find_record(cell, period_start_ns, NEVER_NS)
            spent = self._words[record + SPENT]
            self._words[record + SPENT] = max(spent, min(nanos, SPENT_MAX))
        finally:
            self._locks.unlock_stripe(stripe)

    def close(self) -> None:
        """Leave the meters. What is still held is charged by reclamation. Idempotent."""
        if self._fd < 0:
            return
        self.reclaim_dead()
        self._rows.leave()
        self._words.release()
        self._rings.release()
        self._memory.close()
        os.close(self._fd)
        self._fd = -1
        self.open_files.discard(self._file)

    def _admit_locked(
        self, claims: tuple[Claim, ...], stripes: Sequence[int], want_nanos: int, floor_nanos: int
    ) -> Hold | NoRoom:
        words = self._words
        granted = want_nanos
        counted: list[tuple[int, int]] = []
        held: list[Held] = []
        now_ns = self._clock.now_ns()
        for claim in claims:
            kind = claim.kind
            if kind == "requests":
                counts = self._check_requests(claim, stripes)
                if isinstance(counts, NoRoom):
                    return counts
                counted.append(counts)
            elif kind == "budget":
                start, end = self._calendar.span(claim.period, now_ns)
                record = self._find_budget(claim, stripes, start, end)
                left = claim.limit - words[record + SPENT] - words[record + RESERVED]
                if left < floor_nanos or left < 0:
                    return NoRoom(claim, None if end == NEVER_NS else (end - now_ns) / NANOS_PER_SECOND, max(left, 0))
                if left < granted:
                    granted = left
                held.append((record, words[record], claim))
            else:
                cell = self._find_cell(claim, stripes)
                if words[cell + IN_FLIGHT] >= claim.limit:
                    return NoRoom(claim, None, 0)
                held.append((cell, 0, claim))
        # Nothing above changed a count. From here on a kill leaves a row that says what may have been taken.
        row = self._rows.publish(granted, held) if held else -1
        charges = self._take(granted, counted, held)
        return RowHold(row, claims, granted, charges, True, stripes, held)

    def _take(self, granted: int, counted: list[tuple[int, int]], held: list[Held]) -> tuple[Charge, ...]:
        """Raise the counts: rate cells with the words of their rings, slots, and reservations, which are returned."""
        words = self._words
        for cell, place in counted:
            self._rings[place] += 1
            words[cell + TOTAL] += 1
        charges: list[Charge] = []
        for place, stamp, claim in held:
            if stamp:
                words[place + RESERVED] += granted
                charges.append(Charge(claim.owner_id, claim.limit_id, stamp - 1, granted))
            else:
                words[place + IN_FLIGHT] += 1
        return tuple(charges)

    def _find_cell(self, claim: Claim, stripes: Sequence[int]) -> int:
        return self._cells.find(claim.key) or self._cells.give(claim.key, claim.stripe, stripes)

    def _find_budget(self, claim: Claim, stripes: Sequence[int], start_ns: int, end_ns: int) -> int:
        """Return the record of a budget for the period that starts at `start_ns`."""
        record = self._find_cell(claim, stripes) + FIRST_RECORD
        if self._words[record] != start_ns + 1:
            return self._find_record(record - FIRST_RECORD, start_ns, end_ns)
        return record

    def _check_requests(self, claim: Claim, stripes: Sequence[int]) -> tuple[int, int] | NoRoom:
        """Return the claim's rate cell and the word of its ring that counts now, or that there is no room."""
        words = self._words
        cell = self._rates.find(claim.key)
        if not cell:
            length = bucket_ns(claim.window_seconds)
            cell = self._rates.give(claim.key, claim.stripe, stripes, first_word=length)
        length = words[cell + LENGTH]
        now_ns = self._clock.monotonic_ns()
        current = now_ns // length
        last = words[cell + LAST]
        if current > last:
            # The sum is stored before the bucket: whoever finds the old bucket does all of this again.
            total = words[cell + TOTAL] = advance(self._ring(cell), last, current)
            words[cell + LAST] = current
        else:
            total = words[cell + TOTAL]
        if total >= claim.limit:
            excess = total - claim.limit + 1
            wait = room_in_ns(self._ring(cell), current, now_ns=now_ns, length_ns=length, excess=excess)
            return NoRoom(claim, wait / NANOS_PER_SECOND, 0)
        return cell, (cell + RING) * 2 + current % SLOTS

    def _settle_or_keep(self, hold: "RowHold", cost: int) -> None:
        try:
            self._locks.lock_stripes(hold.stripes)
        except TollwayError as error:
            _log.warning("meters: a settlement is put off: %s", error)
            self._unsettled.append((hold, cost))
            return
        words = self._words
        try:
            for place, stamp, _ in hold.held:
                if stamp == 0:
                    words[place + IN_FLIGHT] -= 1
                elif words[place] == stamp:
                    # Spent first: a kill in between counts the call twice, which admits less, never more.
                    spent = words[place + SPENT] + cost
                    words[place + SPENT] = spent if spent < SPENT_MAX else SPENT_MAX
                    words[place + RESERVED] -= hold.granted_nanos
            self._rows.free(hold.row)
        finally:
            self._locks.unlock_stripes(hold.stripes)

    def _find_record(self, cell: int, start_ns: int, end_ns: int) -> int:
        """Return the record to charge for the period that starts at `start_ns`, begun afresh where it must be."""
        words = self._words
        place = choose_place(words[cell + FIRST_RECORD], words[cell + SECOND_RECORD], start_ns + 1)
        record = cell + (FIRST_RECORD if place % 2 == 0 else SECOND_RECORD)
        if place >= Place.FIRST_ANEW:
            words[record + STAMP] = 0
            words[record + SPENT] = 0
            words[record + RESERVED] = 0
            if start_ns >= max(words[cell + FIRST_RECORD], words[cell + SECOND_RECORD]):
                words[cell + EXPIRES] = end_ns
            words[record + STAMP] = start_ns + 1
        return record

    def _is_idle_cell(self, cell: int) -> bool:
        words = self._words
        is_held = words[cell + IN_FLIGHT] or any(words[cell + r + RESERVED] for r in (FIRST_RECORD, SECOND_RECORD))
        # Two days of grace: a clock that is set back must find what was spent.
        return not is_held and words[cell + EXPIRES] + 2 * DAY_NS < self._clock.now_ns()

    def _is_idle_rate(self, cell: int) -> bool:
        return self._words[cell + LAST] + SLOTS < self._clock.monotonic_ns() // self._words[cell + LENGTH]

    def _ring(self, cell: int) -> "memoryview[int]":
        at = (cell + RING) * 2
        return self._rings[at : at + SLOTS]

    def _read_one(self, claim: Claim) -> MeterState:
        words = self._words
        cell = (self._rates if claim.kind == "requests" else self._cells).find(claim.key)
        if claim.kind == "requests":
            if not cell:
                return MeterState(claim, 0)
            current = self._clock.monotonic_ns() // words[cell + LENGTH]
            return MeterState(claim, remaining_at(self._ring(cell), words[cell + LAST], current))
        if claim.kind == "concurrency":
            in_flight = words[cell + IN_FLIGHT] if cell else 0
            return MeterState(claim, in_flight, in_flight)
        start, end = self._calendar.span(claim.period, self._clock.now_ns())
        resets = None if end == NEVER_NS else end
        if not cell:
            return MeterState(claim, 0, resets_ns=resets)
        place = choose_place(words[cell + FIRST_RECORD], words[cell + SECOND_RECORD], start + 1)
        if place >= Place.FIRST_ANEW:
            return MeterState(claim, 0, resets_ns=resets)
        record = cell + (FIRST_RECORD if place == Place.FIRST else SECOND_RECORD)
        spent, reserved = words[record + SPENT], words[record + RESERVED]
        return MeterState(claim, spent + reserved, 0, spent, reserved, resets)


def _stripes(claims: tuple[Claim, ...]) -> Sequence[int]:
    """Return the stripes of the claims, each once, ascending."""
    if not claims:
        return ()
    first = claims[0].stripe
    for claim in claims:
        if claim.stripe != first:
            return sorted({claim.stripe for claim in claims})
    return (first,)


_: type[Meters] = MappedMeters
