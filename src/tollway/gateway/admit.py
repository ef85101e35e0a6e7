"""Stage 4: is there room?

The limits and budgets of all levels are asked together: all or nothing. What is reserved covers the dearest candidate,
so that a fallback can never cost more than was held. A provider's own limits are asked for each attempt.
"""

from collections.abc import Sequence

import msgspec

from tollway.gateway.call import Call
from tollway.gateway.claims import build_claims, combine
from tollway.gateway.context import Gateway
from tollway.gateway.limit_headers import refusal_headers, write_lines
from tollway.gateway.limit_levels import find_claims
from tollway.gateway.limit_refusals import refuse
from tollway.gateway.resolve import Plan
from tollway.gateway.room import NO_AMOUNTS, OUTPUT_TOKENS, TOTAL_TOKENS, Amounts, Claims, Hold, NoRoom
from tollway.gateway.snapshot import Compiled, Service
from tollway.gateway.subjects import Caller
from tollway.kernel.errors import TollwayError
from tollway.policy.price import output_tokens_bought
from tollway.policy.tariff import Tariff

OUTPUT_TOKENS_MIN = 16
"""The least output a capped call is worth; OpenAI's own minimum for output bounds."""
ESTIMATED_OUTPUT_TOKENS = 1_024
"""Reserved for an unbounded call where the setting says `estimate`, or where nothing that is limited needs a bound."""


class Admission(msgspec.Struct, frozen=True, gc=False):
    """Room for one call. `output_cap` is the bound on each choice that the gateway must set, None for none."""

    hold: Hold | None
    output_cap: int | None


_FREE = Admission(None, None)


def admit_free(caller: Caller, compiled: Compiled, call: Call, gw: Gateway, *, service_id: str = "") -> Hold | None:
    """Make room for a call that costs nothing but itself and the bytes of its body.

    Raises limit.requests, limit.concurrency, limit.bytes, budget.exhausted or gateway.meters_unavailable.
    """
    claims = caller.claims
    if compiled.limits is not None or claims.has_models:
        claims = find_claims(compiled.limits, caller, model=call.model, service_id=service_id)
    return _take_free(claims, call, gw) if claims.every else None


def admit_anonymous(service: Service, call: Call, gw: Gateway) -> Hold | None:
    """Make room for a call without a token, under the limits of its service alone. Raises as `admit_free`."""
    limits = service.record.limits
    if limits.is_empty:
        return None
    return _take_free(combine(build_claims(limits, "service", service.record.id)), call, gw)


def admit_ai(plan: Plan, caller: Caller, compiled: Compiled, call: Call, gw: Gateway) -> Admission:
    """Make room for an AI call, and reserve the most it can use of everything that is limited.

    Raises limit.requests, limit.concurrency, limit.tokens, limit.bytes, budget.exhausted, budget.unpriced,
    budget.unbounded or gateway.meters_unavailable. Nothing is held after an error.
    """
    claims = caller.claims
    if compiled.limits is not None or claims.has_models:
        claims = find_claims(compiled.limits, caller, model=plan.model.name)
    if not claims.is_amounts:
        return Admission(_take(claims, NO_AMOUNTS, NO_AMOUNTS, call, gw), None) if claims.every else _FREE
    tariffs = plan.priced()
    if tariffs is None:
        if claims.is_paid:
            raise TollwayError(
                "budget.unpriced",
                public=f"A budget applies, and `{plan.model.name[:200]}` has no known price.",
                param="model",
            )
        tariffs = []
    bounds = plan.bounds
    if bounds.output_tokens_max is not None:
        most = _most(tariffs, bounds.input_tokens_max, bounds.output_tokens_max, call)
        return Admission(_take(claims, most, most, call, gw), None)
    expected = ESTIMATED_OUTPUT_TOKENS * bounds.choices
    if not claims.is_bounded:
        most = _most(tariffs, bounds.input_tokens_max, expected, call)
        return Admission(_take(claims, most, most, call, gw), None)
    match claims.unbounded_output or compiled.unbounded_output:
        case "refuse":
            raise TollwayError("budget.unbounded", param="max_tokens")
        case "estimate":
            likely = _most(tariffs, bounds.input_tokens_estimate, expected, call)
            return Admission(_take(claims, likely, likely, call, gw), None)
        case _:
            return _admit_capped(plan, claims, compiled, call, gw)


