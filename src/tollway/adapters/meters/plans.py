"""Plans for the claims that nearly every call has: one rate of calls, alone or with one amount by the calendar.

They promise what Plan promises and do the same step by step: with one or two claims, arithmetic on names costs half of
what it costs on rows of numbers.
"""

from tollway.adapters.meters.layout import PLACE_BITS, RESERVED, SPENT
from tollway.adapters.meters.plan import FACTS_AT, Draft, Plan, RowHold, build_reader
from tollway.adapters.meters.rows import Rows
from tollway.adapters.meters.sections import Sections
from tollway.contract.records import Charge
from tollway.gateway.room import Amounts, Claims, Hold


class RatePlan(Plan):
    """For one rate of calls, of which nothing is held."""

    __slots__ = ("_limit", "_total_at")

    def __init__(self, claims: Claims, draft: Draft, sections: Sections, rows: Rows) -> None:
        super().__init__(claims, draft, sections, rows)
        self._limit = draft.limits[0]
        self._total_at = draft.raised[0]

    def take(self, want: Amounts) -> Hold | None:
        """See Plan."""
        sections = self._sections
        if (
            not self._from_ns <= sections.now_ns() < self._until_ns
            or self._read_facts(sections.memory, FACTS_AT) != self._facts
        ):
            self.is_stale = True
            return None
        if self._buckets_until_ns <= sections.monotonic_ns():
            self._bring_up(sections.monotonic_ns())
        words, place = sections.words, self._total_at
        total = words[place] + 1
        left = self._limit - total
        if left < 0:
            return None
        sections.numbers[self._buckets[0]] += 1
        words[place] = total
        return Hold(-1, self.claims, want, (), (left,))


class UsualPlan(Plan):
    """For one rate of calls, and one amount by the calendar whose charges are recorded."""

    __slots__ = (
        "_amount_limit", "_charge_id", "_instant", "_owner_id", "_rate_limit", "_read_all", "_read_at", "_reserved_at",
        "_tagged_place", "_total_at", "_unit",
    )  # fmt: skip

    def __init__(self, claims: Claims, draft: Draft, sections: Sections, rows: Rows) -> None:
        super().__init__(claims, draft, sections, rows)
        (word, tag, self._unit), (claim, self._instant) = draft.held[0], draft.charged[0]
        self._rate_limit, self._amount_limit = draft.limits
        self._total_at, self._reserved_at = draft.raised
        self._tagged_place = tag << PLACE_BITS | word
        self._owner_id, self._charge_id = claim.owner_id, claim.charge_id
        # Cells come before rings.
        self._read_all, self._read_at = build_reader([word - RESERVED + SPENT, word, self._total_at])

    def take(self, want: Amounts) -> Hold | None:
        """See Plan."""
        sections = self._sections
        memory, now_ns, monotonic_ns = sections.memory, sections.now_ns, sections.monotonic_ns
        read_facts, read_all = self._read_facts, self._read_all
        if not self._from_ns <= now_ns() < self._until_ns or read_facts(memory, FACTS_AT) != self._facts:
            self.is_stale = True
            return None
        if self._buckets_until_ns <= monotonic_ns():
            self._bring_up(monotonic_ns())
        spent, reserved, total = read_all(memory, self._read_at)
        much = want[self._unit]
        total += 1
        reserved += much
        calls_left = self._rate_limit - total
        left = self._amount_limit - spent - reserved
        if calls_left < 0 or left < 0:
            return None
        words = sections.words
        # From here on a kill leaves a row that says what may have been taken.
        number = self._rows.publish_one(self._tagged_place, much)
        words[self._reserved_at] = reserved
        sections.numbers[self._buckets[0]] += 1
        words[self._total_at] = total
        charge = Charge(self._owner_id, self._charge_id, self._instant, much)
        return RowHold(number, self.claims, want, (charge,), (calls_left, left), True, None, self._held)


def build_plan(claims: Claims, cells: list[int], sections: Sections, rows: Rows) -> Plan | None:
    """Make the plan of claims that were just let in and count in these cells; None where a place may not stay.

    To be called under the locks of the claims, at the same instant as they were looked at.
    """
    draft = Draft(sections, sections.now_ns())
    for claim, cell in zip(claims.every, cells, strict=True):
        if not draft.add(claim, cell):
            return None
    match [claim.kind for claim in claims.every]:
        case []:
            return None
        case ["rate"]:
            return RatePlan(claims, draft, sections, rows)
        case ["rate", "amount"] if draft.charged:
            return UsualPlan(claims, draft, sections, rows)
        case _:
            return Plan(claims, draft, sections, rows)
