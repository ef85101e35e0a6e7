"""`tollway audit`: who did what, and whether the log of it is whole."""

import re
import sys
from typing import Annotated, Any

import typer

from tollway.cli.answers import CommandError, ExitCode, checked
from tollway.cli.find import find_id
from tollway.cli.session import Session, command
from tollway.cli.usage import since_instant
from tollway.policy.token import SERVICE, find_public_id, mask

Actor = Annotated[str | None, typer.Option("--actor", metavar="ACTOR", help="Who, as user:ID or local:operator.")]
Action = Annotated[str | None, typer.Option("--action", metavar="ACTION", help="What, as token.revoke or token.")]
Object = Annotated[str | None, typer.Option("--object", metavar="ID", help="The id of what was acted on.")]
Outcome = Annotated[str | None, typer.Option("--outcome", metavar="OUTCOME", help="done or refused.")]
Search = Annotated[str | None, typer.Option("--search", metavar="TEXT", help="The beginning of a name or an id.")]
Token = Annotated[
    str | None,
    typer.Option("--token", metavar="TOKEN", help="Done to a token, or with it: its name or id, or the token itself."),
]
Since = Annotated[str | None, typer.Option("--since", metavar="WHEN", help="An instant, or an age such as 24h or 7d.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=200, help="How many at most.")]
Head = Annotated[
    str | None,
    typer.Option("--since", metavar="SEQ:HASH", help="A head that an earlier check printed and you kept elsewhere."),
]
PART = 20_000
"""Entries that are checked in one request: some tenths of a second, so that a bar moves."""
_HEAD = re.compile(r"([1-9][0-9]{0,15}):([0-9a-f]{64})", re.ASCII)


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    audit = typer.Typer(name="audit", help="The audit log.", no_args_is_help=True)
    app.add_typer(audit)
    command(audit, "list")(list_audit)
    command(audit, "verify")(verify_audit)
    command(audit, "export")(export_audit)


def list_audit(
    session: Session,
    *,
    actor: Actor = None,
    action: Action = None,
    object_id: Object = None,
    outcome: Outcome = None,
    search: Search = None,
    token: Token = None,
    since: Since = None,
    limit: Limit = 50,
) -> None:
    """List what was done and refused, newest first.

    Example: tollway audit list --action token --since 7d
    """
    query = _query(actor, action, object_id, outcome, _searched(session, search, token), since)
    items = session.call("GET", "/audit", query={**query, "limit": limit})["items"]
    if not session.output.as_json:
        items = [_flat(item) for item in items]
    columns = {"seq": "no", "at": "when", "who": "who", "action": "what", "object": "on", "result": "result"}
    session.output.rows(items, {**columns, "address": "from"}, empty="nothing was recorded that matches")


def verify_audit(session: Session, *, since: Head = None) -> int:
    """Check that no entry was changed, removed, moved or cut off. Exits with 1 when one was.

    Example: tollway audit verify
    """
    query: dict[str, object] = {}
    if since is not None:
        match = _HEAD.fullmatch(since)
        if match is None:
            raise CommandError(ExitCode.USAGE, "write the head as it was printed: SEQ:HASH")
        query = {"since_seq": match[1], "since_hash": match[2]}
    with session.output.working("checking") as bar:
        verdict = session.call("GET", "/audit/verify", query={**query, "limit": PART})
        while verdict["has_more"]:
            bar.at(verdict["checked"], verdict["total"])
            behind = {"behind_seq": verdict["head_seq"], "behind_hash": verdict["head_hash"], "limit": PART}
            verdict = session.call("GET", "/audit/verify", query={**query, **behind})
    if session.output.as_json:
        session.output.json(verdict)
    elif verdict["is_whole"]:
        session.output.line(f"whole: {verdict['checked']} entries")
        if deleted := verdict["deleted_through"]:
            session.output.note(f"entries up to {deleted} were deleted by retention; proven from entry {deleted + 1}")
        session.output.note("keep this head elsewhere; with --since it shows later that nothing was cut:")
        session.output.line(f"{verdict['head_seq']}:{verdict['head_hash']}")
    else:
        session.output.line(f"NOT WHOLE: {verdict['fault']}")
    return ExitCode.DONE if verdict["is_whole"] else ExitCode.REFUSED


def export_audit(
    session: Session,
    *,
    actor: Actor = None,
    action: Action = None,
    object_id: Object = None,
    outcome: Outcome = None,
    search: Search = None,
    token: Token = None,
    since: Since = None,
    form: Annotated[str, typer.Option("--format", metavar="FORMAT", help="jsonl or csv.")] = "jsonl",
) -> None:
    """Print all entries that match, newest first: one JSON object a line, or CSV for spreadsheets.

    Example: tollway audit export --since 30d --format csv > audit.csv
    """
    query = {**_query(actor, action, object_id, outcome, _searched(session, search, token), since), "format": form}
    sys.stdout.write(checked(session.send("GET", "/audit/export", query=query)).body.decode())


def _searched(session: Session, search: str | None, token: str | None) -> str | None:
    """Return what is searched for: of a token only what is public, so that no secret is sent on."""
    if token is None:
        token_id = None if search is None else find_public_id(search)
    elif search is not None:
        raise CommandError(ExitCode.USAGE, "give --search or --token, not both")
    else:
        token_id = find_public_id(token) or find_id(session, "tokens", token)
    return search if token_id is None else mask(token_id, SERVICE)


def _query(
    actor: str | None,
    action: str | None,
    object_id: str | None,
    outcome: str | None,
    search: str | None,
    since: str | None,
) -> dict[str, object]:
    return {
        "actor": actor,
        "action": action,
        "object_id": object_id,
        "outcome": outcome,
        "search": search,
        "since": None if since is None else since_instant(since),
    }


def _flat(entry: dict[str, Any]) -> dict[str, Any]:
    named = f"{entry['object_name']} ({entry['object_id']})" if entry["object_name"] else entry["object_id"]
    return {
        **entry,
        "who": entry["actor_name"] or entry["actor"],
        "object": named,
        "result": entry["outcome"] if entry["code"] is None else f"{entry['outcome']}: {entry['code']}",
    }
