"""`tollway role`: what people may do."""

from typing import Annotated, Any

import typer

from tollway.cli.answers import CommandError, ExitCode
from tollway.cli.find import find_one, remove
from tollway.cli.session import Session, command

NameArgument = Annotated[str, typer.Argument(metavar="NAME")]
RoleArgument = Annotated[str, typer.Argument(metavar="ROLE", help="Name or id of the role.")]
Allow = Annotated[
    list[str] | None,
    typer.Option("--allow", metavar="PERMISSION:REACH", help="A permission with own, team or all; repeatable."),
]
Description = Annotated[str, typer.Option("--description", metavar="TEXT", help="What the role is for.")]
NewDescription = Annotated[str | None, typer.Option("--description", metavar="TEXT", help="What the role is for.")]
Name = Annotated[str | None, typer.Option("--name", metavar="NAME", help="Its new name.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    roles = typer.Typer(name="role", help="Roles: what people may do.", no_args_is_help=True)
    app.add_typer(roles)
    command(roles, "list")(list_roles)
    command(roles, "show")(show_role)
    command(roles, "create")(create_role)
    command(roles, "change")(change_role)
    command(roles, "remove")(remove_role)
    command(roles, "permissions")(list_permissions)


def list_roles(session: Session) -> None:
    """List roles, built-in ones first.

    Example: tollway role list
    """
    columns = {"id": "id", "name": "name", "holders": "people", "description": "what it is for"}
    session.output.rows(session.call("GET", "/roles")["items"], columns, empty="no roles")


def show_role(session: Session, role: RoleArgument) -> None:
    """Show one role and what it permits.

    Example: tollway role show developer
    """
    found = find_one(session, "roles", role)
    if not session.output.as_json:
        found = {**found, "rights": [f"{one['permission']}:{one['reach']}" for one in found["rights"]]}
    session.output.fields(found)


def create_role(session: Session, name: NameArgument, *, allow: Allow = None, description: Description = "") -> None:
    """Make a role of your own.

    Example: tollway role create support --allow tokens.read:team --allow calls.read:team
    """
    rights = [read_right(text) for text in allow or ()]
    body = {"name": name, "description": description, "rights": rights}
    _print(session, session.call("POST", "/roles", body=body))


def change_role(
    session: Session,
    role: RoleArgument,
    *,
    name: Name = None,
    allow: Allow = None,
    description: NewDescription = None,
) -> None:
    """Change a role of your own. --allow replaces all that it permits; who holds it may that from their next request.

    Example: tollway role change support --allow tokens.read:team
    """
    found = find_one(session, "roles", role)
    body: dict[str, Any] = {"name": name, "description": description}
    body["rights"] = [read_right(text) for text in allow] if allow else None
    body = {field: value for field, value in body.items() if value is not None}
    _print(session, session.call("PATCH", f"/roles/{found['id']}", body=body))


def remove_role(session: Session, role: RoleArgument) -> None:
    """Delete a role that nobody holds.

    Example: tollway role remove support
    """
    remove(session, "roles", role)


def list_permissions(session: Session) -> None:
    """List every permission and the reaches it can be given with.

    Example: tollway role permissions
    """
    columns = {"name": "permission", "reaches": "reaches", "meaning": "what it lets people do"}
    session.output.rows(session.call("GET", "/roles/permissions")["items"], columns, empty="no permissions")


def read_right(text: str) -> dict[str, str]:
    """Read a permission with its reach. Raises CommandError (usage)."""
    permission, colon, reach = text.rpartition(":")
    if not colon or not permission:
        raise CommandError(ExitCode.USAGE, f"write {text!r} as PERMISSION:REACH, such as tokens.read:team")
    return {"permission": permission, "reach": reach}


def _print(session: Session, role: dict[str, Any]) -> None:
    if session.output.as_json:
        session.output.json(role)
    else:
        session.output.line(f"{role['name']} ({role['id']}) permits {len(role['rights'])} things")
