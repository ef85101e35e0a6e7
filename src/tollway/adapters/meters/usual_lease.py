"""Leases for the claims that nearly every call has: one rate of calls, and one amount by the calendar.

One promises what Lease promises and does the same step by step, but keeps what is left, and what was used, in a number
for calls and one for the amount: that costs a third of what it costs on rows of six. Only while calls draw from it and
settle; room is taken and given back by Lease.
"""

from tollway.adapters.meters.layout import WORD
from tollway.adapters.meters.leases import LEASED, Lease, LeasedHold
from tollway.adapters.meters.plan import Draft
from tollway.adapters.meters.rows import Rows
from tollway.adapters.meters.sections import Sections
from tollway.contract.records import Charge
from tollway.gateway.room import CALLS, Amounts, Claims, Hold

_NOTHING: Amounts = (0, 0, 0, 0, 0, 0)


class UsualLease(Lease):
    """For one rate of calls, and one amount by the calendar whose charges are recorded."""

    __slots__ = (
        "_calls_at", "_calls_base", "_calls_ended", "_calls_rest", "_charge_id", "_instant", "_much_at", "_much_base",
        "_much_ended", "_much_rest", "_owner_id", "_unit",
    )  # fmt: skip

    def __init__(self, claims: Claims, draft: Draft, sections: Sections, rows: Rows) -> None:
        super().__init__(claims, draft, sections, rows)
        ((_, _, self._unit),), ((claim, self._instant),) = draft.held, draft.charged
        self._owner_id, self._charge_id = claim.owner_id, claim.charge_id
        self._calls_rest = self._much_rest = self._calls_ended = self._much_ended = 0
        self._calls_base = self._much_base = self._calls_at = self._much_at = 0

    def draw(self, want: Amounts) -> Hold | None:
        """See Lease."""
        much = want[self._unit]
        monotonic_ns, calls_rest, much_rest = self._monotonic_ns, self._calls_rest - 1, self._much_rest - much
        if calls_rest < 0 or much_rest < 0 or monotonic_ns() >= self.until_ns:
            return None
        self._calls_rest, self._much_rest = calls_rest, much_rest
        self._slots -= 1
        # Killed between the two, it is charged for a call that was not let in.
        words = self._sections.words
        words[self._calls_at] = calls_rest
        words[self._much_at] = much_rest
        charges = (Charge(self._owner_id, self._charge_id, self._instant, much),)
        left = self._calls_base + calls_rest, self._much_base + much_rest
        return LeasedHold(LEASED, self.claims, want, charges, left, True, None, self)

    def settle(self, granted: Amounts, used: Amounts) -> None:
        """See Lease."""
        unit = self._unit
        much = used[unit]
        self._much_rest = rest = self._much_rest + granted[unit] - much
        self._calls_ended += 1
        self._much_ended += much
        self._slots += 1
        self._sections.words[self._much_at] = rest

    def take_ahead(self, want: Amounts) -> bool:
        """See Lease."""
        if not super().take_ahead(want):
            return False
        self._calls_rest, self._much_rest = self._rest[CALLS], self._rest[self._unit]
        self._calls_base, self._much_base = self._bases
        start = self._at.start // WORD
        self._calls_at, self._much_at = start + CALLS, start + self._unit
        return True

    def give_back(self) -> int:
        """See Lease."""
        self._rest = self._with(self._taken, self._calls_rest, self._much_rest)
        self._ended = self._with(_NOTHING, self._calls_ended, self._much_ended)
        self._calls_rest = self._much_rest = self._calls_ended = self._much_ended = 0
        return super().give_back()

    def _with(self, amounts: Amounts, calls: int, much: int) -> Amounts:
        """Return amounts with these in the two places that are limited."""
        listed = list(amounts)
        listed[CALLS], listed[self._unit] = calls, much
        return tuple(listed)  # type: ignore[return-value]  # six again


def build_lease(claims: Claims, draft: Draft, sections: Sections, rows: Rows) -> Lease:
    """Return an empty lease for calls with these claims, whose plan has this draft."""
    is_usual = [claim.kind for claim in claims.every] == ["rate", "amount"]
    return (UsualLease if is_usual else Lease)(claims, draft, sections, rows)
