"""Whether there is room in every meter of a call, and taking it: all or nothing.

Law: nothing is counted before every claim was looked at, and before a row says what may have been. The caller holds the
locks of all claims.
"""

from collections.abc import Callable, Sequence

import msgspec

from tollway.adapters.meters.layout import (
    CALLS_RING,
    GENERATION,
    IN_FLIGHT,
    LAST,
    LENGTH,
    PLACE_BITS,
    RESERVED,
    RING_RESERVED,
    RING_TAG,
    SLOTS_TAG,
    SPENT,
    STAMP,
    TOTAL,
)
from tollway.adapters.meters.rows import Rows
from tollway.adapters.meters.sections import CALLS_PER_WORD, Sections
from tollway.contract.records import Charge
from tollway.gateway.room import Amounts, Claim, ClaimKind, Claims, Hold, NoRoom
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.policy.budget import HOUR_NS, NEVER_NS, Calendar
from tollway.policy.rate import SLOTS, room_in_ns

NO_ROW = -1
"""The tag of what is counted at once, and not given back."""
BUSY_SECONDS = 1.0
"""When it is worth trying again where only calls in flight are in the way."""


class RowHold(Hold, gc=False):
    """What a call holds: of each thing the word that counts it, its tag, its unit and how much, as its row has it."""

    held: Sequence[tuple[int, int, int, int]] = ()


class Attempt(msgspec.Struct, gc=False):
    """One call that wants to be let in, and what was found so far."""

    claims: Claims
    granted: Amounts
    floor: Amounts
    now_ns: int
    mono_ns: int
    left: list[int]
    """What each claim has left, without what is granted."""
    taken: list[tuple[int, int, int]]
    """Of each claim that does not slide in calls: the word that counts it, its tag (NO_ROW: it is counted at once), and
    the instant that its charge belongs to."""


