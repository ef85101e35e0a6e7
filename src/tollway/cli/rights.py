"""`tollway rights`; of tokens `rights`, `may` and `would-block`, which applications have as well.

Flags say what a part of the rights is to be; parts that no flag names stay as they are.
"""

from typing import Annotated, Any

import typer

from tollway.cli.answers import ExitCode
from tollway.cli.find import find_id, find_one
from tollway.cli.rights_flags import (
    AllowModel,
    AllowNetwork,
    AllowRoute,
    AllowService,
    Clear,
    DenyModel,
    DenyNetwork,
    DenyRoute,
    DenyService,
    Hours,
    NoImages,
    NoTools,
    OutputMax,
    Scope,
    Streaming,
    Watch,
    Zone,
    build_cleared,
    build_list,
    build_window,
)
from tollway.cli.rights_shown import show_parts
from tollway.cli.session import Session, command

_KINDS = {"team": "teams", "user": "users", "application": "applications", "plan": "plans", "token": "tokens"}
_WAYS = {"provider": "provider", "upstream_model": "model there", "reason": "why not"}
_BLOCKED = {"address": "address", "calls": "calls", "rule": "rule", "last_at": "last call"}
_SILENT = "it says nothing: all is permitted"

LevelArgument = Annotated[
    str, typer.Argument(metavar="LEVEL", help="installation, team, user, application, plan or token.")
]
OwnerArgument = Annotated[str | None, typer.Argument(metavar="OWNER", help="Name or id; none for the installation.")]
TokenArgument = Annotated[str, typer.Argument(metavar="TOKEN", help="Name, id or masked form of the token.")]
ApplicationArgument = Annotated[str, typer.Argument(metavar="APP", help="Name or id of the application.")]
Networks = Annotated[list[str] | None, typer.Option("--networks", metavar="CIDR", help="Blocks to allow. Repeatable.")]
Deny = Annotated[list[str] | None, typer.Option("--deny", metavar="CIDR", help="Blocks to deny. Repeatable.")]
Days = Annotated[int, typer.Option("--days", min=1, max=90, help="How many days to look back.")]
ModelOption = Annotated[str | None, typer.Option("--model", metavar="MODEL", help="The model asked for.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(name="rights", help="What callers may do, at every level.", no_args_is_help=True)
    app.add_typer(group)
    command(group, "show")(show)
    command(group, "set")(set_rights)


def register_on_tokens(group: typer.Typer) -> None:
    """Add the commands about one token's rights to the group of token commands."""
    command(group, "rights")(effective)
    command(group, "may")(may)
    command(group, "would-block")(would_block)


def register_on_applications(group: typer.Typer) -> None:
    """Add what an application's rights would do to its commands."""
    command(group, "would-block")(application_would_block)


def show(session: Session, level: LevelArgument, owner: OwnerArgument = None) -> None:
    """Show the rights that a level itself has.

    Example: tollway rights show application shop
    """
    found = session.call("GET", _path(session, level, owner))
    if session.output.as_json:
        session.output.json(found)
        return
    for line in show_parts(found["rights"]) or [_SILENT]:
        session.output.line(line)


def set_rights(
    session: Session,
    level: LevelArgument,
    owner: OwnerArgument = None,
    *,
    scope: Scope = None,
    allow_model: AllowModel = None,
    deny_model: DenyModel = None,
    allow_service: AllowService = None,
    deny_service: DenyService = None,
    allow_route: AllowRoute = None,
    deny_route: DenyRoute = None,
    allow_network: AllowNetwork = None,
    deny_network: DenyNetwork = None,
    watch: Watch = None,
    hours: Hours = None,
    zone: Zone = None,
    output_tokens_max: OutputMax = None,
    no_tools: NoTools = None,
    no_images: NoImages = None,
    streaming_only: Streaming = None,
    clear: Clear = None,
) -> None:
    """Say what a level may do. A list that is given replaces the one there was; the rest stays.

    Example: tollway rights set token ci --allow-model 'gpt-4o*' --hours 'mon-fri 09:00-17:30' --zone Europe/Berlin
    """
    path = _path(session, level, owner)
    before = session.call("GET", path)["rights"]
    lists = {
        "models": (allow_model, deny_model),
        "services": (allow_service, deny_service),
        "routes": (allow_route, deny_route),
        "networks": (allow_network, deny_network),
    }
    body: dict[str, Any] = {part: build_list(before[part], *given) for part, given in lists.items() if any(given)}
    if scope:
        body["scopes"] = scope
    if watch is not None:
        body["networks"] = {**body.get("networks", before["networks"]), "mode": "watch" if watch else "enforce"}
    if hours or zone is not None:
        windows = [build_window(text) for text in hours] if hours else before["hours"]["windows"]
        body["hours"] = {"zone": zone or before["hours"]["zone"], "windows": windows}
    flags = {
        "output_tokens_max": output_tokens_max,
        "no_tools": no_tools,
        "no_images": no_images,
        "streaming_only": streaming_only,
    }
    if any(value is not None for value in flags.values()):
        given_flags = {name: value for name, value in flags.items() if value is not None}
        body["parameters"] = {**before["parameters"], **given_flags}
    body |= build_cleared(before, clear)
    changed = session.call("PATCH", path, body=body)
    if session.output.as_json:
        session.output.json(changed)
        return
    for line in show_parts(changed["rights"]) or [_SILENT]:
        session.output.line(line)


def effective(session: Session, token: TokenArgument) -> None:
    """Show what a token may do: every set of rights that applies to it, and whose it is.

    Example: tollway token rights ci
    """
    found = find_one(session, "tokens", token)
    answer = session.call("GET", f"/tokens/{found['id']}/rights/effective")
    if session.output.as_json:
        session.output.json(answer)
        return
    if not answer["sources"]:
        session.output.line("no rights are set at any level: all is permitted")
    for source in answer["sources"]:
        level = "its own plain lists" if source["level"] == "lists" else f"{source['level']} {source['name']}".strip()
        session.output.line(f"{level}:")
        for line in show_parts(source["rights"]):
            session.output.line(f"  {line}")


def may(
    session: Session,
    token: TokenArgument,
    *,
    model: ModelOption = None,
    method: Annotated[str, typer.Option("--method", metavar="METHOD", help="Of the request.")] = "POST",
    path: Annotated[str | None, typer.Option("--path", metavar="PATH", help="At the gateway.")] = None,
    address: Annotated[str | None, typer.Option("--address", metavar="IP", help="The caller's.")] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="WHEN", help="An RFC 3339 instant; default now.")] = None,
    output_tokens: Annotated[int | None, typer.Option("--output-tokens", help="The bound it asks for.")] = None,
    tools: Annotated[bool, typer.Option("--tools", help="It brings tools.")] = False,
    images: Annotated[bool, typer.Option("--images", help="It brings pictures.")] = False,
    stream: Annotated[bool, typer.Option("--stream", help="It asks for a stream.")] = False,
) -> int:
    """Say whether a token may make a call, and which rule says no; exit code 1 is a no. Nothing is called.

    Example: tollway token may ci --model gpt-4o --address 192.0.2.7
    """
    found = find_one(session, "tokens", token)
    query = {"model": model, "method": method.upper(), "path": path, "address": address, "at": at,
             "output_tokens": output_tokens, "tools": _flag(tools), "images": _flag(images),
             "stream": _flag(stream)}  # fmt: skip
    verdict = session.call("GET", f"/tokens/{found['id']}/may", query=query)
    if session.output.as_json:
        session.output.json(verdict)
    elif verdict["allowed"]:
        session.output.line("yes")
        if verdict["watched"]:
            session.output.line(f"but it would be refused if networks were enforced: {verdict['watched']}")
    else:
        session.output.line(f"no: {verdict['reason']} ({verdict['code']})")
    if verdict["ways"] and not session.output.as_json:
        session.output.rows(verdict["ways"], _WAYS, empty="")
    return ExitCode.DONE if verdict["allowed"] else ExitCode.REFUSED


