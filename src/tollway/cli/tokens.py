"""`tollway token`: issue, list, show, rename, switch off and on; what becomes of one is in `token_life`."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from tollway.cli.answers import decoded
from tollway.cli.budgets import show_meters
from tollway.cli.find import Search, find_id, find_one, switch
from tollway.cli.instants import parse_expiry
from tollway.cli.limits import RPM, Budget, Concurrency, Limit, build_limits, show_limits
from tollway.cli.rights import register_on_tokens
from tollway.cli.roles import read_right
from tollway.cli.session import Session, command
from tollway.cli.token_life import register_life

TokenArgument = Annotated[str, typer.Argument(metavar="TOKEN", help="Name, id or masked form of the token.")]
_LISTED = {"id": "id", "name": "name", "state": "state", "application_name": "application", "limits": "limits",
           "expires_at": "expires", "last_used_at": "last used"}  # fmt: skip

Model = Annotated[list[str] | None, typer.Option("--model", metavar="MODEL", help="Allow this model only. Repeatable.")]
Service = Annotated[
    list[str] | None, typer.Option("--service", metavar="SERVICE", help="Allow this service only. Repeatable.")
]
Application = Annotated[
    str | None, typer.Option("--application", metavar="APP", help="Owner: an application's name or id.")
]
Expires = Annotated[
    str | None,
    typer.Option("--expires", metavar="WHEN", help="90d, 12h, 2027-01-31, an RFC 3339 instant, or never; default 90d."),
]
NewExpiry = Annotated[
    str | None, typer.Option("--expires", metavar="WHEN", help="90d, 2027-01-31, an RFC 3339 instant, or never.")
]
Environment = Annotated[
    str | None, typer.Option("--environment", metavar="KIND", help="live or test: what it reaches; default live.")
]
Account = Annotated[
    str | None, typer.Option("--account", metavar="ACCOUNT", help="Owner: a service account's name or id.")
]
Scope = Annotated[
    list[str] | None,
    typer.Option(
        "--scope",
        metavar="PERMISSION:REACH",
        help="What it may do at the management API, as far as its service account may. Repeatable.",
    ),
]
State = Annotated[
    str | None,
    typer.Option("--state", help="Only these: active, disabled, quarantined, not_yet_valid, revoked or expired."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(name="token", help="Bearer tokens of applications.", no_args_is_help=True)
    app.add_typer(group)
    command(group, "issue")(issue)
    command(group, "list")(list_tokens)
    command(group, "show")(show)
    command(group, "rename")(rename)
    command(group, "change")(change)
    command(group, "disable")(disable)
    command(group, "enable")(enable)
    register_life(group)
    register_on_tokens(group)


def issue(
    session: Session,
    *,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What the token is for.")],
    model: Model = None,
    service: Service = None,
    application: Application = None,
    account: Account = None,
    scope: Scope = None,
    environment: Environment = None,
    expires: Expires = None,
    rpm: RPM = None,
    concurrency: Concurrency = None,
    budget: Budget = None,
    limit: Limit = None,
) -> None:
    """Issue a token. Its secret is printed once and cannot be read again.

    Example: tollway token issue --name ci --model gpt-4o-mini --rpm 60 --budget 5/month --json
    """
    body: dict[str, Any] = {"name": name, "limits": build_limits(rpm, concurrency, budget, limit)}
    if model:
        body["models"] = model
    if service:
        body["services"] = service
    if expires is not None:
        body["expires_at"] = _expiry(expires)
    if application is not None:
        body["application_id"] = find_id(session, "applications", application)
    if account is not None:
        body["owner_id"] = find_id(session, "service-accounts", account)
    if scope:
        body["scopes"] = [read_right(text) for text in scope]
    if environment is not None:
        body["environment"] = environment
    token = session.call("POST", "/tokens", body=body)
    if session.output.as_json:
        session.output.json(token)
        return
    session.output.line(token["token"])
    until = f"works until {token['expires_at']}" if token["expires_at"] else "never expires"
    session.output.note(f"{token['name']} ({token['id']}) {until}. This is the only time the token is shown.")


def list_tokens(
    session: Session, *, state: State = None, application: Application = None, search: Search = None
) -> None:
    """List tokens, newest first. Secrets are not stored and not shown.

    Example: tollway token list --state active
    """
    query = {"state": state, "application_id": find_id(session, "applications", application), "search": search}
    tokens = session.items("/tokens", query)
    if not session.output.as_json:
        tokens = ({**token, "limits": show_limits(token["limits"])} for token in tokens)
    session.output.rows(tokens, _LISTED, empty="no tokens; make one with: tollway token issue --name NAME")


def show(session: Session, token: TokenArgument) -> None:
    """Show one token and what is left of its limits.

    Example: tollway token show ci
    """
    found = find_one(session, "tokens", token)
    meters = _find_meters(session, found["id"])
    if session.output.as_json:
        session.output.json({**found, "meters": meters})
        return
    session.output.fields({**found, "limits": show_limits(found["limits"])})
    show_meters(session, meters)


def _find_meters(session: Session, token_id: str) -> dict[str, Any] | None:
    """Return the token's meters; None before a worker has made them, since a token can be shown all the same."""
    answer = session.send("GET", f"/tokens/{token_id}/meters")
    if answer.status == 503:
        return None
    meters: dict[str, Any] = decoded(answer)
    return meters


def rename(
    session: Session, token: TokenArgument, name: Annotated[str, typer.Argument(metavar="NAME", help="The new name.")]
) -> None:
    """Give a token another name.

    Example: tollway token rename ci nightly
    """
    found = find_one(session, "tokens", token)
    session.output.fields(session.call("PATCH", f"/tokens/{found['id']}", body={"name": name}))


def change(
    session: Session,
    token: TokenArgument,
    *,
    model: Model = None,
    service: Service = None,
    application: Application = None,
    scope: Scope = None,
    expires: NewExpiry = None,
) -> None:
    """Change what is named; --model, --service and --scope replace all that was allowed before, and `all` allows any.

    Limits: `tollway limit set`; plans: `tollway plan assign`; everything else it may do: `tollway token rights`.

    Example: tollway token change ci --expires 30d --model gpt-4o-mini
    """
    found = find_one(session, "tokens", token)
    body: dict[str, Any] = {
        kind: None if "all" in names else names for kind, names in (("models", model), ("services", service)) if names
    }
    if application is not None:
        body["application_id"] = find_id(session, "applications", application)
    if scope:
        body["scopes"] = [read_right(text) for text in scope]
    if expires is not None:
        body["expires_at"] = _expiry(expires)
    session.output.fields(session.call("PATCH", f"/tokens/{found['id']}", body=body))


def disable(session: Session, token: TokenArgument) -> None:
    """Switch a token off for now; calls with it are refused from the next one on.

    Example: tollway token disable ci
    """
    switch(session, "tokens", token, "disable")


def enable(session: Session, token: TokenArgument) -> None:
    """Switch a disabled token on again.

    Example: tollway token enable ci
    """
    switch(session, "tokens", token, "enable")


def _expiry(text: str) -> str | None:
    try:
        return parse_expiry(text, datetime.now(UTC))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--expires") from error
