"""Exact counters shared by all workers of a node.

Nothing outside this package changes the meters file. Each call takes the locks of its owners once to be admitted and
once to be settled. What counts against a limit is what was used and what is reserved, of slots what is in flight, of
calls that slide their ring (policy/rate.py). For one thread of one process.
"""

import logging
import mmap
import os
from collections.abc import Callable, Iterable
from typing import ClassVar

import msgspec

from tollway.adapters.meters.admission import Admissions
from tollway.adapters.meters.layout import (
    IN_FLIGHT,
    LENGTH,
    RESERVED,
    RING_RESERVED,
    SEEDED,
    SPENT,
    Layout,
)
from tollway.adapters.meters.leases import BUSY_CALLS, LEASED, Lease, Leases
from tollway.adapters.meters.locks import RangeLocks
from tollway.adapters.meters.plan import RowHold
from tollway.adapters.meters.rows import Rows
from tollway.adapters.meters.sections import Sections
from tollway.adapters.meters.usual_lease import build_lease
from tollway.contract.records import Charge
from tollway.gateway.ports import Meters
from tollway.gateway.room import AMOUNT_MAX, Amounts, Claim, Claims, Hold, MetersBusy, NoRoom, clamp
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.errors import TollwayError
from tollway.policy.budget import HOUR_NS, NEVER_NS
from tollway.policy.meter_keys import meter_key, stripe_of
from tollway.policy.rate import bucket_ns

_log = logging.getLogger(__name__)