def would_block(
    session: Session, token: TokenArgument, *, networks: Networks = None, deny: Deny = None, days: Days = 7
) -> None:
    """Say who would have been blocked by these networks, from the calls of the last days. Nothing is changed.

    Example: tollway token would-block ci --networks 10.0.0.0/8 --days 7
    """
    _look_back(session, "tokens", token, {"allow": networks, "deny": deny, "days": days})


def application_would_block(
    session: Session, application: ApplicationArgument, *, networks: Networks = None, deny: Deny = None, days: Days = 7
) -> None:
    """Say who would have been blocked by these networks, of all the application's tokens. Nothing is changed.

    Example: tollway application would-block shop --deny 192.0.2.0/24
    """
    _look_back(session, "applications", application, {"allow": networks, "deny": deny, "days": days})


def _look_back(session: Session, kind: str, reference: str, query: dict[str, Any]) -> None:
    found = find_one(session, kind, reference)
    answer = session.call("GET", f"/{kind}/{found['id']}/would-block", query=query)
    if session.output.as_json:
        session.output.json(answer)
        return
    session.output.line(f"{answer['calls_blocked']} of {answer['calls_looked_at']} calls would have been blocked")
    if answer["addresses"]:
        session.output.rows(answer["addresses"], _BLOCKED, empty="")
    if answer["more_addresses"]:
        session.output.note(f"and {answer['more_addresses']} more addresses")
    if answer["calls_without_address"]:
        session.output.note(f"{answer['calls_without_address']} calls have no address on record")
    if answer["is_cut"]:
        session.output.note("older calls were not looked at: there are too many")


def _path(session: Session, level: str, owner: str | None) -> str:
    if level == "installation":
        if owner is not None:
            raise typer.BadParameter("the installation has no name: leave it out", param_hint="OWNER")
        return "/rights"
    if level not in _KINDS:
        raise typer.BadParameter(f"use installation, {', '.join(_KINDS)}", param_hint="LEVEL")
    if owner is None:
        raise typer.BadParameter(f"say which {level}", param_hint="OWNER")
    return f"/{_KINDS[level]}/{find_id(session, _KINDS[level], owner)}/rights"


def _flag(is_set: bool) -> str | None:
    return "true" if is_set else None
