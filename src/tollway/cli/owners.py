"""`tollway application` and `tollway team`: who owns tokens."""

from typing import Annotated, Any

import typer

from tollway.cli.find import Search, find_id, find_one, remove, switch
from tollway.cli.limits import RPM, Budget, Concurrency, Limit, build_limits, show_limits
from tollway.cli.rights import register_on_applications
from tollway.cli.session import Session, command

ApplicationArgument = Annotated[str, typer.Argument(metavar="APP", help="Name or id of the application.")]
TeamArgument = Annotated[str, typer.Argument(metavar="TEAM", help="Name or id of the team.")]
PersonArgument = Annotated[str, typer.Argument(metavar="PERSON", help="Name or id of the person.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME")]
Name = Annotated[str | None, typer.Option("--name", metavar="NAME", help="Its new name.")]
Team = Annotated[str | None, typer.Option("--team", metavar="TEAM", help="A team's name or id.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    applications = typer.Typer(name="application", help="Applications, which own tokens.", no_args_is_help=True)
    app.add_typer(applications)
    command(applications, "list")(list_applications)
    command(applications, "create")(create_application)
    command(applications, "show")(show_application)
    command(applications, "change")(change_application)
    command(applications, "disable")(disable_application)
    command(applications, "enable")(enable_application)
    command(applications, "remove")(remove_application)
    register_on_applications(applications)
    teams = typer.Typer(name="team", help="Teams, the unit of isolation.", no_args_is_help=True)
    app.add_typer(teams)
    command(teams, "list")(list_teams)
    command(teams, "create")(create_team)
    command(teams, "show")(show_team)
    command(teams, "rename")(rename_team)
    command(teams, "members")(list_members)
    command(teams, "join")(join_team)
    command(teams, "leave")(leave_team)
    command(teams, "remove")(remove_team)


def list_applications(session: Session, *, search: Search = None) -> None:
    """List applications.

    Example: tollway application list
    """
    items = list(session.items("/applications", {"search": search}))
    if not session.output.as_json:
        items = [{**item, "limits": show_limits(item["limits"])} for item in items]
    columns = {"id": "id", "name": "name", "state": "state", "team_id": "team", "limits": "limits"}
    session.output.rows(items, columns, empty="no applications; make one with: tollway application create NAME")


def create_application(
    session: Session,
    name: NameArgument,
    *,
    team: Team = None,
    rpm: RPM = None,
    concurrency: Concurrency = None,
    budget: Budget = None,
    limit: Limit = None,
) -> None:
    """Create an application. Its limits hold over all its tokens together.

    Example: tollway application create shop --rpm 600 --budget 50/month
    """
    body: dict[str, Any] = {"name": name, "limits": build_limits(rpm, concurrency, budget, limit)}
    if team is not None:
        body["team_id"] = find_id(session, "teams", team)
    _show(session, session.call("POST", "/applications", body=body))


def show_application(session: Session, application: ApplicationArgument) -> None:
    """Show one application.

    Example: tollway application show shop
    """
    _show(session, find_one(session, "applications", application))


def change_application(
    session: Session, application: ApplicationArgument, *, name: Name = None, team: Team = None
) -> None:
    """Give an application another name, or to another team with all its tokens. Limits: `tollway limit set`.

    Example: tollway application change shop --team payments
    """
    found = find_one(session, "applications", application)
    wish = {"name": name, "team_id": find_id(session, "teams", team)}
    body = {field: value for field, value in wish.items() if value is not None}
    _show(session, session.call("PATCH", f"/applications/{found['id']}", body=body))


def disable_application(session: Session, application: ApplicationArgument) -> None:
    """Switch an application off for now; calls with any of its tokens are refused from the next one on.

    Example: tollway application disable shop
    """
    switch(session, "applications", application, "disable")


def enable_application(session: Session, application: ApplicationArgument) -> None:
    """Switch a disabled application on again.

    Example: tollway application enable shop
    """
    switch(session, "applications", application, "enable")


def remove_application(session: Session, application: ApplicationArgument) -> None:
    """Delete an application that has no live tokens.

    Example: tollway application remove shop
    """
    remove(session, "applications", application)


def list_teams(session: Session, *, search: Search = None) -> None:
    """List teams.

    Example: tollway team list
    """
    columns = {"id": "id", "name": "name", "is_default": "default", "created_at": "created"}
    session.output.rows(session.items("/teams", {"search": search}), columns, empty="no teams")


def create_team(session: Session, name: NameArgument) -> None:
    """Create a team.

    Example: tollway team create payments
    """
    session.output.fields(session.call("POST", "/teams", body={"name": name}))


def show_team(session: Session, team: TeamArgument) -> None:
    """Show one team.

    Example: tollway team show payments
    """
    session.output.fields(find_one(session, "teams", team))


def rename_team(session: Session, team: TeamArgument, name: NameArgument) -> None:
    """Give a team another name; what it owns stays with it.

    Example: tollway team rename payments billing
    """
    found = find_one(session, "teams", team)
    session.output.fields(session.call("PATCH", f"/teams/{found['id']}", body={"name": name}))


def list_members(session: Session, team: TeamArgument) -> None:
    """List who is in a team.

    Example: tollway team members payments
    """
    found = find_one(session, "teams", team)
    columns = {"user_id": "id", "name": "name", "role": "role", "state": "state", "joined_at": "joined"}
    session.output.rows(session.items(f"/teams/{found['id']}/members"), columns, empty="nobody is in this team")


def join_team(session: Session, team: TeamArgument, person: PersonArgument) -> None:
    """Put a person into a team.

    Example: tollway team join payments ada
    """
    _membership(session, "PUT", team, person, "is in")


def leave_team(session: Session, team: TeamArgument, person: PersonArgument) -> None:
    """Take a person out of a team; at their next request they see nothing of it.

    Example: tollway team leave payments ada
    """
    _membership(session, "DELETE", team, person, "is no longer in")


def remove_team(session: Session, team: TeamArgument) -> None:
    """Delete a team that owns nothing.

    Example: tollway team remove payments
    """
    remove(session, "teams", team)


def _membership(session: Session, method: str, team: str, person: str, says: str) -> None:
    its_team, who = find_one(session, "teams", team), find_one(session, "users", person)
    session.call(method, f"/teams/{its_team['id']}/members/{who['id']}")
    if session.output.as_json:
        session.output.json({"team_id": its_team["id"], "user_id": who["id"], "is_member": method == "PUT"})
    else:
        session.output.line(f"{who['name']} {says} {its_team['name']}")


def _show(session: Session, application: dict[str, Any]) -> None:
    if not session.output.as_json:
        application = {**application, "limits": show_limits(application["limits"])}
    session.output.fields(application)
