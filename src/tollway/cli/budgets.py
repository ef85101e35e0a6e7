"""`tollway limit` and `tollway budget`: limits of every level, and more for a while.

An owner is `token:ci`, `application:shop`, `team:payments`, `user:ada`, `service:weather`, `provider:openai`,
`model:gpt-4o` or `global`, by name or id.
"""

from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

import typer

from tollway.cli.answers import CommandError, ExitCode, decoded
from tollway.cli.find import find_one
from tollway.cli.instants import parse_expiry
from tollway.cli.limits import (
    RPM,
    Budget,
    Concurrency,
    Limit,
    build_limits,
    meter_lines,
    replaced_budgets,
    show_limit,
    show_limits,
)
from tollway.cli.session import Session, command
from tollway.control.limits.parse import parse_count
from tollway.kernel.money import format_usd, parse_usd

OwnerArgument = Annotated[
    str,
    typer.Argument(
        metavar="OWNER",
        help="global, or token:, application:, team:, user:, service:, provider: or model: and a name or id.",
    ),
]
BudgetArgument = Annotated[str, typer.Argument(metavar="BUDGET", help="Name of the budget or limit, such as month.")]
AmountArgument = Annotated[
    str, typer.Argument(metavar="AMOUNT", help="USD such as 5; tokens, calls or bytes such as 2M for what is no money.")
]
For = Annotated[str, typer.Option("--for", metavar="WHEN", help="How long: 24h, 3d, a date or an instant.")]
Level = Annotated[str | None, typer.Option("--level", help="Only this: global, team, user, service, model, provider.")]
_KINDS = {"token": "tokens", "application": "applications", "team": "teams", "user": "users", "service": "services",
          "provider": "providers"}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    limits = typer.Typer(name="limit", help="Limits and budgets of every level.", no_args_is_help=True)
    app.add_typer(limits)
    command(limits, "list")(list_limits)
    command(limits, "show")(show_owner)
    command(limits, "set")(set_limits)
    command(limits, "clear")(clear_limits)
    budgets = typer.Typer(name="budget", help="Budgets near their end, and top-ups.", no_args_is_help=True)
    app.add_typer(budgets)
    command(budgets, "list")(list_budgets)
    command(budgets, "top-up")(top_up)
    command(budgets, "end-top-up")(end_top_up)


def list_limits(session: Session, *, level: Level = None) -> None:
    """List who has limits beside tokens, applications and plans, which show theirs themselves.

    Example: tollway limit list --level team
    """
    items = session.call("GET", "/limits", query={"level": level})["items"]
    if not session.output.as_json:
        items = [{**item, "limits": show_limits(item["limits"])} for item in items]
    columns = {"level": "level", "owner_name": "owner", "owner_id": "id", "limits": "limits"}
    session.output.rows(items, columns, empty="no limits; give some with: tollway limit set team:NAME --rpm 600")


def show_owner(session: Session, owner: OwnerArgument) -> None:
    """Show the limits of an owner and how much of them is used.

    Example: tollway limit show team:payments
    """
    path = _path(session, owner)
    found = session.call("GET", path)
    answer = session.send("GET", f"{path}/meters")
    meters: dict[str, Any] | None = None if answer.status == 503 else decoded(answer)
    if session.output.as_json:
        session.output.json({**found, "meters": meters})
        return
    session.output.fields({**found, "limits": show_limits(found["limits"])})
    for limit in (*found["limits"]["budgets"], *found["limits"]["limits"]):
        for extra in limit["top_ups"]:
            more = extra["amount_usd"] or extra["amount"]
            session.output.line(f"top-up {extra['id']} of {limit['name']}: {more} more until {extra['ends_at']}")
    show_meters(session, meters)


def set_limits(
    session: Session,
    owner: OwnerArgument,
    *,
    rpm: RPM = None,
    concurrency: Concurrency = None,
    budget: Budget = None,
    limit: Limit = None,
) -> None:
    """Give an owner these limits instead of those it has. What was spent stays spent, and top-ups stay.

    Example: tollway limit set team:payments --rpm 600 --budget 200/month --limit tokens=1M/1h
    """
    limits = build_limits(rpm, concurrency, budget, limit)
    if not limits:
        raise CommandError(ExitCode.USAGE, "say which limits, such as --rpm 60; `tollway limit clear` takes all away")
    path = _path(session, owner)
    before = session.call("GET", path)
    after = session.call("PUT", path, body=limits)
    _show(session, after)
    if note := replaced_budgets(before["limits"], after["limits"]):
        session.output.note(note)


def clear_limits(session: Session, owner: OwnerArgument) -> None:
    """Take all limits of an owner away.

    Example: tollway limit clear team:payments
    """
    _show(session, session.call("PUT", _path(session, owner), body={}))


