"""How a caller is told that a limit or a budget is used up: which one, whose, and when there is room again.

Law: every refusal names the rule and its level. Names of limits are meant to be read by those they hold; ids are not.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from tollway.contract.limits import Measure
from tollway.gateway.room import Amounts, Claim, NoRoom
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.errors import TollwayError
from tollway.kernel.money import format_usd
from tollway.policy.budget import period_end_ns

_CODES: dict[Measure, str] = {
    "requests": "limit.requests",
    "concurrency": "limit.concurrency",
    "input_tokens": "limit.tokens",
    "output_tokens": "limit.tokens",
    "total_tokens": "limit.tokens",
    "bytes": "limit.bytes",
    "cost": "budget.exhausted",
}
_UNITS: dict[Measure, str] = {
    "requests": "calls",
    "input_tokens": "input tokens",
    "output_tokens": "output tokens",
    "total_tokens": "tokens",
    "bytes": "bytes",
}
MODELS_SHOWN = 5


def refuse(no_room: NoRoom, floor: Amounts, now_ns: int, headers: Mapping[str, str] | None = None) -> TollwayError:
    """Return the refusal of a call that needs at least `floor`. Retry-After is never longer than a sliding window."""
    claim, wait = no_room.claim, no_room.retry_after_seconds
    if claim.window_seconds and wait is not None:
        # The count looks back a bucket beyond the window, but nobody is told to wait longer than the window.
        wait = min(wait, claim.window_seconds)
    if claim.measure == "concurrency":
        text = f"{_name(claim)} allows {no_room.limit} calls at a time."
        return TollwayError("limit.concurrency", public=text, retry_after_seconds=wait or 1.0, headers=headers)
    code = "budget.exhausted" if claim.is_budget else _CODES[claim.measure]
    if claim.measure == "requests":
        text = f"{_name(claim)} allows {no_room.limit} calls {_time(claim)}"
    else:
        need = floor[claim.unit]
        text = f"{_name(claim)} allows {_amount(claim, no_room.limit)} {_time(claim)} and has "
        text += f"{_amount(claim, no_room.remaining)} left; this call may use {_amount(claim, need)}"
        text += ", more than it ever allows" if need > no_room.limit else ""
    text = f"{text}; {_until(claim, wait, now_ns)}."
    return TollwayError(code, public=text, retry_after_seconds=wait, headers=headers)


def _name(claim: Claim) -> str:
    kind = "budget" if claim.is_budget or claim.measure == "cost" else "limit"
    owner = "this installation" if claim.owner_kind == "global" else f"this {claim.owner_kind}"
    plan = f" in the plan `{claim.plan}`" if claim.plan else ""
    share = f" for {_listed(claim.models)}" if claim.models else ""
    return f"The {kind} `{claim.name}` of {owner}{plan}{share}"


def _listed(models: tuple[str, ...]) -> str:
    more = f" and {len(models) - MODELS_SHOWN} more" if len(models) > MODELS_SHOWN else ""
    return ", ".join(f"`{model}`" for model in models[:MODELS_SHOWN]) + more


def _amount(claim: Claim, amount: int) -> str:
    return f"{format_usd(amount)} USD" if claim.measure == "cost" else f"{amount} {_UNITS[claim.measure]}"


def _time(claim: Claim) -> str:
    if claim.window_seconds:
        return f"in {claim.window_seconds} s"
    zone = "" if claim.zone == "UTC" else f" ({claim.zone})"
    return "in all" if claim.period == "total" else f"each {claim.period}{zone}"


def _until(claim: Claim, wait: float | None, now_ns: int) -> str:
    if claim.window_seconds:
        at_ns = now_ns + round((claim.window_seconds if wait is None else wait) * NANOS_PER_SECOND)
        return f"it has {'all of its' if wait is None else ''} room again at {_instant(at_ns)}".replace("  ", " ")
    if claim.period == "total":
        return "it does not reset"
    return f"it resets at {_instant(period_end_ns(claim.period, now_ns, claim.zone))}"


def _instant(at_ns: int) -> str:
    return f"{datetime.fromtimestamp(-(-at_ns // NANOS_PER_SECOND), UTC):%Y-%m-%dT%H:%M:%SZ}"
