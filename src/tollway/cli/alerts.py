"""`tollway alert`: what fired of budgets, limits and providers."""

from typing import Annotated, Any, Literal

import typer

from tollway.cli.session import Session, command

AlertArguments = Annotated[list[str], typer.Argument(metavar="ALERT", help="Ids of alerts, alrt_….")]
State = Annotated[
    Literal["open", "acknowledged", "over", "all"], typer.Option("--state", help="Only these; default open.")
]
Kind = Annotated[Literal["budget", "limit", "provider"] | None, typer.Option("--kind", help="Only of this kind.")]
Level = Annotated[str | None, typer.Option("--level", help="Only of this level, such as token, team or global.")]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="What there is to say; kept with the alert.")]
_LISTED = {"id": "id", "state": "state", "about": "about", "level": "level", "what": "what", "fired_at": "fired",
           "until": "until"}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(name="alert", help="What fired of budgets, limits and providers.", no_args_is_help=True)
    app.add_typer(group)
    command(group, "list")(list_alerts)
    command(group, "acknowledge")(acknowledge)
    command(group, "reopen")(reopen)


def list_alerts(session: Session, *, state: State = "open", kind: Kind = None, level: Level = None) -> None:
    """List alerts, newest first.

    Example: tollway alert list --kind budget
    """
    query = {"state": None if state == "all" else state, "kind": kind, "level": level}
    _show(session, list(session.items("/alerts", query)), empty="no alerts")


def acknowledge(session: Session, alerts: AlertArguments, *, note: Note = "") -> None:
    """Say that alerts were looked at: all of them or none.

    Example: tollway alert acknowledge alrt_0123456789abcdef --note "asked for a top-up"
    """
    _show(session, session.call("POST", "/alerts/acknowledge", body={"ids": alerts, "note": note})["items"])


def reopen(session: Session, alerts: AlertArguments) -> None:
    """Take back that alerts were looked at.

    Example: tollway alert reopen alrt_0123456789abcdef
    """
    _show(session, session.call("POST", "/alerts/reopen", body={"ids": alerts})["items"])


def _show(session: Session, alerts: list[dict[str, Any]], *, empty: str = "") -> None:
    if not session.output.as_json:
        alerts = [{**alert, "about": alert["owner_name"], "what": _what(alert)} for alert in alerts]
    session.output.rows(alerts, _LISTED, empty=empty)


def _what(alert: dict[str, Any]) -> str:
    if alert["kind"] == "provider":
        return "keys fail"
    unit = "USD" if alert["measure"] == "cost" else alert["measure"]
    return f"{alert['limit_name']}: {alert['percent']} % ({alert['used']} of {alert['allowed']} {unit})"
