"""Limits from flags: `--rpm 60 --concurrency 5 --budget 5/month`, as the management API takes them."""

from typing import Annotated, Any

import typer

from tollway.control.limits.parse import parse_budget, per_minute
from tollway.kernel.money import format_usd

RPM = Annotated[int | None, typer.Option("--rpm", metavar="N", min=1, help="At most N calls in any minute.")]
Concurrency = Annotated[int | None, typer.Option("--concurrency", metavar="N", min=1, help="At most N calls at once.")]
Budget = Annotated[
    list[str] | None,
    typer.Option(
        "--budget", metavar="USD/PERIOD", help="Such as 5/month; hour, day, week, month or total. Repeatable."
    ),
]


def build_limits(rpm: int | None, concurrency: int | None, budgets: list[str] | None) -> dict[str, Any]:
    """Return the API's form of the flags; empty when none was given. Raises a usage error that names the flag."""
    limits: dict[str, Any] = {}
    if rpm is not None:
        rule = per_minute(rpm)
        limits["requests"] = [{"name": rule.name, "requests": rule.requests, "window_seconds": rule.window_seconds}]
    if concurrency is not None:
        limits["concurrency"] = {"calls": concurrency}
    if budgets:
        limits["budgets"] = [_budget(text) for text in budgets]
    return limits


def show_limits(limits: dict[str, Any] | None) -> str:
    """Write limits in one line, in the words of the flags."""
    if not limits:
        return "-"
    parts = [f"{rule['requests']}/{rule['window_seconds']}s" for rule in limits.get("requests") or ()]
    if limits.get("concurrency"):
        parts.append(f"{limits['concurrency']['calls']} at once")
    parts += [f"{budget['limit_usd']} USD/{budget['period']}" for budget in limits.get("budgets") or ()]
    return ", ".join(parts) or "-"


def _budget(text: str) -> dict[str, Any]:
    try:
        rule = parse_budget(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--budget") from error
    return {"name": rule.name, "limit_usd": format_usd(rule.limit_nanos), "period": rule.period}
