"""`tollway service`: published REST APIs."""

from typing import Annotated

import typer

from tollway.cli.find import Search, find_one, remove, switch
from tollway.cli.session import Session, command
from tollway.cli.upstreams import (
    AllowPrivate,
    Credential,
    EnvironmentOption,
    Name,
    NameArgument,
    NewUrl,
    Team,
    connection,
    place,
)

ServiceArgument = Annotated[str, typer.Argument(metavar="SERVICE", help="Name or id of the service.")]
NewPath = Annotated[str | None, typer.Option("--path", metavar="PREFIX", help="Where it is published from now on.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    services = typer.Typer(name="service", help="Published REST APIs.", no_args_is_help=True)
    app.add_typer(services)
    command(services, "list")(list_services)
    command(services, "add")(add_service)
    command(services, "show")(show_service)
    command(services, "change")(change_service)
    command(services, "enable")(enable_service)
    command(services, "disable")(disable_service)
    command(services, "remove")(remove_service)


def list_services(session: Session, *, search: Search = None) -> None:
    """List published REST APIs.

    Example: tollway service list
    """
    columns = {"id": "id", "name": "name", "state": "state", "environment": "for", "team_name": "team"}
    columns |= {"path_prefix": "path", "base_url": "base URL"}
    session.output.rows(session.items("/services", {"search": search}), columns, empty="no services")


def add_service(
    session: Session,
    name: NameArgument,
    *,
    path: Annotated[str, typer.Option("--path", metavar="PREFIX", help="Where it is published, such as /weather.")],
    base_url: Annotated[str, typer.Option("--base-url", metavar="URL", help="Where calls go.")],
    credential: Credential = None,
    allow_private: AllowPrivate = None,
    keep_prefix: Annotated[bool, typer.Option("--keep-prefix", help="Send the prefix on to the upstream.")] = False,
    environment: EnvironmentOption = None,
    team: Team = None,
) -> None:
    """Publish a REST API behind a path prefix.

    Example: tollway service add weather --path /weather --base-url https://api.example.com/v2
    """
    body = connection(name, base_url, credential, allow_private)
    body |= {"path_prefix": path, "strip_prefix": not keep_prefix} | place(session, environment, team)
    session.output.fields(session.call("POST", "/services", body=body))


def show_service(session: Session, service: ServiceArgument) -> None:
    """Show one published REST API.

    Example: tollway service show weather
    """
    session.output.fields(find_one(session, "services", service))


def change_service(
    session: Session,
    service: ServiceArgument,
    *,
    name: Name = None,
    path: NewPath = None,
    base_url: NewUrl = None,
    credential: Credential = None,
    allow_private: AllowPrivate = None,
    environment: EnvironmentOption = None,
    team: Team = None,
) -> None:
    """Change what is named; a credential for another host must be given again.

    Example: tollway service change weather --base-url https://api.example.com/v3
    """
    found = find_one(session, "services", service)
    body = connection(name, base_url, credential, allow_private) | place(session, environment, team)
    body |= {} if path is None else {"path_prefix": path}
    session.output.fields(session.call("PATCH", f"/services/{found['id']}", body=body))


def enable_service(session: Session, service: ServiceArgument) -> None:
    """Publish a REST API again.

    Example: tollway service enable weather
    """
    switch(session, "services", service, "enable")


def disable_service(session: Session, service: ServiceArgument) -> None:
    """Refuse calls to a REST API for now.

    Example: tollway service disable weather
    """
    switch(session, "services", service, "disable")


def remove_service(session: Session, service: ServiceArgument) -> None:
    """Take a REST API off the gateway.

    Example: tollway service remove weather
    """
    remove(session, "services", service)
