"""`tollway apply` and `tollway export`: the configuration as one YAML document."""

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from tollway.cli.answers import CommandError, ExitCode, checked
from tollway.cli.output import cell
from tollway.cli.references import resolve_document
from tollway.cli.session import Session, command

_SIGNS = {"create": "+", "update": "~", "delete": "-", "unchanged": " "}


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    command(app, "apply")(apply)
    command(app, "export")(export)


def apply(
    session: Session,
    *,
    file: Annotated[str, typer.Option("-f", "--file", metavar="FILE", help="The YAML document; - for standard input.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
) -> None:
    """Make the installation as a YAML document says. What it does not name is left alone; applying twice is the same.

    `env:NAME` is read from this command's environment when set there, else from the server's. Tokens that the
    document names and that do not exist are issued, and printed once.

    Example: tollway apply -f gateway.yaml --dry-run
    """
    raw, base = _read(file)
    query = {"dry_run": "true"} if dry_run else None
    with session.output.working("applying"):
        result = session.call("POST", "/configuration", query=query, body=resolve_document(raw, base))
    if session.output.as_json:
        session.output.json(result)
    else:
        _print(session, result)


def export(session: Session) -> None:
    """Print the whole configuration as a YAML document. Secrets, and values of fixed headers, are never in it.

    References such as `env:NAME` are shown as they are; `stored` keeps what is stored when the document is applied.

    Example: tollway export > gateway.yaml
    """
    document = checked(session.send("GET", "/configuration")).body.decode()
    if session.output.as_json:
        session.output.json({"document": document})
    else:
        print(document, end="")


def _read(file: str) -> tuple[bytes, Path]:
    if file == "-":
        return sys.stdin.buffer.read(), Path.cwd()
    try:
        return Path(file).read_bytes(), Path(file).parent
    except OSError as error:
        raise CommandError(ExitCode.USAGE, f"cannot read {file}: {error.strerror}") from error


def _print(session: Session, result: dict[str, Any]) -> None:
    changed = [change for change in result["changes"] if change["action"] != "unchanged"]
    for change in changed:
        session.output.line(f"{_SIGNS[change['action']]} {change['kind']} {cell(change['name'])}")
        for field in change.get("fields") or ():
            before, after = _value(field["before"]), _value(field["after"])
            session.output.line(f"    {field['path']}: {after if field['before'] is None else f'{before} -> {after}'}")
    session.output.line(_summary(changed, is_applied=result["applied"]))
    for secret in result.get("secrets") or ():
        session.output.line(f"{secret['kind']} {cell(secret['name'])}: {secret['token']}")
    if result.get("secrets"):
        session.output.note("This is the only time these secrets are shown.")


def _value(value: object) -> str:
    """Write a field of the document: text as it is, everything nested as JSON."""
    return cell(msgspec.json.encode(value).decode() if isinstance(value, dict | list) else value)


def _summary(changed: list[dict[str, Any]], *, is_applied: bool) -> str:
    if not changed:
        return "nothing to change"
    counts = Counter(change["action"] for change in changed)
    parts = [f"{counts[action]} {action}{'d' if is_applied else ''}" for action in ("create", "update", "delete")]
    return ("done: " if is_applied else "would do: ") + ", ".join(parts)
