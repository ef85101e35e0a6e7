"""Whether there is room in every meter of a call, and taking it: all or nothing, claim by claim.

This is the way for the first calls with some claims, and for those that are not let in or not granted all they want;
the others go by a plan (plan.py, plans.py).

Law: nothing is counted before every claim was looked at, and before a row says what may have been. The caller holds the
locks of all claims.
"""

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from tollway.adapters.meters.layout import (
    CALLS_RING,
    FIRST_RECORD,
    GENERATION,
    IN_FLIGHT,
    LAST,
    LENGTH,
    PLACE_BITS,
    RESERVED,
    RING_RESERVED,
    RING_TAG,
    SLOTS_TAG,
    SPAN,
    SPENT,
    TAKEN,
    TOTAL,
)
from tollway.adapters.meters.plan import Plan, RowHold
from tollway.adapters.meters.plans import build_plan
from tollway.adapters.meters.rows import Rows
from tollway.adapters.meters.sections import CALLS_PER_WORD, Sections
from tollway.contract.records import Charge
from tollway.gateway.room import Amounts, Claim, ClaimKind, Claims, Hold, NoRoom
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.policy.budget import HOUR_NS, NEVER_NS
from tollway.policy.rate import SLOTS, room_in_ns

REMEMBERED_MAX = 4_096
NO_ROW = -1
"""The tag of what is counted at once, and not given back."""
BUSY_SECONDS = 1.0
"""When it is worth trying again where only calls in flight are in the way."""


Found: TypeAlias = tuple[int, int, int, int]
"""Of a claim: what is left without what is granted, the word that counts what is held, its tag (NO_ROW: it is counted
at once), and the instant that its charge belongs to.
"""


class Attempt(msgspec.Struct, gc=False):
    """One call that wants to be let in, and what was found so far."""

    claims: Claims
    granted: Amounts
    floor: Amounts
    now_ns: int
    mono_ns: int
    left: list[int]
    """What each claim has left once the call is let in."""


