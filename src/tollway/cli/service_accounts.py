"""`tollway service-account`: accounts of teams, which act by tokens alone."""

from typing import Annotated

import typer

from tollway.cli.find import Search, find_id, find_one
from tollway.cli.session import Session, command

Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Name or id of the service account.")]
Name = Annotated[str, typer.Argument(metavar="NAME")]
Role = Annotated[str, typer.Option("--role", metavar="ROLE", help="A role's name or id: the most its tokens may do.")]
Team = Annotated[str, typer.Option("--team", metavar="TEAM", help="Name or id of the team that it belongs to.")]
Owner = Annotated[str, typer.Option("--owner", metavar="PERSON", help="Name or id of who answers for it.")]
State = Annotated[str | None, typer.Option("--state", metavar="STATE", help="One of active, deactivated, deleted.")]
Ownerless = Annotated[bool, typer.Option("--ownerless", help="Only those whose owner has left.")]

_PLACE = "service-accounts"


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(name="service-account", help="Accounts of teams, which act by tokens.", no_args_is_help=True)
    app.add_typer(group)
    command(group, "list")(list_accounts)
    command(group, "create")(create)
    command(group, "show")(show)
    command(group, "rename")(rename)
    command(group, "role")(give_role)
    command(group, "owner")(name_owner)
    command(group, "deactivate")(deactivate)
    command(group, "reactivate")(reactivate)
    command(group, "remove")(remove)


def list_accounts(
    session: Session, *, state: State = None, ownerless: Ownerless = False, search: Search = None
) -> None:
    """List service accounts, newest first; deleted ones with --state deleted.

    Example: tollway service-account list --ownerless
    """
    query = {"state": state, "ownerless": "true" if ownerless else None, "search": search}
    columns = {"id": "id", "name": "name", "role_name": "role", "team_name": "team", "owner_name": "owner"}
    columns |= {"state": "state", "tokens": "tokens"}
    session.output.rows(session.items(f"/{_PLACE}", query), columns, empty="no service accounts")


def create(session: Session, name: Name, *, role: Role, team: Team, owner: Owner) -> None:
    """Make a service account. It never signs in: issue it a token with `tollway token issue --account`.

    Example: tollway service-account create deployer --role developer --team payments --owner ada
    """
    body = {
        "name": name,
        "role": find_id(session, "roles", role),
        "team_id": find_id(session, "teams", team),
        "owner_id": find_id(session, "users", owner),
    }
    session.output.fields(session.call("POST", f"/{_PLACE}", body=body))


def show(session: Session, account: Account) -> None:
    """Show one service account.

    Example: tollway service-account show deployer
    """
    session.output.fields(find_one(session, _PLACE, account))


def rename(session: Session, account: Account, name: Name) -> None:
    """Give a service account another name; its tokens go on.

    Example: tollway service-account rename deployer releaser
    """
    _change(session, account, {"name": name})


def give_role(session: Session, account: Account, role: Annotated[str, typer.Argument(metavar="ROLE")]) -> None:
    """Give a service account another role; it counts from the next request of its tokens.

    Example: tollway service-account role deployer viewer
    """
    _change(session, account, {"role": find_id(session, "roles", role)})


def name_owner(session: Session, account: Account, owner: Annotated[str, typer.Argument(metavar="PERSON")]) -> None:
    """Name who answers for a service account.

    Example: tollway service-account owner deployer eve
    """
    _change(session, account, {"owner_id": find_id(session, "users", owner)})


def deactivate(session: Session, account: Account) -> None:
    """Revoke a service account's tokens at once, and let it have no more.

    Example: tollway service-account deactivate deployer
    """
    _end(session, account, "POST", "/deactivate")


def reactivate(session: Session, account: Account) -> None:
    """Let a service account have tokens again; those that ended stay revoked.

    Example: tollway service-account reactivate deployer
    """
    found = find_one(session, _PLACE, account)
    session.output.fields(session.call("POST", f"/{_PLACE}/{found['id']}/reactivate"))


def remove(session: Session, account: Account) -> None:
    """Delete a service account. Its tokens end at once; what it did stays known.

    Example: tollway service-account remove deployer
    """
    _end(session, account, "DELETE", "")


def _change(session: Session, account: str, body: dict[str, str | None]) -> None:
    found = find_one(session, _PLACE, account)
    session.output.fields(session.call("PATCH", f"/{_PLACE}/{found['id']}", body=body))


def _end(session: Session, account: str, method: str, act: str) -> None:
    found = find_one(session, _PLACE, account)
    ended = session.call(method, f"/{_PLACE}/{found['id']}{act}")
    if session.output.as_json:
        session.output.json(ended)
        return
    shown = ended["account"]
    session.output.line(f"{shown['name']} ({shown['id']}) is {shown['state']}")
    session.output.note(f"ended: {ended['tokens']} tokens")
