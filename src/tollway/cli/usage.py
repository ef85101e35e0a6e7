"""`tollway usage`: who used what, and at what cost."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import typer

from tollway.cli.answers import checked
from tollway.cli.instants import parse_since
from tollway.cli.output import cell
from tollway.cli.session import Session, command

Format = Literal["table", "json", "csv"]
Interval = Literal["minute", "hour", "day"]
Order = Literal["calls", "cost", "tokens", "errors"]
DIMENSIONS = ("token", "application", "team", "service", "model", "provider", "operation", "status", "outcome")

SINCE = Annotated[str, typer.Option("--since", metavar="WHEN", help="24h, 7d, 2026-11-01 or an RFC 3339 instant.")]

_COLUMNS = {
    "calls": "calls",
    "refused": "refused",
    "client_errors": "4xx",
    "server_errors": "5xx",
    "input_tokens": "tokens in",
    "output_tokens": "tokens out",
    "cost_usd": "USD",
    "unpriced_calls": "unpriced",
    "duration_p50_ms": "p50 ms",
    "duration_p95_ms": "p95 ms",
}


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    command(app, "usage")(usage)


def usage(
    session: Session,
    *,
    by: Annotated[str, typer.Option("--by", metavar="LIST", help=f"One or more of {', '.join(DIMENSIONS)}.")] = "model",
    since: SINCE = "24h",
    until: Annotated[str | None, typer.Option("--until", metavar="WHEN", help="The end; default now.")] = None,
    interval: Annotated[Interval | None, typer.Option("--interval", help="One row for each of these too.")] = None,
    where: Annotated[
        list[str] | None, typer.Option("--where", metavar="DIM=ID", help="Only this token, model, … Repeatable.")
    ] = None,
    order: Annotated[Order, typer.Option("--order", help="The largest of these come first.")] = "calls",
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="The most rows.")] = 200,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = "table",
) -> None:
    """Sum calls, tokens and cost. Unpriced calls are counted, not taken for free; instants are UTC.

    Example: tollway usage --by token,model --since 7d --format csv
    """
    query: dict[str, object] = {"by": _dimensions(by), "since": since_instant(since), "limit": limit}
    query["order"] = order
    query["until"] = since_instant(until, "--until") if until is not None else None
    query["interval"] = interval
    query.update(filters(where))
    if form == "csv" and not session.output.as_json:
        print(checked(session.send("GET", "/usage.csv", query=query)).body.decode(), end="")
        return
    answer = session.call("GET", "/usage", query=query)
    if form == "json" or session.output.as_json:
        session.output.json(answer)
        return
    _print_table(session, by.split(","), answer)


def since_instant(text: str, flag: str = "--since") -> str:
    """Read an instant in the past. Raises a usage error that names the flag."""
    try:
        return parse_since(text, datetime.now(UTC))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=flag) from error


def _dimensions(text: str) -> str:
    chosen = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in chosen if name not in DIMENSIONS]
    if unknown:
        raise typer.BadParameter(f"not something to sum by: {unknown[0]!r}", param_hint="--by")
    return ",".join(chosen)


def filters(where: list[str] | None) -> dict[str, object]:
    """Read DIMENSION=ID of `--where`. Raises a usage error that names the flag."""
    chosen: dict[str, object] = {}
    for text in where or ():
        name, equals, value = text.partition("=")
        if not equals or name not in DIMENSIONS:
            raise typer.BadParameter(f"write DIMENSION=ID, not {text!r}", param_hint="--where")
        chosen[name] = value
    return chosen


def _print_table(session: Session, by: list[str], answer: dict[str, Any]) -> None:
    items = answer["items"]
    if not items:
        session.output.line("no calls in this time")
        return
    has_start = items[0].get("start") is not None
    headings = (["start"] if has_start else []) + [name.strip() for name in by] + list(_COLUMNS.values())
    rows = []
    for item in items:
        names = [cell(item["labels"].get(key) or item["keys"].get(key)) for key in (name.strip() for name in by)]
        rows.append(([item["start"]] if has_start else []) + names + [cell(item.get(field)) for field in _COLUMNS])
    session.output.table(headings, rows)
    if answer.get("is_cut"):
        session.output.note("there are more rows; raise --limit or narrow the time")