def _admit_capped(plan: Plan, claims: Claims, compiled: Compiled, call: Call, gw: Gateway) -> Admission:
    """Reserve what the remainder buys, up to the model's own bound, and cap the output to that."""
    tariffs = plan.priced() or []
    inputs, choices = plan.bounds.input_tokens_max, plan.bounds.choices
    model_max = min((route.output_tokens_max or 2**31 for route in plan.model.routes), default=2**31)
    most = min(model_max, compiled.unbounded_output_tokens_max)
    least = min(OUTPUT_TOKENS_MIN, most)
    want, floor = _most(tariffs, inputs, most * choices, call), _most(tariffs, inputs, least * choices, call)
    hold = _take(claims, want, floor, call, gw)
    granted = hold.granted
    allowed = min(granted[OUTPUT_TOKENS], granted[TOTAL_TOKENS] - inputs)
    if claims.is_paid:
        allowed = min(allowed, *(output_tokens_bought(each.price, hold.granted_nanos, inputs) for each in tariffs))
    return Admission(hold, max(least, min(most, allowed // choices)))


def enter_provider(plan: Plan, place: int, call: Call, gw: Gateway) -> tuple[NoRoom, Amounts] | None:
    """Make room for an attempt at the provider of the route at `place`, and give up that of the attempt before.

    Returns which of its limits has none, and what was wanted. Raises gateway.meters_unavailable.
    """
    if call.attempt_hold is not None:
        # It brought no answer that was passed on: it was a request, and used nothing else.
        call.charges += tuple([each for each in gw.meters.settle(call.attempt_hold, NO_AMOUNTS) if each.nanos])
        call.attempt_hold = None
    claims = plan.model.routes[place].provider.claims
    if claims is None:
        return None
    want = NO_AMOUNTS
    if claims.is_amounts:
        tariff, bounds = plan.tariffs[place], plan.bounds
        outputs = bounds.output_tokens_max
        if outputs is None:
            outputs = ESTIMATED_OUTPUT_TOKENS * bounds.choices
        want = _most([] if tariff is None else [tariff], bounds.input_tokens_max, outputs, call)
        if call.hold is not None and call.hold.claims.is_bounded:
            want = _least(want, call.hold.granted)
    taken = gw.meters.admit(claims, want, want)
    if isinstance(taken, NoRoom):
        return taken, want
    call.attempt_hold = taken
    return None


def enter_kept(claims: Claims, call: Call, gw: Gateway) -> None:
    """Make room at the one provider that keeps what is asked for. Raises as `admit_free`."""
    want = (0, 0, 0, 0, 1, 1) if claims.is_amounts else NO_AMOUNTS
    taken = gw.meters.admit(claims, want, want)
    if isinstance(taken, NoRoom):
        raise refuse(taken, want, gw.now_ns())
    call.attempt_hold = taken


def _take_free(claims: Claims, call: Call, gw: Gateway) -> Hold:
    want = (0, 0, 0, 0, call.request_bytes or 1, 1) if claims.is_amounts else NO_AMOUNTS
    return _take(claims, want, want, call, gw)


def _take(claims: Claims, want: Amounts, floor: Amounts, call: Call, gw: Gateway) -> Hold:
    taken = gw.meters.admit(claims, want, floor)
    if isinstance(taken, NoRoom):
        # Raised as it is made: an error that a frame of its own traceback holds is not freed when it was handled.
        now_ns = gw.now_ns()
        raise refuse(taken, floor, now_ns, refusal_headers(taken, claims, call.dialect, now_ns))
    if claims.shown is not None:
        call.limit_lines = write_lines(taken, call.dialect, gw.now_ns)
    return taken


def _most(tariffs: Sequence[Tariff], inputs: int, outputs: int, call: Call) -> Amounts:
    """Return the most that a call with these bounds uses; money at the dearest of the tariffs."""
    if len(tariffs) == 1:
        cost = tariffs[0].worst_case(inputs, outputs)
    else:
        cost = max([tariff.worst_case(inputs, outputs) for tariff in tariffs], default=0)
    return cost, inputs, outputs, inputs + outputs, call.request_bytes or 1, 1


def _least(one: Amounts, other: Amounts) -> Amounts:
    cost, inputs, outputs, total, size, calls = [min(pair) for pair in zip(one, other, strict=True)]
    return cost, inputs, outputs, total, size, calls
