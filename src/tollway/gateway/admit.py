"""Stage 4: is there room?

Limits and budgets of the token and of its application are asked together: all or nothing. The reservation covers the
dearest candidate, so that a fallback can never cost more than was held.
"""

import msgspec

from tollway.contract.policy import UnboundedOutput
from tollway.gateway.context import Gateway
from tollway.gateway.ports import Hold, NoRoom
from tollway.gateway.resolve import Plan
from tollway.gateway.snapshot import Compiled
from tollway.gateway.subjects import Caller
from tollway.kernel.errors import TollwayError
from tollway.kernel.money import format_usd
from tollway.policy.price import output_tokens_bought
from tollway.policy.tariff import Tariff

OUTPUT_TOKENS_MIN = 16
"""The least output a capped call is worth; OpenAI's own minimum for output bounds."""
ESTIMATED_OUTPUT_TOKENS = 1_024
"""Reserved for an unbounded call where the setting says `estimate`."""


class Admission(msgspec.Struct, frozen=True, gc=False):
    """Room for one call. `output_cap` is the bound on each choice that the gateway must set, None for none."""

    hold: Hold | None
    output_cap: int | None


_FREE = Admission(None, None)


def admit_request(caller: Caller, gw: Gateway) -> Admission:
    """Make room for a call that costs nothing.

    Raises limit.requests, limit.concurrency or gateway.meters_unavailable.
    """
    if not caller.claims:
        return _FREE
    return Admission(_take(caller, gw, 0, 0), None)


def admit_ai(plan: Plan, caller: Caller, compiled: Compiled, gw: Gateway) -> Admission:
    """Make room for an AI call and reserve its worst price.

    Raises limit.requests, limit.concurrency, budget.exhausted, budget.unpriced, budget.unbounded or
    gateway.meters_unavailable. Nothing is held after an error.
    """
    if not caller.has_budget:
        return admit_request(caller, gw)
    tariffs = plan.priced()
    if tariffs is None:
        raise TollwayError(
            "budget.unpriced",
            public=f"A budget applies, and `{plan.model.name[:200]}` has no known price.",
            param="model",
        )
    bounds = plan.bounds
    if bounds.output_tokens_max is not None:
        cost = _dearest(tariffs, bounds.input_tokens_max, bounds.output_tokens_max)
        return Admission(_take(caller, gw, cost, cost), None)
    match _unbounded_mode(caller, compiled):
        case "refuse":
            raise TollwayError("budget.unbounded", param="max_tokens")
        case "estimate":
            cost = _dearest(tariffs, bounds.input_tokens_estimate, ESTIMATED_OUTPUT_TOKENS * bounds.choices)
            return Admission(_take(caller, gw, cost, cost), None)
        case _:
            return _admit_capped(plan, tariffs, caller, compiled, gw)


def _admit_capped(plan: Plan, tariffs: list[Tariff], caller: Caller, compiled: Compiled, gw: Gateway) -> Admission:
    """Reserve what the remainder buys, up to the model's own bound, and cap the output to that."""
    bounds = plan.bounds
    model_max = min((route.output_tokens_max or 2**31 for route in plan.model.routes), default=2**31)
    most = min(model_max, compiled.unbounded_output_tokens_max)
    least = min(OUTPUT_TOKENS_MIN, most)
    want = _dearest(tariffs, bounds.input_tokens_max, most * bounds.choices)
    floor = _dearest(tariffs, bounds.input_tokens_max, least * bounds.choices)
    hold = _take(caller, gw, want, floor)
    bought = min(output_tokens_bought(tariff.price, hold.granted_nanos, bounds.input_tokens_max) for tariff in tariffs)
    return Admission(hold, max(least, min(most, bought // bounds.choices)))


def _take(caller: Caller, gw: Gateway, want_nanos: int, floor_nanos: int) -> Hold:
    taken = gw.meters.admit(caller.claims, want_nanos, floor_nanos)
    if isinstance(taken, NoRoom):
        raise _refusal(taken, floor_nanos)
    return taken


def _refusal(no_room: NoRoom, floor_nanos: int) -> TollwayError:
    claim = no_room.claim
    wait = no_room.retry_after_seconds
    if claim.kind == "requests":
        # The count looks back a bucket beyond the window, but nobody is told to wait longer than the window.
        wait = None if wait is None else min(wait, claim.window_seconds)
        allows = f"{claim.limit} calls in {claim.window_seconds} s"
        text = f"The limit `{claim.name}` of this {claim.owner_kind} allows {allows}."
        return TollwayError("limit.requests", public=text, retry_after_seconds=wait)
    if claim.kind == "concurrency":
        text = f"The limit `{claim.name}` of this {claim.owner_kind} allows {claim.limit} calls at a time."
        return TollwayError("limit.concurrency", public=text, retry_after_seconds=wait or 1.0)
    reset = "it does not reset" if wait is None else f"it resets in {wait:.0f} s"
    text = (
        f"The budget `{claim.name}` of this {claim.owner_kind} has {format_usd(no_room.remaining)} USD left; "
        f"this call may cost {format_usd(floor_nanos)} USD; {reset}."
    )
    return TollwayError("budget.exhausted", public=text, retry_after_seconds=wait)


def _unbounded_mode(caller: Caller, compiled: Compiled) -> UnboundedOutput:
    own = caller.token.limits.unbounded_output
    if own is None and caller.application is not None:
        own = caller.application.limits.unbounded_output
    return own or compiled.unbounded_output


def _dearest(tariffs: list[Tariff], input_tokens: int, output_tokens: int) -> int:
    if len(tariffs) == 1:
        return tariffs[0].worst_case(input_tokens, output_tokens)
    return max([tariff.worst_case(input_tokens, output_tokens) for tariff in tariffs])
