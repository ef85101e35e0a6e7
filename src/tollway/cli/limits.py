"""Limits from flags: `--rpm 60 --concurrency 5 --budget 5/month --limit tokens=100k/1m`, as the management API takes
them, and limits in one line.
"""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import typer

from tollway.control.limits.model import BudgetRule, LimitRule
from tollway.control.limits.parse import parse_budget, parse_limit, per_minute
from tollway.kernel.money import format_usd

T = TypeVar("T")

RPM = Annotated[int | None, typer.Option("--rpm", metavar="N", min=1, help="At most N calls in any minute.")]
Concurrency = Annotated[int | None, typer.Option("--concurrency", metavar="N", min=1, help="At most N calls at once.")]
Budget = Annotated[
    list[str] | None,
    typer.Option(
        "--budget",
        metavar="USD/PERIOD",
        help="Such as 5/month, '2M tokens/day', 5/month@Europe/Paris or 5/7d:soft; hour, day, week, month, total, or a "
        "duration, which slides; with ' for gpt-* opus' only calls for these count; after NAME= the budget of that "
        "name, with what it has spent. Repeatable.",
    ),
]
Limit = Annotated[
    list[str] | None,
    typer.Option(
        "--limit",
        metavar="MEASURE=N/WINDOW",
        help="Such as tokens=100k/1m, bytes=1G/day@Europe/Paris or cost=0.5/1h:soft; requests, input_tokens, "
        "output_tokens, total_tokens, cost, bytes, concurrency; with ' for gpt-* opus' only calls for these count. "
        "Repeatable.",
    ),
]


def build_limits(
    rpm: int | None, concurrency: int | None, budgets: list[str] | None, limits: list[str] | None = None
) -> dict[str, Any]:
    """Return the API's form of the flags; empty when none was given. Raises a usage error that names the flag."""
    found: dict[str, Any] = {}
    if rpm is not None:
        rule = per_minute(rpm)
        found["requests"] = [{"name": rule.name, "requests": rule.requests, "window_seconds": rule.window_seconds}]
    if concurrency is not None:
        found["concurrency"] = {"calls": concurrency}
    if budgets:
        found["budgets"] = [_budget(_parsed(text, parse_budget, "--budget")) for text in budgets]
    if limits:
        found["limits"] = [_limit(_parsed(text, parse_limit, "--limit")) for text in limits]
    return found


def replaced_budgets(before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    """Say which budgets were put away while others came, which do not go on from them; "" where none were."""
    old, new = ({budget["name"] for budget in (limits or {}).get("budgets") or ()} for limits in (before, after))
    if not old - new or not new - old:
        return ""
    gone, come = sorted(old - new), sorted(new - old)
    return (
        f"what {_listed(gone)} spent does not count against {_listed(come)}; "
        f"for that, write it as --budget '{gone[0]}=AMOUNT/PERIOD'"
    )


def show_limits(limits: dict[str, Any] | None) -> str:
    """Write limits in one line, in the words of the flags."""
    if not limits:
        return "-"
    parts = [f"{rule['requests']}/{rule['window_seconds']}s" for rule in limits.get("requests") or ()]
    if limits.get("concurrency"):
        parts.append(f"{limits['concurrency']['calls']} at once")
    parts += [show_limit(budget) for budget in limits.get("budgets") or ()]
    parts += [show_limit(limit) for limit in limits.get("limits") or ()]
    return ", ".join(parts) or "-"


def show_limit(limit: dict[str, Any]) -> str:
    """Write one budget or limit, as the API shows it."""
    usd = limit.get("limit_usd") or limit.get("amount_usd")
    if usd is not None:
        text = f"{usd} USD"
    else:
        count = limit["amount"] if limit.get("amount") is not None else limit.get("limit_tokens")
        text = f"{count} {str(limit.get('measure', 'tokens')).replace('_', ' ')}"
    window = limit.get("period") or (f"{limit['window_seconds']}s" if limit.get("window_seconds") else "")
    zone = limit.get("zone", "UTC")
    text += (f"/{window}" if window else "") + (f"@{zone}" if zone != "UTC" else "")
    if limit.get("models"):
        text += f" for {' '.join(limit['models'])}"
    return text + (" (soft)" if limit.get("soft") else "")


def meter_lines(meters: dict[str, Any]) -> list[str]:
    """Write how much of each limit is used, a line each; `meters` as the API answers them."""
    return [_meter_line(meter) for meter in meters["every"]]


def _meter_line(meter: dict[str, Any]) -> str:
    unit = "USD" if meter["unit"] == "usd" else meter["unit"]
    if meter["measure"] == "concurrency":
        when = " at once"
    elif meter["window_seconds"]:
        when = f" in {meter['window_seconds']} s"
    else:
        when = " in all" if meter["period"] == "total" else f", all there again at {meter['resets_at']}"
    held = f" and {meter['reserved']} held" if float(meter["reserved"]) else ""
    share = f" for {' '.join(meter['models'])}" if meter["models"] and " for " not in meter["name"] else ""
    soft = " (soft)" if meter["soft"] else ""
    return f"{meter['name']}{share}: {meter['used']}{held} of {meter['allowed']} {unit}{when}{soft}"


def _budget(rule: BudgetRule) -> dict[str, Any]:
    is_money = rule.unit == "cost"
    amount = {"limit_usd": format_usd(rule.amount)} if is_money else {"limit_tokens": rule.amount}
    soft = {"soft": True} if rule.is_soft else {}
    return {"name": rule.name, **amount, **_window(rule), **_zone(rule), **_models(rule), **soft}


def _limit(rule: LimitRule) -> dict[str, Any]:
    amount = {"amount_usd": format_usd(rule.amount)} if rule.measure == "cost" else {"amount": rule.amount}
    more = {**_window(rule), **_zone(rule), **_models(rule)}
    return {"name": rule.name, "measure": rule.measure, **amount, **more, "soft": rule.is_soft}


def _listed(names: list[str]) -> str:
    return " and ".join(f"budget `{name}`" for name in names)


def _window(rule: BudgetRule | LimitRule) -> dict[str, Any]:
    return {"period": rule.period} if rule.period else {"window_seconds": rule.window_seconds}


def _zone(rule: BudgetRule | LimitRule) -> dict[str, str]:
    return {} if rule.zone == "UTC" else {"zone": rule.zone}


def _models(rule: BudgetRule | LimitRule) -> dict[str, list[str]]:
    return {"models": list(rule.models)} if rule.models else {}


def _parsed(text: str, parse: Callable[[str], T], flag: str) -> T:
    try:
        return parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=flag) from error