class MeterState(msgspec.Struct, frozen=True, gc=False):
    """What a meter shows, in the unit of its claim. `used` is what counts against `limit`: spent and reserved.

    `resets_ns` is the wall-clock instant at which all of the limit is there again if nothing more is used; None for
    slots, for what never resets, and for what slides and has nothing to reset.
    """

    claim: Claim
    limit: int
    used: int
    spent: int = 0
    reserved: int = 0
    resets_ns: int | None = None


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
        self._locks = RangeLocks(fd)
        self._sections = Sections(self._memory, self._locks, layout, clock)
        self._words = self._sections.words
        sections = self._sections
        self._rows = Rows(
            self._memory,
            self._words,
            self._locks,
            layout,
            counts=sections.counts,
            spend=sections.spend,
            uncount=sections.uncount,
        )
        self._admissions = Admissions(sections, self._rows, clock)
        self._plans = self._admissions.plans
        self._unsettled: list[tuple[RowHold, Amounts]] = []
        self.on_put_off: Callable[[], None] = _wait_for_reclamation
        """Told when a settlement found its lock held, or a lease was taken, so that `settle_late` is called soon."""
        self._leases = Leases(sections, self._rows, self._locks, build=build_lease, tell=self._put_off)
        self._leased = self._leases.of

    def join(self) -> None:
        """Give back what the dead had and take a process slot. Raises gateway.meters_unavailable."""
        self.reclaim_dead()
        self._rows.join()

    @property
    def needs_seed(self) -> bool:
        """Whether budgets still have to be rebuilt from the ledger since the machine started."""
        return not self._words[SEEDED]

    def finish_seeding(self) -> None:
        """Note that everything the ledger knows was seeded. Idempotent."""
        self._words[SEEDED] = 1

    def admit(self, claims: Claims, want: Amounts, floor: Amounts) -> Hold | NoRoom:
        """Count one request, take one slot and a reservation from every claim, or nothing at all.

        Keys of the claims differ. Raises MetersBusy or gateway.meters_unavailable; nothing is taken then.
        """
        lease = self._leased.get(id(claims))
        if lease is None or lease.claims is not claims:
            return self._admit_locked(None, claims, want, floor)
        return lease.draw(want) or self._admit_locked(lease, claims, want, floor)

    def _admit_locked(self, lease: Lease | None, claims: Claims, want: Amounts, floor: Amounts) -> Hold | NoRoom:
        """Let a call in under the locks of its claims, whose lease, if they have one, is over or used up."""
        leases = self._leases
        self._locks.lock_stripes(claims.stripes)
        try:
            if lease is not None and (hold := leases.renew(lease, want)) is not None:
                return hold
            plan = self._plans.get(id(claims))
            if plan is not None and plan.claims is claims:
                plan.calls += 1
                if plan.calls >= BUSY_CALLS and (hold := leases.begin(plan, want)) is not None:
                    return hold
                if (hold := plan.take(want)) is not None:
                    return hold
            return self._admissions.admit(claims, want, floor)
        finally:
            self._locks.unlock_stripes(claims.stripes)

    def settle(self, hold: Hold, used: Amounts) -> tuple[Charge, ...]:
        """Release the slots and turn reservations into what was used; return what was charged.

        Idempotent by `hold.is_open`. Never raises: what cannot be locked is tried again by `reclaim_dead`, and
        if this process dies before that, the reservation is charged.
        """
        if not hold.is_open:
            return hold.charges
        hold.is_open = False
        if used is not hold.used:
            used = clamp(used)
            hold.charge(used)
        if hold.row == LEASED:
            self._leases.settle(hold, used)  # type: ignore[arg-type]  # whoever has this row is a LeasedHold
        elif hold.row >= 0:
            self._settle_or_keep(hold, used)  # type: ignore[arg-type]  # whoever has a row is a RowHold
        return hold.charges

    def reclaim_dead(self) -> int:
        """Charge the reservations of processes that died and release their slots; return how many calls it were.

        Also settles what could not be locked before. Call it at the start and every second, in any process;
        costs some microseconds when nobody died. Never raises: what cannot be locked now waits for the next time.
        """
        self.settle_late()
        try:
            return self._rows.reclaim_dead()
        except TollwayError as error:
            _log.warning("meters: reclamation is put off: %s", error)
            return 0

    def settle_late(self) -> None:
        """Try again to settle what found its lock held, and give back what leases have left that are over.

        Never raises; what is still held up is told of again.
        """
        self._leases.give_back_late()
        unsettled, self._unsettled = self._unsettled, []
        for hold, used in unsettled:
            self._settle_or_keep(hold, used)

    def read(self, claims: Iterable[Claim]) -> tuple[MeterState, ...]:
        """Return what the meters of the claims show now. Takes no lock, so that sums may be one call apart."""
        now_ns = self._clock.now_ns()
        return tuple([self._read_one(claim, claim.limit_at(now_ns), now_ns) for claim in claims])

    def seed_period(self, owner_id: str, limit_id: str, period_start_ns: int, amount: int) -> None:
        """Raise what was used in a period to at least `amount`, as the ledger knows it. Idempotent.

        To be called for all limits before the first call is admitted. Raises gateway.meters_unavailable.
        """
        stripe, key = stripe_of(owner_id), meter_key(owner_id, limit_id)
        cells = self._sections.cells
        self._locks.lock_stripe(stripe)
        try:
            cell = cells.find(key) or cells.give(key, stripe, (stripe,))
            # The kind of the period is not known here; the next admission tells when it ends.
            record = self._sections.periods.find_record(cell, period_start_ns, NEVER_NS, 0)
            self._words[record + SPENT] = max(self._words[record + SPENT], min(amount, AMOUNT_MAX))
        finally:
            self._locks.unlock_stripe(stripe)

    def seed_window(self, owner_id: str, limit_id: str, window_seconds: int, hours: Iterable[tuple[int, int]]) -> None:
        """Raise what was used in a sliding window to at least what the ledger knows: starts of hours, and amounts.

        Each counts as if at the end of its hour. Otherwise as `seed_period`.
        """
        stripe, key, now_ns = stripe_of(owner_id), meter_key(owner_id, limit_id), self._clock.now_ns()
        cells = self._sections.amount_cells
        self._locks.lock_stripe(stripe)
        try:
            cell = cells.find(key) or cells.give(key, stripe, (stripe,), ((LENGTH, bucket_ns(window_seconds)),))
            ages = [(max(0, now_ns - start_ns - HOUR_NS), amount) for start_ns, amount in hours]
            self._sections.amounts.raise_before(cell, ages)
        finally:
            self._locks.unlock_stripe(stripe)

    def close(self) -> None:
        """Leave the meters. What is still held is charged by reclamation. Idempotent."""
        if self._fd < 0:
            return
        self.reclaim_dead()
        self._leases.end()
        self._rows.leave()
        self._sections.release()
        self._memory.close()
        os.close(self._fd)
        self._fd = -1
        self.open_files.discard(self._file)

    def _put_off(self) -> None:
        self.on_put_off()

    def _settle_or_keep(self, hold: RowHold, used: Amounts) -> None:
        stripes = hold.claims.held_stripes
        try:
            self._locks.lock_stripes(stripes)
        except MetersBusy:
            self._unsettled.append((hold, used))
            self.on_put_off()
            return
        try:
            self._settle(hold, used)
        finally:
            self._locks.unlock_stripes(stripes)

    def _settle(self, hold: RowHold, used: Amounts) -> None:
        settle, granted = self._sections.settle, hold.granted
        for word, tag, unit in hold.held:
            settle(word, tag, granted[unit], used[unit])
        self._rows.free(hold.row)

    def _read_one(self, claim: Claim, limit: int, now_ns: int) -> MeterState:
        match claim.kind:
            case "rate" | "ring":
                return self._read_ring(claim, limit, now_ns)
            case "slots":
                cell = self._sections.cells.find(claim.key)
                in_flight = self._words[cell + IN_FLIGHT] if cell else 0
                return MeterState(claim, limit, in_flight, 0, in_flight)
        start, end = self._sections.calendar.span(claim.span, claim.period, claim.zone, now_ns)
        resets = None if end == NEVER_NS else end
        cell = self._sections.cells.find(claim.key)
        record = self._sections.periods.find_current(cell, start) if cell else 0
        if not record:
            return MeterState(claim, limit, 0, resets_ns=resets)
        spent, reserved = self._words[record + SPENT], self._words[record + RESERVED]
        return MeterState(claim, limit, spent + reserved, spent, reserved, resets)

    def _read_ring(self, claim: Claim, limit: int, now_ns: int) -> MeterState:
        is_calls = claim.kind == "rate"
        sections = self._sections
        cell = (sections.call_cells if is_calls else sections.amount_cells).find(claim.key)
        if not cell:
            return MeterState(claim, limit, 0)
        # Read between two stores of a call that is settled, a sum may show it twice.
        spent = (sections.calls if is_calls else sections.amounts).used(cell)
        reserved = 0 if is_calls else self._words[cell + RING_RESERVED]
        used = spent + reserved
        resets = now_ns + claim.window_seconds * NANOS_PER_SECOND if used else None
        return MeterState(claim, limit, used, spent, reserved, resets)


def _wait_for_reclamation() -> None:
    """Leave it to the next `reclaim_dead`."""


_: type[Meters] = MappedMeters
