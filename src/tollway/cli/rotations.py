"""`tollway rotation` and `tollway lifetime`: by which rules tokens get new secrets, and how long they may live."""

from typing import Annotated, Any

import typer

from tollway.cli.answers import CommandError, ExitCode
from tollway.cli.find import find_id
from tollway.cli.session import Session, command
from tollway.control.limits.parse import parse_duration_seconds

PolicyArgument = Annotated[str, typer.Argument(metavar="POLICY", help="Name or id of the policy.")]
_LISTED = {"id": "id", "name": "name", "state": "state", "scope": "scope", "scope_id": "of", "every_seconds": "every s",
           "overlap_seconds": "overlap s", "delivery": "delivery"}  # fmt: skip
_RULES = {"scope": "scope", "scope_id": "of", "default_seconds": "default s", "max_seconds": "at most s",
          "idle_seconds": "unused at most s"}  # fmt: skip
_DURATION = "TIME"


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    rotation = typer.Typer(name="rotation", help="Policies by which tokens get new secrets.", no_args_is_help=True)
    app.add_typer(rotation)
    command(rotation, "add")(add)
    command(rotation, "list")(list_policies)
    command(rotation, "disable")(disable)
    command(rotation, "enable")(enable)
    command(rotation, "remove")(remove)
    lifetime = typer.Typer(name="lifetime", help="Rules of how long tokens live.", no_args_is_help=True)
    app.add_typer(lifetime)
    command(lifetime, "set")(set_rule)
    command(lifetime, "list")(list_rules)
    command(lifetime, "remove")(remove_rule)


def add(
    session: Session,
    *,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What the policy is called.")],
    every: Annotated[str, typer.Option("--every", metavar=_DURATION, help="Time between two rotations: 30d.")],
    overlap: Annotated[
        str, typer.Option("--overlap", metavar=_DURATION, help="How long the old secret works; default 1d.")
    ] = "1d",
    token: Annotated[str | None, typer.Option("--token", metavar="TOKEN", help="Of this token.")] = None,
    application: Annotated[str | None, typer.Option("--application", metavar="APP", help="Of its tokens.")] = None,
    team: Annotated[str | None, typer.Option("--team", metavar="TEAM", help="Of its applications' tokens.")] = None,
    webhook: Annotated[
        str | None,
        typer.Option("--webhook", metavar="WEBHOOK", help="Tell this webhook that the secret is to be collected."),
    ] = None,
    mail: Annotated[bool, typer.Option("--mail", help="Send each token's owner a link that works once.")] = False,
    mail_to: Annotated[
        str | None, typer.Option("--mail-to", metavar="ADDRESS", help="Send the link to this address instead.")
    ] = None,
) -> None:
    """Give tokens new secrets from now on, regularly; without a scope, all of the installation.

    Example: tollway rotation add --name quarterly --every 90d --overlap 7d --application shop --webhook vault
    """
    scopes = {"token": token, "application": application, "team": team}
    given = {scope: reference for scope, reference in scopes.items() if reference is not None}
    if len(given) > 1:
        raise CommandError(ExitCode.USAGE, "give one of --token, --application, --team, or none of them")
    scope, reference = next(iter(given.items()), ("installation", None))
    body: dict[str, Any] = {
        "name": name,
        "scope": scope,
        "scope_id": "" if reference is None else find_id(session, f"{scope}s", reference),
        "every_seconds": _seconds(every, "--every"),
        "overlap_seconds": _seconds(overlap, "--overlap"),
    }
    if webhook is not None and (mail or mail_to):
        raise CommandError(ExitCode.USAGE, "give --webhook or --mail, or none of them")
    if webhook is not None:
        body |= {"delivery": "webhook", "webhook_id": find_id(session, "webhooks", webhook)}
    if mail or mail_to:
        body |= {"delivery": "mail", "mail_to": mail_to or ""}
    session.output.fields(session.call("POST", "/rotation-policies", body=body))


