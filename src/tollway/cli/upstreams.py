"""`tollway provider` and `tollway model`: what the gateway asks for answers."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from tollway.cli.answers import CommandError, ExitCode
from tollway.cli.find import Search, find_one, remove, switch
from tollway.cli.references import resolve
from tollway.cli.session import Session, command
from tollway.cli.usage import SINCE, since_instant

ProviderArgument = Annotated[str, typer.Argument(metavar="PROVIDER", help="Name or id of the provider.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME")]
Credential = Annotated[
    str | None,
    typer.Option(
        "--credential",
        metavar="REF",
        help="env:NAME, file:PATH, or - to type or pipe it. Never the key itself: `ps` shows it.",
    ),
]
EnvironmentOption = Annotated[
    str | None, typer.Option("--environment", metavar="KIND", help="live or test: the tokens it serves; default live.")
]
Team = Annotated[
    str | None, typer.Option("--team", metavar="TEAM", help="Name or id of the team it belongs to; default none.")
]
BaseUrl = Annotated[str | None, typer.Option("--base-url", metavar="URL", help="Default: the kind's own.")]
Models = Annotated[list[str] | None, typer.Option("--model", help="Offer this model; default all. Repeatable.")]
Priority = Annotated[int | None, typer.Option("--priority", help="Lower is tried first; default 100.")]
Name = Annotated[str | None, typer.Option("--name", metavar="NAME", help="Its new name.")]
NewUrl = Annotated[str | None, typer.Option("--base-url", metavar="URL", help="Where calls go from now on.")]
AllowPrivate = Annotated[
    list[str] | None,
    typer.Option("--allow-private", metavar="CIDR", help="Private addresses it may be at; `all` for any. Repeatable."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    providers = typer.Typer(name="provider", help="Accounts at AI providers.", no_args_is_help=True)
    app.add_typer(providers)
    command(providers, "list")(list_providers)
    command(providers, "kinds")(list_kinds)
    command(providers, "add")(add_provider)
    command(providers, "show")(show_provider)
    command(providers, "change")(change_provider)
    command(providers, "enable")(enable_provider)
    command(providers, "disable")(disable_provider)
    command(providers, "test")(test_provider)
    command(providers, "remove")(remove_provider)
    models = typer.Typer(name="model", help="Models and their prices.", no_args_is_help=True)
    app.add_typer(models)
    command(models, "list")(list_models)
    command(models, "unpriced")(list_unpriced)


def list_providers(session: Session, *, search: Search = None) -> None:
    """List providers. The built-in sandbox is not among them.

    Example: tollway provider list
    """
    columns = {"id": "id", "name": "name", "kind": "kind", "state": "state", "environment": "for", "team_name": "team"}
    columns |= {"base_url": "base URL", "keys": "keys"}
    items = list(session.items("/providers", {"search": search}))
    if not session.output.as_json:
        items = [{**item, "keys": [key["masked"] for key in item["keys"]]} for item in items]
    session.output.rows(items, columns, empty="no providers; add one with: tollway provider add NAME --kind KIND")


def list_kinds(session: Session) -> None:
    """List the kinds of provider there are.

    Example: tollway provider kinds
    """
    columns = {"kind": "kind", "title": "title", "base_url": "base URL", "needs_credential": "needs a key"}
    session.output.rows(session.call("GET", "/provider-kinds")["items"], columns, empty="no kinds")


def add_provider(
    session: Session,
    name: NameArgument,
    *,
    kind: Annotated[str, typer.Option("--kind", help="One of `tollway provider kinds`.")],
    base_url: BaseUrl = None,
    credential: Credential = None,
    model: Models = None,
    allow_private: AllowPrivate = None,
    priority: Priority = None,
    environment: EnvironmentOption = None,
    team: Team = None,
) -> None:
    """Add a provider.

    Example: tollway provider add openai --kind openai --credential env:OPENAI_API_KEY
    """
    body = connection(name, base_url, credential, allow_private) | {"kind": kind} | place(session, environment, team)
    if model:
        body["models"] = model
    if priority is not None:
        body["priority"] = priority
    session.output.fields(session.call("POST", "/providers", body=body))


def show_provider(session: Session, provider: ProviderArgument) -> None:
    """Show one provider, without its keys.

    Example: tollway provider show openai
    """
    session.output.fields(find_one(session, "providers", provider))


def change_provider(
    session: Session,
    provider: ProviderArgument,
    *,
    name: Name = None,
    base_url: NewUrl = None,
    credential: Credential = None,
    model: Models = None,
    allow_private: AllowPrivate = None,
    priority: Priority = None,
    environment: EnvironmentOption = None,
    team: Team = None,
) -> None:
    """Change what is named. --model replaces all that was offered; a key for another host must be given again.

    Example: tollway provider change openai --priority 5 --credential env:OPENAI_API_KEY
    """
    found = find_one(session, "providers", provider)
    body = connection(name, base_url, credential, allow_private) | place(session, environment, team)
    body |= {field: value for field, value in {"models": model, "priority": priority}.items() if value}
    session.output.fields(session.call("PATCH", f"/providers/{found['id']}", body=body))


def enable_provider(session: Session, provider: ProviderArgument) -> None:
    """Let a provider serve again.

    Example: tollway provider enable openai
    """
    switch(session, "providers", provider, "enable")


def disable_provider(session: Session, provider: ProviderArgument) -> None:
    """Send nothing more to a provider; calls go to the next one that has the model.

    Example: tollway provider disable openai
    """
    switch(session, "providers", provider, "disable")


def test_provider(session: Session, provider: ProviderArgument) -> int:
    """Make one cheap call to a provider with its key. Exits with 1 when it fails.

    Example: tollway provider test openai
    """
    found = find_one(session, "providers", provider)
    with session.output.working(f"calling {found['name']}"):
        result = session.call("POST", f"/providers/{found['id']}/test")
    if session.output.as_json:
        session.output.json(result)
    else:
        took = f" in {result['latency_ms']:.0f} ms" if result["latency_ms"] is not None else ""
        session.output.line(f"{found['name']}: {'works' if result['ok'] else 'FAILS'}{took}: {result['detail']}")
    return ExitCode.DONE if result["ok"] else ExitCode.REFUSED


def remove_provider(session: Session, provider: ProviderArgument) -> None:
    """Delete a provider and its keys.

    Example: tollway provider remove openai
    """
    remove(session, "providers", provider)


def list_models(session: Session) -> None:
    """List the models that callers may ask for, with who serves them and at what price.

    Example: tollway model list
    """
    items = list(session.items("/models"))
    if session.output.as_json:
        session.output.json({"items": items})
        return
    rows = [_candidate(item["name"], candidate) for item in items for candidate in item["candidates"]]
    columns = {
        "name": "model",
        "provider": "provider",
        "upstream": "name there",
        "input": "USD in / M",
        "output": "USD out / M",
    }
    session.output.rows(rows, columns, empty="no models")


def list_unpriced(session: Session, *, since: SINCE = "30d") -> None:
    """List models that were called without a known price.

    Example: tollway model unpriced --since 7d
    """
    answer = session.call("GET", "/models/unpriced", query={"since": since_instant(since)})
    columns = {
        "provider_name": "provider",
        "upstream_model": "model",
        "calls": "calls",
        "last_called_at": "last called",
    }
    session.output.rows(answer["items"], columns, empty="every model that was called has a price")


def _candidate(name: str, candidate: dict[str, Any]) -> dict[str, Any]:
    price = candidate.get("price") or {}
    return {
        "name": name,
        "provider": candidate["provider_name"],
        "upstream": candidate["upstream_model"],
        "input": price.get("input_usd_per_million", "unpriced"),
        "output": price.get("output_usd_per_million", "unpriced"),
    }


def connection(
    name: str | None, base_url: str | None, credential: str | None, allow_private: list[str] | None
) -> dict[str, Any]:
    """Return what was said of an upstream's name and connection. Reads the credential."""
    body: dict[str, Any] = {}
    if name is not None:
        body["name"] = name
    if base_url is not None:
        body["base_url"] = base_url
    if credential is not None:
        body["credential"] = _read_credential(credential)
    if allow_private:
        body["allow_private"] = True if "all" in allow_private else allow_private
    return body


def place(session: Session, environment: str | None, team: str | None) -> dict[str, Any]:
    """Return for which tokens it is and whose; what is not named is left to the console."""
    said = {} if environment is None else {"environment": environment}
    return said if team is None else said | {"team_id": find_one(session, "teams", team)["id"]}


def _read_credential(text: str) -> str:
    if text.startswith(("env:", "file:")):
        return resolve(text, Path.cwd())
    if text != "-":
        raise typer.BadParameter(
            "write env:NAME or file:PATH, or - to type or pipe the key; on the command line others could read it",
            param_hint="--credential",
        )
    typed = typer.prompt("Key", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    if not typed.strip():
        raise CommandError(ExitCode.USAGE, "no key was given")
    return str(typed.strip())