class Admissions:
    """Lets calls in. Of one process and one open file."""

    def __init__(self, sections: Sections, rows: Rows, clock: Clock) -> None:
        self._sections = sections
        self._words = sections.words
        self._numbers = sections.numbers
        self._rows = rows
        self._clock = clock
        self._span = sections.calendar.span
        self._cells: dict[int, tuple[Claims, int, list[int]]] = {}
        """Where claims were found, with what the header said then; by the identity of the claims."""
        self.plans: dict[int, Plan] = {}
        """Of claims that came more than once; by their identity."""
        self._checks: dict[ClaimKind, Callable[[Claim, int, int, Attempt], Found | NoRoom]] = {
            "count": self._check_count,
            "slots": self._check_slots,
            "amount": self._check_amount,
            "ring": self._check_ring,
        }

    def admit(self, claims: Claims, want: Amounts, floor: Amounts) -> Hold | NoRoom:
        """See ports.Meters. Raises gateway.meters_unavailable."""
        clock = self._clock
        attempt = Attempt(claims, want, floor, clock.now_ns(), clock.monotonic_ns(), [])
        known = self._cells.get(id(claims))
        is_known = known is not None and known[0] is claims and known[1] == self._words[TAKEN]
        cells = known[2] if known is not None and is_known else self._find(claims, attempt.now_ns)
        hold = self._take(attempt, cells)
        if is_known and type(hold) is not NoRoom:
            self._plan(claims, cells)
        return hold

    def _plan(self, claims: Claims, cells: list[int]) -> None:
        """Make the plan of claims, unless they have one that only had no room for one call."""
        plan = self.plans.get(id(claims))
        if plan is None or plan.claims is not claims or plan.is_stale:
            plan = build_plan(claims, cells, self._sections, self._rows)
            if plan is not None:
                self.plans[id(claims)] = plan

    def _take(self, attempt: Attempt, cells: list[int]) -> Hold | NoRoom:
        words, claims = self._words, attempt.claims
        calls: list[tuple[int, int]] = []
        for at, claim in enumerate(claims.rates):
            no_room = self._check_rate(claim, cells[at], attempt, calls)
            if no_room is not None:
                return no_room
        hold: Hold | NoRoom
        if claims.others:
            hold = self._take_others(attempt, cells)
        else:
            hold = Hold(-1, claims, attempt.granted, (), attempt.left)
        if type(hold) is not NoRoom:
            numbers = self._numbers
            for cell, place in calls:
                numbers[place] += 1
                words[cell + TOTAL] += 1
        return hold

    def _find(self, claims: Claims, now_ns: int) -> list[int]:
        """Find the cells of claims, and remember them until any cell of the file is taken from its key."""
        taken = self._words[TAKEN]
        cells = self._sections.find_cells(claims, now_ns)
        if len(self._cells) >= REMEMBERED_MAX:
            self._cells.clear()
            self.plans.clear()
        self._cells[id(claims)] = claims, taken, cells
        return cells

    def _check_rate(self, claim: Claim, cell: int, attempt: Attempt, calls: list[tuple[int, int]]) -> NoRoom | None:
        words = self._words
        length, mono_ns = claim.bucket_ns, attempt.mono_ns
        current = mono_ns // length
        if words[cell + LENGTH] != length or current > words[cell + LAST]:
            self._sections.calls.bring_up(cell, length, mono_ns)
        limit = claim.limit if not claim.top_ups else claim.limit_at(attempt.now_ns)
        rest = limit - words[cell + TOTAL] - 1
        if rest < 0 and not claim.is_soft:
            return _no_room_in_ring(claim, limit, attempt, self._sections.calls.ring(cell), -rest)
        attempt.left.append(rest)
        calls.append((cell, (cell + CALLS_RING) * CALLS_PER_WORD + current % SLOTS))
        return None

    def _take_others(self, attempt: Attempt, cells: list[int]) -> Hold | NoRoom:
        """Look at all claims but those of calls that slide; then write the row, and raise their counts."""
        checks, claims, now_ns = self._checks, attempt.claims, attempt.now_ns
        found: list[Found] = []
        place = len(claims.rates)
        for claim in claims.others:
            limit = claim.limit if not claim.top_ups else claim.limit_at(now_ns)
            one = checks[claim.kind](claim, limit, cells[place], attempt)
            if type(one) is NoRoom:
                return one
            found.append(one)  # type: ignore[arg-type]  # type() narrows no union
            place += 1
        words, granted, left = self._words, attempt.granted, attempt.left
        row: list[int] = []
        held: list[tuple[int, int, int]] = []
        raised: list[tuple[int, int]] = []
        charges: list[Charge] = []
        for at, claim in enumerate(claims.others):
            rest, word, tag, instant = found[at]
            unit = claim.unit
            much = granted[unit]
            left.append(rest - much)
            raised.append((word, much))
            if tag != NO_ROW:
                held.append((word, tag, unit))
                row += (tag << PLACE_BITS | word, much)
            if claim.is_charged:
                charges.append(Charge(claim.owner_id, claim.charge_id, instant, much))
        # From here on a kill leaves a row that says what may have been taken.
        number = self._rows.publish(row) if row else -1
        for word, much in raised:
            words[word] += much
        return RowHold(number, claims, granted, tuple(charges), left, True, None, held)

    def _check_count(self, claim: Claim, limit: int, cell: int, attempt: Attempt) -> Found | NoRoom:
        start, end = self._span(claim.span, claim.period, claim.zone, attempt.now_ns)
        record = self._sections.find_record(claim, cell, start, end)
        rest = limit - self._words[record + SPENT]
        if rest < 1 and not claim.is_soft:
            return NoRoom(claim, _until(end, attempt.now_ns), 0, limit)
        return rest, record + SPENT, NO_ROW, self._words[record] - 1

    def _check_slots(self, claim: Claim, limit: int, cell: int, attempt: Attempt) -> Found | NoRoom:
        rest = limit - self._words[cell + IN_FLIGHT]
        if rest < 1 and not claim.is_soft:
            return NoRoom(claim, None, 0, limit)
        return rest, cell + IN_FLIGHT, SLOTS_TAG, 0

    def _check_amount(self, claim: Claim, limit: int, cell: int, attempt: Attempt) -> Found | NoRoom:
        words = self._words
        start, end = self._span(claim.span, claim.period, claim.zone, attempt.now_ns)
        if words[cell + SPAN] == claim.span and words[cell + FIRST_RECORD] == start + 1:
            record = cell + FIRST_RECORD
        else:
            record = self._sections.find_record(claim, cell, start, end)
        rest = limit - words[record + SPENT] - words[record + RESERVED]
        unit = claim.unit
        if rest < attempt.granted[unit] and not claim.is_soft:
            need = attempt.floor[unit]
            if rest < need or rest < 0:
                wait = None if need > limit else _until(end, attempt.now_ns)
                return NoRoom(claim, wait, max(rest, 0), limit)
            attempt.granted = _with(attempt.granted, unit, rest)
        # What is charged belongs to the period that the record is of, which after a jump of the clock may be another.
        return rest, record + RESERVED, words[record + GENERATION], words[record] - 1

    def _check_ring(self, claim: Claim, limit: int, cell: int, attempt: Attempt) -> Found | NoRoom:
        words = self._words
        length, mono_ns = claim.bucket_ns, attempt.mono_ns
        if words[cell + LENGTH] != length or mono_ns // length > words[cell + LAST]:
            self._sections.amounts.bring_up(cell, length, mono_ns)
        rest = limit - words[cell + TOTAL] - words[cell + RING_RESERVED]
        unit = claim.unit
        if rest < attempt.granted[unit] and not claim.is_soft:
            need = attempt.floor[unit]
            if need > limit:
                return NoRoom(claim, None, max(rest, 0), limit)
            if rest < need or rest < 0:
                return _no_room_in_ring(claim, limit, attempt, self._sections.amounts.ring(cell), need - rest)
            attempt.granted = _with(attempt.granted, unit, rest)
        return rest, cell + RING_RESERVED, RING_TAG, attempt.now_ns - attempt.now_ns % HOUR_NS


def _with(amounts: Amounts, unit: int, amount: int) -> Amounts:
    return (*amounts[:unit], amount, *amounts[unit + 1 :])  # type: ignore[return-value]  # six again


def _no_room_in_ring(claim: Claim, limit: int, attempt: Attempt, ring: "memoryview[int]", excess: int) -> NoRoom:
    """Tell when enough will have left; where calls in flight are in the way, that may be at any time."""
    length, mono_ns, total = claim.bucket_ns, attempt.mono_ns, sum(ring)
    if limit < 1:
        wait: float | None = None
    elif excess > total:
        wait = BUSY_SECONDS
    else:
        wait = room_in_ns(ring, mono_ns // length, now_ns=mono_ns, length_ns=length, excess=excess) / NANOS_PER_SECOND
    return NoRoom(claim, wait, max(0, limit - total), limit)


def _until(end_ns: int, now_ns: int) -> float | None:
    return None if end_ns == NEVER_NS else (end_ns - now_ns) / NANOS_PER_SECOND