def list_policies(session: Session) -> None:
    """List the policies, by name.

    Example: tollway rotation list
    """
    policies = session.call("GET", "/rotation-policies")["items"]
    session.output.rows(policies, _LISTED, empty="no policies; make one with: tollway rotation add")


def disable(session: Session, policy: PolicyArgument) -> None:
    """Rotate no more by a policy for now.

    Example: tollway rotation disable quarterly
    """
    _change(session, policy, {"state": "disabled"})


def enable(session: Session, policy: PolicyArgument) -> None:
    """Rotate by a policy again.

    Example: tollway rotation enable quarterly
    """
    _change(session, policy, {"state": "active"})


def remove(session: Session, policy: PolicyArgument) -> None:
    """Delete a policy; secrets that wait can still be collected.

    Example: tollway rotation remove quarterly
    """
    found = _find(session, policy)
    session.call("DELETE", f"/rotation-policies/{found['id']}")
    if session.output.as_json:
        session.output.json({"id": found["id"], "name": found["name"], "removed": True})
    else:
        session.output.line(f"{found['name']} ({found['id']}) is removed")


Team = Annotated[str | None, typer.Option("--team", metavar="TEAM", help="For this team's tokens.")]
Role = Annotated[str | None, typer.Option("--role", metavar="ROLE", help="For tokens issued by people of this role.")]


def set_rule(
    session: Session,
    *,
    default: Annotated[
        str | None, typer.Option("--default", metavar=_DURATION, help="How long a token lives if nothing is said.")
    ] = None,
    longest: Annotated[
        str | None, typer.Option("--max", metavar=_DURATION, help="How long it lives at most, renewed or not.")
    ] = None,
    idle: Annotated[
        str | None, typer.Option("--idle", metavar=_DURATION, help="It ends when it was not used for so long.")
    ] = None,
    team: Team = None,
    role: Role = None,
) -> None:
    """Say how long tokens live; the shortest of the rules that apply counts. Without a scope: all of the installation.

    Example: tollway lifetime set --default 30d --max 365d --idle 90d
    """
    body = {**_scope(session, team, role)}
    for name, text, hint in (
        ("default_seconds", default, "--default"),
        ("max_seconds", longest, "--max"),
        ("idle_seconds", idle, "--idle"),
    ):
        if text is not None:
            body[name] = _seconds(text, hint)
    session.output.fields(session.call("PUT", "/lifetime-rules", body=body))


def list_rules(session: Session) -> None:
    """List the rules.

    Example: tollway lifetime list
    """
    rules = session.call("GET", "/lifetime-rules")["items"]
    session.output.rows(rules, _RULES, empty="no rules: tokens live for 90 days unless something else is asked for")


def remove_rule(session: Session, *, team: Team = None, role: Role = None) -> None:
    """Drop a rule; what was issued under it keeps its bounds.

    Example: tollway lifetime remove --team shop
    """
    session.call("DELETE", "/lifetime-rules", query=_scope(session, team, role))
    session.output.line("the rule is removed")


def _scope(session: Session, team: str | None, role: str | None) -> dict[str, Any]:
    if team is not None and role is not None:
        raise CommandError(ExitCode.USAGE, "give --team or --role, or none of them")
    if team is not None:
        return {"scope": "team", "scope_id": find_id(session, "teams", team)}
    if role is not None:
        return {"scope": "role", "scope_id": find_id(session, "roles", role)}
    return {"scope": "installation"}


def _find(session: Session, reference: str) -> dict[str, Any]:
    for policy in session.call("GET", "/rotation-policies")["items"]:
        if reference in (policy["id"], policy["name"]):
            found: dict[str, Any] = policy
            return found
    raise CommandError(ExitCode.REFUSED, f"there is no rotation policy with the name or id {reference!r}")


def _change(session: Session, reference: str, body: dict[str, Any]) -> None:
    found = _find(session, reference)
    session.output.fields(session.call("PATCH", f"/rotation-policies/{found['id']}", body=body))


def _seconds(text: str, hint: str) -> int:
    try:
        return parse_duration_seconds(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=hint) from error
