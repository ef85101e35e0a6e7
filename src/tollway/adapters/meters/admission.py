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
    calls: list[tuple[int, int]]
    """Rings of calls, and the number of each that counts now."""
    periods: list[tuple[int, Claim]]
    """Records of calls in a period."""
    taken: list[tuple[int, int, int, int, Claim]]
    """Of what can be held: its place in `left`, the word that counts it, the tag, the instant that its charge belongs
    to, and the claim."""


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
            "rate": self._check_rate,
            "count": self._check_count,
            "slots": self._check_slots,
            "amount": self._check_amount,
            "ring": self._check_ring,
        }

    def admit(self, claims: Claims, want: Amounts, floor: Amounts) -> Hold | NoRoom:
        """See ports.Meters. Raises gateway.meters_unavailable."""
        clock, checks = self._clock, self._checks
        now_ns = clock.now_ns()
        attempt = Attempt(claims, want, floor, now_ns, clock.monotonic_ns(), [], [], [], [])
        for claim in claims.every:
            limit = claim.limit if not claim.top_ups else claim.limit_at(now_ns)
            no_room = checks[claim.kind](claim, limit, attempt)
            if no_room is not None:
                return no_room
        return self._take(attempt)

    def _check_rate(self, claim: Claim, limit: int, attempt: Attempt) -> NoRoom | None:
        words, sections = self._words, self._sections
        cell = sections.call_cells.find(claim.key) or sections.give_ring(claim, attempt.claims)
        length = claim.bucket_ns
        current = attempt.mono_ns // length
        if words[cell + LENGTH] == length and current <= words[cell + LAST]:
            rest = limit - words[cell + TOTAL] - 1
        else:
            rest = limit - sections.calls.bring_up(cell, length, attempt.mono_ns) - 1
        if rest < 0 and not claim.is_soft:
            return _no_room_in_ring(claim, limit, attempt, sections.calls.ring(cell), -rest)
        attempt.left.append(rest)
        attempt.calls.append((cell, (cell + CALLS_RING) * CALLS_PER_WORD + current % SLOTS))
        return None

    def _check_count(self, claim: Claim, limit: int, attempt: Attempt) -> NoRoom | None:
        start, end = self.calendar.span(claim.period, claim.zone, attempt.now_ns)
        record = self._sections.find_record(claim, attempt.claims, start, end)
        rest = limit - self._words[record + SPENT] - 1
        if rest < 0 and not claim.is_soft:
            return NoRoom(claim, _until(end, attempt.now_ns), 0, limit)
        attempt.left.append(rest)
        attempt.periods.append((record, claim))
        return None

    def _check_slots(self, claim: Claim, limit: int, attempt: Attempt) -> NoRoom | None:
        cells = self._sections.cells
        cell = cells.find(claim.key) or cells.give(claim.key, claim.stripe, attempt.claims.stripes)
        rest = limit - self._words[cell + IN_FLIGHT]
        if rest < 1 and not claim.is_soft:
            return NoRoom(claim, None, 0, limit)
        attempt.taken.append((len(attempt.left), cell + IN_FLIGHT, SLOTS_TAG, 0, claim))
        attempt.left.append(rest)
        return None

    def _check_amount(self, claim: Claim, limit: int, attempt: Attempt) -> NoRoom | None:
        words = self._words
        start, end = self.calendar.span(claim.period, claim.zone, attempt.now_ns)
        record = self._sections.find_record(claim, attempt.claims, start, end)
        rest = limit - words[record + SPENT] - words[record + RESERVED]
        if not claim.is_soft and (rest < attempt.floor[claim.unit] or rest < 0):
            wait = None if attempt.floor[claim.unit] > limit else _until(end, attempt.now_ns)
            return NoRoom(claim, wait, max(rest, 0), limit)
        # What is charged belongs to the period that the record is of, which after a jump of the clock may be another.
        instant = words[record + STAMP] - 1
        self._grant(claim, rest, attempt)
        attempt.taken.append((len(attempt.left), record + RESERVED, words[record + GENERATION], instant, claim))
        attempt.left.append(rest)
        return None

    def _check_ring(self, claim: Claim, limit: int, attempt: Attempt) -> NoRoom | None:
        words, sections = self._words, self._sections
        cell = sections.amount_cells.find(claim.key) or sections.give_ring(claim, attempt.claims)
        total = sections.amounts.bring_up(cell, claim.bucket_ns, attempt.mono_ns)
        rest = limit - total - words[cell + RING_RESERVED]
        if not claim.is_soft and (rest < attempt.floor[claim.unit] or rest < 0):
            need = attempt.floor[claim.unit]
            if need > limit:
                return NoRoom(claim, None, max(rest, 0), limit)
            return _no_room_in_ring(claim, limit, attempt, sections.amounts.ring(cell), need - rest)
        self._grant(claim, rest, attempt)
        instant = attempt.now_ns - attempt.now_ns % HOUR_NS
        attempt.taken.append((len(attempt.left), cell + RING_RESERVED, RING_TAG, instant, claim))
        attempt.left.append(rest)
        return None

    def _grant(self, claim: Claim, rest: int, attempt: Attempt) -> None:
        granted, unit = attempt.granted, claim.unit
        if rest < granted[unit] and not claim.is_soft:
            attempt.granted = (*granted[:unit], rest, *granted[unit + 1 :])  # type: ignore[assignment]  # six again

    def _take(self, attempt: Attempt) -> Hold:
        """Write the row, then raise the counts: rings, periods, slots and reservations."""
        words, granted, taken = self._words, attempt.granted, attempt.taken
        held = [(word, tag, claim.unit, granted[claim.unit]) for _, word, tag, _, claim in taken]
        row = -1
        if held:
            # From here on a kill leaves a row that says what may have been taken.
            row = self._rows.publish([part for word, tag, _, much in held for part in (tag << PLACE_BITS | word, much)])
        numbers = self._numbers
        for cell, place in attempt.calls:
            numbers[place] += 1
            words[cell + TOTAL] += 1
        charges: list[Charge] = []
        for record, claim in attempt.periods:
            words[record + SPENT] += 1
            charges.append(Charge(claim.owner_id, claim.charge_id, words[record + STAMP] - 1, 1))
        for (word, _, _, much), (at, _, _, instant, claim) in zip(held, taken, strict=True):
            words[word] += much
            attempt.left[at] -= much
            if claim.is_charged:
                charges.append(Charge(claim.owner_id, claim.charge_id, instant, much))
        units = tuple([claim.unit for _, claim in attempt.periods] + [t[4].unit for t in taken if t[4].is_charged])
        return RowHold(row, attempt.claims, granted, tuple(charges), units, attempt.left, True, held)


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
