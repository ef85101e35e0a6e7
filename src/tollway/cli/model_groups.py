"""`tollway model-group`: models under one name, which rights name as `group:NAME`."""

from typing import Annotated, Any

import typer

from tollway.cli.session import Session, command

GroupArgument = Annotated[str, typer.Argument(metavar="NAME", help="Lower-case letters, digits, `.`, `_` and `-`.")]
_LISTED = {"name": "name", "models": "models", "description": "description"}


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(name="model-group", help="Models under one name, for rights.", no_args_is_help=True)
    app.add_typer(group)
    command(group, "list")(list_groups)
    command(group, "set")(set_group)
    command(group, "remove")(remove_group)


def list_groups(session: Session) -> None:
    """List the groups of models.

    Example: tollway model-group list
    """
    groups = session.call("GET", "/model-groups")["items"]
    if not session.output.as_json:
        groups = [_shown(group) for group in groups]
    session.output.rows(groups, _LISTED, empty="no groups; make one with: tollway model-group set NAME MODEL")


def set_group(
    session: Session,
    name: GroupArgument,
    models: Annotated[list[str], typer.Argument(metavar="MODEL", help="Names, and patterns with `*`.")],
    *,
    description: Annotated[str | None, typer.Option("--description", metavar="TEXT", help="What it is for.")] = None,
) -> None:
    """Make a group of models, or replace its members.

    Example: tollway model-group set cheap gpt-4o-mini 'claude-haiku-*'
    """
    body: dict[str, Any] = {"models": models, **({} if description is None else {"description": description})}
    if session.send("GET", f"/model-groups/{name}").status == 404:
        group = session.call("POST", "/model-groups", body={"name": name, **body})
    else:
        group = session.call("PATCH", f"/model-groups/{name}", body=body)
    session.output.fields(group if session.output.as_json else _shown(group))


def remove_group(session: Session, name: GroupArgument) -> None:
    """Delete a group that nobody's rights name.

    Example: tollway model-group remove cheap
    """
    session.call("DELETE", f"/model-groups/{name}")
    if session.output.as_json:
        session.output.json({"name": name, "removed": True})
    else:
        session.output.line(f"{name} is removed")


def _shown(group: dict[str, Any]) -> dict[str, Any]:
    return {**group, "models": ", ".join(group["models"])}
