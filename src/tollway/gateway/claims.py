"""From limits to what a call needs from the meters.

Law: everything that follows from limits alone is worked out here, once, and remembered; a call only looks it up.
"""

from collections.abc import Iterable
from functools import lru_cache

from tollway.contract.limits import Limit, Limits, UnboundedOutput
from tollway.contract.rights import GROUP_PREFIX
from tollway.gateway.limit_headers import build_shown
from tollway.gateway.room import (
    BYTES,
    CALLS,
    COST,
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    TOTAL_TOKENS,
    Claim,
    ClaimKind,
    Claims,
)
from tollway.policy.meter_keys import meter_key, span_number, stripe_of
from tollway.policy.name_rules import NO_GROUPS, GroupBook, compile_names, fold
from tollway.policy.rate import bucket_ns

CHARGED_WINDOW_SECONDS = 86_400
"""Sliding windows from a day up outlive a power loss: call records say what was charged to them."""
_UNITS = {
    "cost": COST,
    "input_tokens": INPUT_TOKENS,
    "output_tokens": OUTPUT_TOKENS,
    "total_tokens": TOTAL_TOKENS,
    "bytes": BYTES,
    "requests": CALLS,
    "concurrency": CALLS,
}


@lru_cache(maxsize=4096)
def build_claims(limits: Limits, owner_kind: str, owner_id: str, plan: str = "") -> tuple[Claim, ...]:
    """Return one claim for each limit, in the order of `Limits.every`. All of an owner share one stripe.

    `plan` is the name of the plan that the limits are of, "" for the owner's own. Pure; remembered for those seen last.
    """
    return tuple([_claim(limit, owner_kind, owner_id, plan) for limit in limits.every()])


def combine(claims: Iterable[Claim], unbounded_output: UnboundedOutput | None = None) -> Claims:
    """Return all that calls with these claims need. Pure."""
    listed = tuple(claims)
    rates = tuple([claim for claim in listed if claim.kind == "rate"])
    others = tuple([claim for claim in listed if claim.kind != "rate"])
    every = rates + others
    hard = [claim for claim in every if not claim.is_soft]
    return Claims(
        every=every,
        rates=rates,
        others=others,
        units=tuple([claim.unit for claim in others if claim.is_charged]),
        stripes=tuple(sorted({claim.stripe for claim in every})),
        held_stripes=tuple(sorted({claim.stripe for claim in others if claim.kind != "count"})),
        is_amounts=any(claim.unit != CALLS for claim in every),
        is_paid=any(claim.unit == COST for claim in hard),
        is_bounded=any(claim.unit not in (CALLS, BYTES, INPUT_TOKENS) for claim in hard),
        has_models=any(claim.models for claim in every),
        unbounded_output=unbounded_output,
        shown=build_shown(every),
    )


def counts_for(claim: Claim, model: str, groups: GroupBook = NO_GROUPS) -> bool:
    """Whether a claim counts for a call that asks for `model`, "" for none.

    Read loosely, as a deny is: a name that an upstream takes for another must not slip past its limit.
    """
    if not claim.models:
        return True
    names = compile_names([text if text.startswith(GROUP_PREFIX) else fold(text) for text in claim.models])
    return bool(model) and names.find(fold(model), groups.folded) is not None


def _claim(limit: Limit, owner_kind: str, owner_id: str, plan: str) -> Claim:
    window = limit.window_seconds
    period = limit.period or "total"
    kind = _kind(limit)
    return Claim(
        key=meter_key(owner_id, limit.id),
        stripe=stripe_of(owner_id),
        kind=kind,
        measure=limit.measure,
        unit=_UNITS[limit.measure],
        limit=limit.amount,
        window_seconds=window,
        bucket_ns=bucket_ns(window) if window else 0,
        period=period,
        zone=limit.zone,
        span=span_number(period, limit.zone),
        name=limit.name,
        owner_kind=owner_kind,
        owner_id=owner_id,
        limit_id=limit.id,
        plan=plan,
        is_soft=limit.is_soft,
        is_budget=limit.is_budget,
        is_charged=kind in ("count", "amount") or (kind == "ring" and window >= CHARGED_WINDOW_SECONDS),
        top_ups=limit.top_ups,
        charge_id=f"{limit.id}~{window}" if window else limit.id,
        models=limit.models,
    )


def _kind(limit: Limit) -> ClaimKind:
    if limit.measure == "concurrency":
        return "slots"
    if limit.measure == "requests":
        return "rate" if limit.window_seconds else "count"
    return "ring" if limit.window_seconds else "amount"
