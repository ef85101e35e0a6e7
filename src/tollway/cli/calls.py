"""`tollway call`: single calls, as the ledger has them."""

from itertools import islice
from typing import Annotated, Any

import typer

from tollway.cli.session import Session, command
from tollway.cli.usage import SINCE, filters, since_instant

CallArgument = Annotated[str, typer.Argument(metavar="REQUEST", help="The call's request id, such as req_….")]
Until = Annotated[str | None, typer.Option("--until", metavar="WHEN", help="The end; default now.")]
Where = Annotated[
    list[str] | None, typer.Option("--where", metavar="DIM=ID", help="Only of this token, model, … Repeatable.")
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many to show.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    calls = typer.Typer(name="call", help="Single calls.", no_args_is_help=True)
    app.add_typer(calls)
    command(calls, "list")(list_calls)
    command(calls, "show")(show_call)


def list_calls(
    session: Session, *, since: SINCE = "24h", until: Until = None, where: Where = None, limit: Limit = 50
) -> None:
    """List calls, newest first.

    Example: tollway call list --since 1h --where outcome=refused
    """
    query: dict[str, object] = {"since": since_instant(since), **filters(where)}
    query["until"] = since_instant(until, "--until") if until is not None else None
    columns = {"started_at": "started", "request_id": "request", "status": "status", "outcome": "outcome"}
    columns |= {"what": "model or service", "token_name": "token", "tokens": "tokens in / out", "cost_usd": "USD"}
    found = islice(session.items("/calls", query), limit)
    items = found if session.output.as_json else [_flat(item) for item in found]
    session.output.rows(items, columns, empty="no calls in this time")


def show_call(session: Session, request: CallArgument) -> None:
    """Show all that is known of one call: who, what, where it went, how long and at what price.

    Example: tollway call show req_0123456789abcdef
    """
    session.output.fields(session.call("GET", f"/calls/{request}"))


def _flat(call: dict[str, Any]) -> dict[str, Any]:
    usage = call["usage"] or {}
    tokens = f"{usage['input_tokens']} / {usage['output_tokens']}" if usage else None
    return {**call, "what": call["model"] or call["service_name"] or call["route"], "tokens": tokens}
