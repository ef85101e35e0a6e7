"""What a call asks of the meters, and what it gets: claims, amounts, holds. Data alone.

`ports.Meters` says what is done with them, `claims.py` makes them from limits.
"""

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

import msgspec

from tollway.contract.limits import Measure, Period, TopUp, UnboundedOutput
from tollway.contract.records import Charge
from tollway.kernel.errors import TollwayError
from tollway.kernel.money import NANOS_MAX

Amounts: TypeAlias = tuple[int, int, int, int, int, int]
"""What a call may use, was granted or has used: nano-USD; input, output and all tokens; bytes of bodies; calls: 1."""
COST, INPUT_TOKENS, OUTPUT_TOKENS, TOTAL_TOKENS, BYTES, CALLS = range(6)
"""Places in Amounts."""
AMOUNT_MAX = NANOS_MAX // 4
"""More than any true call uses (of money 2.3 billion USD), and far above any limit; sums of these cannot overflow."""
NO_AMOUNTS: Amounts = (0, 0, 0, 0, 0, 1)
"""Of a call that uses nothing but itself."""

ClaimKind = Literal["rate", "count", "slots", "amount", "ring"]
"""How it is counted: calls that slide, calls of a period, calls in flight, amounts of a period, amounts that slide."""


class Claim(msgspec.Struct, frozen=True, gc=False):
    """What one call needs from one meter. `key` names the meter (16 bytes), `stripe` its lock: one per owner."""

    key: bytes
    stripe: int
    kind: ClaimKind
    measure: Measure
    unit: int
    """Its place in Amounts."""
    limit: int
    """Calls, tokens, nano-USD or bytes, without top-ups."""
    window_seconds: int
    """Of what slides; else 0."""
    bucket_ns: int
    """Of what slides: how long a bucket of its ring is."""
    period: Period
    """Of what does not slide; else `total`."""
    zone: str
    span: int
    """A number for period and zone, which changes when they are edited."""
    name: str
    owner_kind: str
    owner_id: str
    limit_id: str
    plan: str = ""
    """The name of the plan that the limit comes from; "" for the owner's own."""
    is_soft: bool = False
    is_budget: bool = False
    is_charged: bool = False
    """Whether call records say what was charged to it, so that it outlives a power loss."""
    top_ups: tuple[TopUp, ...] = ()
    charge_id: str = ""
    """The limit as call records name it: its id, for what slides with `~` and the window."""
    models: tuple[str, ...] = ()
    """For which models it counts; empty for every call."""

    def limit_at(self, now_ns: int) -> int:
        """Return the limit with the top-ups of this instant."""
        return self.limit + sum([top.amount for top in self.top_ups if top.from_ns <= now_ns < top.until_ns])


class Claims(msgspec.Struct, frozen=True, gc=False):
    """All that one call needs, and what follows from that once for all calls like it. Made by claims.py alone."""

    every: tuple[Claim, ...] = ()
    """Calls that slide first."""
    rates: tuple[Claim, ...] = ()
    """Those of calls that slide."""
    others: tuple[Claim, ...] = ()
    units: tuple[int, ...] = ()
    """Of those whose charges are recorded."""
    stripes: tuple[int, ...] = ()
    """Of the claims, each once, ascending."""
    held_stripes: tuple[int, ...] = ()
    """Of those that hold something until the call is settled."""
    is_amounts: bool = False
    """Whether anything but calls is counted."""
    is_paid: bool = False
    """Whether money is limited, and not only counted."""
    is_bounded: bool = False
    """Whether money or tokens are limited, so that the call needs a bound on its output."""
    has_models: bool = False
    """Whether some count only for certain models."""
    unbounded_output: UnboundedOutput | None = None
    """What the nearest owner says of calls without a bound; None: the installation's setting."""
    shown: "Shown | None" = None
    """How answers tell of the limits; None: nothing to tell."""


class Written(msgspec.Struct, frozen=True, gc=False):
    """Header lines in one dialect, with `%d` where what is left goes: of the claims that `pick` picks, and of each of
    `scarcest` the one of which least is left. What `changes` holds for one second.
    """

    second: int
    changes: bool
    template: bytes
    pick: Callable[[Sequence[int]], int | tuple[int, ...]]
    scarcest: tuple[tuple[tuple[int, bytes], ...], ...]


class Shown(msgspec.Struct, frozen=True, gc=False):
    """How answers tell of limits: the policies, their places in `Claims.every`, and the text by dialect, as it was
    written last. See limit_headers.py.
    """

    policy: str
    told: tuple[int, ...]
    written: dict[str, Written]


NO_CLAIMS = Claims()


class MetersBusy(TollwayError):
    """Another process holds what the meters need at this instant; nothing was taken, and trying again soon helps.

    Whoever does not try again lets it out as what it is to a caller: gateway.meters_unavailable.
    """

    __slots__ = ()

    def __init__(self, internal: str) -> None:
        super().__init__("gateway.meters_unavailable", internal=internal)


class Hold(msgspec.Struct, gc=False):
    """Room that was granted: calls counted, slots taken, `granted` reserved in every meter of its unit."""

    row: int
    claims: Claims
    granted: Amounts
    charges: tuple[Charge, ...] = ()
    """What is held in each meter whose charges are recorded, or was charged to it; in units of `claims.units`."""
    left: Sequence[int] = ()
    """What each claim has left now that the call is let in; a soft one may be below 0."""
    is_open: bool = True
    used: Amounts | None = None
    """What was charged."""

    @property
    def granted_nanos(self) -> int:
        """What is reserved in each budget of money."""
        return self.granted[COST]

    def charge(self, used: Amounts) -> tuple[Charge, ...]:
        """Return what is charged when the call used so much; these are its `charges` from now on."""
        charges = self.charges
        if used is self.used or not charges:
            self.used = used
            return charges
        units = self.claims.units
        if len(units) == 1:
            one = charges[0]
            charges = (Charge(one.owner_id, one.budget_id, one.period_start_ns, used[units[0]]),)
        else:
            pairs = zip(charges, units, strict=True)
            charges = tuple([Charge(it.owner_id, it.budget_id, it.period_start_ns, used[unit]) for it, unit in pairs])
        self.used, self.charges = used, charges
        return charges


class NoRoom(msgspec.Struct, gc=False, frozen=True):
    """Which claim could not be met, and when it is worth trying again (None: unknown or never)."""

    claim: Claim
    retry_after_seconds: float | None
    remaining: int
    limit: int
    """Of the claim, with its top-ups."""


def clamp(used: Amounts) -> Amounts:
    """Return amounts within what is counted, whatever an upstream stated: 0 to AMOUNT_MAX."""
    if min(used) >= 0 and max(used) <= AMOUNT_MAX:
        return used
    cost, inputs, outputs, total, size, calls = [min(max(amount, 0), AMOUNT_MAX) for amount in used]
    return cost, inputs, outputs, total, size, calls