def list_budgets(
    session: Session,
    *,
    percent: Annotated[int, typer.Option("--percent", metavar="N", min=0, help="Used to N percent and more.")] = 0,
    everything: Annotated[bool, typer.Option("--all-limits", help="Also limits that are no budgets.")] = False,
) -> None:
    """List budgets of all levels, fullest first, with when each will be used up at the pace of recent days.

    Example: tollway budget list --percent 80
    """
    query = {"percent": percent, "budgets_only": str(not everything).lower(), "limit": 200}
    items = session.call("GET", "/budgets", query=query)["items"]
    if not session.output.as_json:
        items = [_used_row(item) for item in items]
    columns = {"level": "level", "owner_name": "owner", "name": "budget", "used": "used", "allowed": "of",
               "unit": "unit", "percent": "%", "used_up_at": "used up"}  # fmt: skip
    session.output.rows(items, columns, empty="no budget is in use")


def top_up(
    session: Session,
    owner: OwnerArgument,
    budget: BudgetArgument,
    amount: AmountArgument,
    *,
    lasting: For,
) -> None:
    """Allow more on a budget or limit for a while. It ends by itself.

    Example: tollway budget top-up token:ci month 5 --for 3d
    """
    path = _path(session, owner)
    limits = session.call("GET", path)["limits"]
    body = {"limit": budget, **_amount(amount, _is_money(limits, budget)), "ends_at": _until(lasting)}
    _show(session, session.call("POST", f"{path}/top-ups", body=body))


def end_top_up(
    session: Session,
    owner: OwnerArgument,
    top_up_id: Annotated[str, typer.Argument(metavar="TOP-UP", help="Its id, as `tollway limit show` prints it.")],
) -> None:
    """End a top-up now.

    Example: tollway budget end-top-up token:ci top_0123456789abcdef
    """
    path = _path(session, owner)
    session.call("DELETE", f"{path}/top-ups/{quote(top_up_id, safe='')}")
    _show(session, session.call("GET", path))


def show_meters(session: Session, meters: dict[str, Any] | None) -> None:
    """Print how much of some limits is used, a line each."""
    if meters is None:
        session.output.note("what is left of its limits is not known while the meters cannot be read")
        return
    for line in meter_lines(meters):
        session.output.line(line)


def _used_row(item: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the table: the plan that a limit is from stands after its name."""
    meter = item["meter"]
    name = f"{meter['name']} (plan {item['plan_name']})" if item["plan_name"] else meter["name"]
    end = "now" if item["percent"] >= 100 else item["used_up_at"]
    return {**item, **meter, "name": name, "used_up_at": end}


def _path(session: Session, owner: str) -> str:
    level, _, reference = owner.partition(":")
    if level == "global" and not reference:
        return "/limits/global/global"
    if level == "model" and reference:
        return f"/limits/model/{quote(reference.replace('/', '~'), safe='')}"
    if level not in _KINDS or not reference:
        kinds = ", ".join(f"{kind}:" for kind in (*_KINDS, "model"))
        raise CommandError(ExitCode.USAGE, f"not an owner: {owner!r} (write global, or one of {kinds} and a name)")
    return f"/limits/{level}/{find_one(session, _KINDS[level], reference)['id']}"


def _is_money(limits: dict[str, Any], name: str) -> bool:
    """Whether the limit of that name is in USD; of one that does not exist the console says so."""
    for limit in (*limits["budgets"], *limits["limits"]):
        if name in (limit["name"], limit["id"]):
            return limit.get("limit_usd") is not None or limit.get("amount_usd") is not None
    return False


def _amount(text: str, is_money: bool) -> dict[str, Any]:
    try:
        return {"amount_usd": format_usd(parse_usd(text))} if is_money else {"amount": parse_count(text)}
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="AMOUNT") from error


def _until(text: str) -> str:
    try:
        until = parse_expiry(text, datetime.now(UTC))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--for") from error
    if until is None:
        raise typer.BadParameter("a top-up ends; raise the budget itself instead", param_hint="--for")
    return until


def _show(session: Session, owned: dict[str, Any]) -> None:
    if session.output.as_json:
        session.output.json(owned)
        return
    session.output.line(f"{owned['owner_name']}: {show_limits(owned['limits'])}")
    for limit in (*owned["limits"]["budgets"], *owned["limits"]["limits"]):
        for extra in limit["top_ups"]:
            more = f"{extra['amount_usd']} USD" if extra["amount_usd"] else extra["amount"]
            session.output.line(f"  {show_limit(limit)}: {more} more until {extra['ends_at']} ({extra['id']})")