class Admissions:
    """Lets calls in. Of one process and one open file."""

    def __init__(self, sections: Sections, rows: Rows, clock: Clock) -> None:
        self._sections = sections
        self._words = sections.words
        self._numbers = sections.numbers
        self._rows = rows
        self._clock = clock
        self.calendar = Calendar()
        self._checks: dict[ClaimKind, Callable[[Claim, int, Attempt], NoRoom | None]] = {
            "count": self._check_count,
            "slots": self._check_slots,
            "amount": self._check_amount,
            "ring": self._check_ring,
        }

    def admit(self, claims: Claims, want: Amounts, floor: Amounts) -> Hold | NoRoom:
        """See ports.Meters. Raises gateway.meters_unavailable."""
        words, clock = self._words, self._clock
        attempt = Attempt(claims, want, floor, clock.now_ns(), clock.monotonic_ns(), [], [])
        calls: list[tuple[int, int]] = []
        for claim in claims.rates:
            no_room = self._check_rate(claim, attempt, calls)
            if no_room is not None:
                return no_room
        hold: Hold | NoRoom = self._take_others(attempt) if claims.others else Hold(-1, claims, want, (), attempt.left)
        if type(hold) is not NoRoom:
            numbers = self._numbers
            for cell, place in calls:
                numbers[place] += 1
                words[cell + TOTAL] += 1
        return hold

    def _check_rate(self, claim: Claim, attempt: Attempt, calls: list[tuple[int, int]]) -> NoRoom | None:
        words, sections = self._words, self._sections
        cell = sections.call_cells.find(claim.key) or sections.give_ring(claim, attempt.claims)
        length, mono_ns = claim.bucket_ns, attempt.mono_ns
        current = mono_ns // length
        if words[cell + LENGTH] != length or current > words[cell + LAST]:
            sections.calls.bring_up(cell, length, mono_ns)
        limit = claim.limit if not claim.top_ups else claim.limit_at(attempt.now_ns)
        rest = limit - words[cell + TOTAL] - 1
        if rest < 0 and not claim.is_soft:
            return _no_room_in_ring(claim, limit, attempt, sections.calls.ring(cell), -rest)
        attempt.left.append(rest)
        calls.append((cell, (cell + CALLS_RING) * CALLS_PER_WORD + current % SLOTS))
        return None

    def _take_others(self, attempt: Attempt) -> Hold | NoRoom:
        """Look at all claims but those of calls that slide; then write the row, and raise their counts."""
        checks, claims = self._checks, attempt.claims
        for claim in claims.others:
            limit = claim.limit if not claim.top_ups else claim.limit_at(attempt.now_ns)
            no_room = checks[claim.kind](claim, limit, attempt)
            if no_room is not None:
                return no_room
        words, granted, left = self._words, attempt.granted, attempt.left
        at = len(left) - len(claims.others)
        row: list[int] = []
        held: list[tuple[int, int, int, int]] = []
        charges: list[Charge] = []
        for (word, tag, instant), claim in zip(attempt.taken, claims.others, strict=True):
            unit = claim.unit
            much = granted[unit]
            if tag != NO_ROW:
                row += (tag << PLACE_BITS | word, much)
            held.append((word, tag, unit, much))
            left[at] -= much
            at += 1
            if claim.is_charged:
                charges.append(Charge(claim.owner_id, claim.charge_id, instant, much))
        # From here on a kill leaves a row that says what may have been taken.
        number = self._rows.publish(row) if row else -1
        for word, _, _, much in held:
            words[word] += much
        return RowHold(number, claims, granted, tuple(charges), left, held=held)

    def _check_count(self, claim: Claim, limit: int, attempt: Attempt) -> NoRoom | None:
        start, end = self.calendar.span(claim.period, claim.zone, attempt.now_ns)
        record = self._sections.find_record(claim, attempt.claims, start, end)
        rest = limit - self._words[record + SPENT]
        if rest < 1 and not claim.is_soft:
            return NoRoom(claim, _until(end, attempt.now_ns), 0, limit)
        attempt.left.append(rest)
        attempt.taken.append((record + SPENT, NO_ROW, self._words[record + STAMP] - 1))
        return None

    def _check_slots(self, claim: Claim, limit: int, attempt: Attempt) -> NoRoom | None:
        cells = self._sections.cells
        cell = cells.find(claim.key) or cells.give(claim.key, claim.stripe, attempt.claims.stripes)
        rest = limit - self._words[cell + IN_FLIGHT]
        if rest < 1 and not claim.is_soft:
            return NoRoom(claim, None, 0, limit)
        attempt.left.append(rest)
        attempt.taken.append((cell + IN_FLIGHT, SLOTS_TAG, 0))
        return None

    def _check_amount(self, claim: Claim, limit: int, attempt: Attempt) -> NoRoom | None:
        words = self._words
        start, end = self.calendar.span(claim.period, claim.zone, attempt.now_ns)
        record = self._sections.find_record(claim, attempt.claims, start, end)
        rest = limit - words[record + SPENT] - words[record + RESERVED]
        unit = claim.unit
        if rest < attempt.granted[unit] and not claim.is_soft:
            need = attempt.floor[unit]
            if rest < need or rest < 0:
                wait = None if need > limit else _until(end, attempt.now_ns)
                return NoRoom(claim, wait, max(rest, 0), limit)
            attempt.granted = _with(attempt.granted, unit, rest)
        attempt.left.append(rest)
        # What is charged belongs to the period that the record is of, which after a jump of the clock may be another.
        attempt.taken.append((record + RESERVED, words[record + GENERATION], words[record + STAMP] - 1))
        return None

    def _check_ring(self, claim: Claim, limit: int, attempt: Attempt) -> NoRoom | None:
        words, sections = self._words, self._sections
        cell = sections.amount_cells.find(claim.key) or sections.give_ring(claim, attempt.claims)
        total = sections.amounts.bring_up(cell, claim.bucket_ns, attempt.mono_ns)
        rest = limit - total - words[cell + RING_RESERVED]
        unit = claim.unit
        if rest < attempt.granted[unit] and not claim.is_soft:
            need = attempt.floor[unit]
            if need > limit:
                return NoRoom(claim, None, max(rest, 0), limit)
            if rest < need or rest < 0:
                return _no_room_in_ring(claim, limit, attempt, sections.amounts.ring(cell), need - rest)
            attempt.granted = _with(attempt.granted, unit, rest)
        attempt.left.append(rest)
        attempt.taken.append((cell + RING_RESERVED, RING_TAG, attempt.now_ns - attempt.now_ns % HOUR_NS))
        return None


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
