"""`tollway security`: the inbox of security events, the rules they are found by, decoys, and replays."""

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer

from tollway.cli.answers import CommandError, ExitCode
from tollway.cli.find import find_id
from tollway.cli.session import Session, command
from tollway.contract.watching import WatchPolicy
from tollway.control.faults import Invalid
from tollway.control.security.model import DEFAULT_RULES
from tollway.control.security.stated import read_rules
from tollway.policy.detect.replay import read_lines, run_replay

EventArgument = Annotated[str, typer.Argument(metavar="EVENT", help="Id of the event, sec_….")]
State = Annotated[
    Literal["open", "acknowledged", "expected", "all"], typer.Option("--state", help="Only these; default open.")
]
Kind = Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Only of this detector, or leaked.")]
Token = Annotated[str | None, typer.Option("--token", metavar="TOKEN", help="Only about this token.")]
KindArgument = Annotated[str, typer.Argument(metavar="KIND", help="The detector, or leaked.")]
SubjectArgument = Annotated[str, typer.Argument(metavar="SUBJECT", help="Of whom, such as a token's id.")]
DetailArgument = Annotated[str, typer.Argument(metavar="DETAIL", help="What of it; default all.")]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="Why; kept with the event.")]
Team = Annotated[str | None, typer.Option("--team", metavar="TEAM", help="Of this team; default the installation.")]
_LISTED = {"id": "id", "severity": "severity", "kind": "kind", "about": "about", "from": "from", "count": "times",
           "done": "done", "last_at": "last"}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(name="security", help="Security events, rules and decoys.", no_args_is_help=True)
    app.add_typer(group)
    command(group, "list")(list_events)
    command(group, "show")(show)
    command(group, "acknowledge")(acknowledge)
    command(group, "expect")(expect)
    command(group, "expected")(list_expected)
    command(group, "forget")(forget_expected)
    command(group, "act")(act)
    command(group, "undo")(undo)
    command(group, "rules")(rules)
    command(group, "set-rules")(set_rules)
    command(group, "remove-rules")(remove_rules)
    command(group, "replay")(replay)
    command(group, "decoys")(decoys)
    command(group, "decoy")(decoy)
    command(group, "remove-decoy")(remove_decoy)


def list_events(session: Session, *, state: State = "open", kind: Kind = None, token: Token = None) -> None:
    """List security events, newest first.

    Example: tollway security list --kind leaked
    """
    query = {
        "state": None if state == "all" else state,
        "kind": kind,
        "subject": None if token is None else find_id(session, "tokens", token),
    }
    events = list(session.items("/security/events", query))
    if not session.output.as_json:
        events = [_flat(event) for event in events]
    session.output.rows(events, _LISTED, empty="no security events")


def show(session: Session, event: EventArgument) -> None:
    """Show one event with everything that is known of it.

    Example: tollway security show sec_0123456789abcdef
    """
    session.output.fields(session.call("GET", f"/security/events/{event}"))


def acknowledge(session: Session, event: EventArgument, *, note: Note = "") -> None:
    """Close an event: it was looked into.

    Example: tollway security acknowledge sec_0123456789abcdef --note "rotated"
    """
    _say(session, session.call("POST", f"/security/events/{event}/acknowledge", body={"note": note}))


def expect(session: Session, event: EventArgument, *, note: Note = "") -> None:
    """Close an event as expected: what was done is undone, and the same is found no more.

    Example: tollway security expect sec_0123456789abcdef --note "load test"
    """
    _say(session, session.call("POST", f"/security/events/{event}/expected", body={"note": note}))


def list_expected(session: Session) -> None:
    """List what was said to be expected, and is found no more.

    Example: tollway security expected
    """
    columns = {"kind": "kind", "subject": "of whom", "detail": "what", "created_by": "by", "created_at": "since"}
    session.output.rows(session.call("GET", "/security/expected")["items"], columns, empty="nothing is expected")


def forget_expected(
    session: Session, kind: KindArgument, subject: SubjectArgument, detail: DetailArgument = ""
) -> None:
    """Let something that was said to be expected be found again, as `security expected` lists it.

    Example: tollway security forget new_network 0123456789Ab
    """
    session.call("POST", "/security/expected/forget", body={"kind": kind, "subject": subject, "detail": detail})
    if session.output.as_json:
        session.output.json({"kind": kind, "subject": subject, "detail": detail, "forgotten": True})
    else:
        session.output.line(f"{kind} of {subject} is found again")


def act(
    session: Session,
    event: EventArgument,
    what: Annotated[
        Literal["limit", "quarantine", "revoke"], typer.Argument(metavar="ACT", help="limit, quarantine or revoke.")
    ],
) -> None:
    """Act on the token of an event. A revocation is for ever.

    Example: tollway security act sec_0123456789abcdef quarantine
    """
    _say(session, session.call("POST", f"/security/events/{event}/act", body={"act": what}))


def undo(session: Session, event: EventArgument) -> None:
    """Make the token of an event as it was before.

    Example: tollway security undo sec_0123456789abcdef
    """
    _say(session, session.call("POST", f"/security/events/{event}/undo"))


def rules(session: Session, *, team: Team = None) -> None:
    """Print what is watched for and what is done, as JSON that `set-rules` reads.

    Example: tollway security rules > rules.json
    """
    team_id = find_id(session, "teams", team) or ""
    found = [item for item in session.call("GET", "/security/rules")["items"] if item["team_id"] == team_id]
    if not found:
        raise CommandError(ExitCode.REFUSED, "this team has no rules of its own; it has the installation's")
    session.output.json(found[0]["rules"])


def set_rules(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON; what is left out has its built-in value.")],
    *,
    team: Team = None,
) -> None:
    """Set what is watched for and what is done, of the installation or of a team.

    Example: tollway security set-rules rules.json --team shop
    """
    body = {"team_id": find_id(session, "teams", team) or "", "rules": _read_rules(file)}
    saved = session.call("PUT", "/security/rules", body=body)
    if session.output.as_json:
        session.output.json(saved)
    else:
        session.output.line("the rules hold from now on")


def remove_rules(session: Session, *, team: Team = None) -> None:
    """Take back what was set: a team has the installation's rules again, the installation the built-in ones.

    Example: tollway security remove-rules --team shop
    """
    team_id = find_id(session, "teams", team) or ""
    session.call("DELETE", "/security/rules", query={"team_id": team_id})
    if session.output.as_json:
        session.output.json({"team_id": team_id, "removed": True})
    else:
        session.output.line("the rules that were set hold no more")


def replay(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Traffic, one JSON object a line.")],
    *,
    with_rules: Annotated[
        Path | None, typer.Option("--rules", metavar="FILE", help="Rules as JSON; default the built-in ones.")
    ] = None,
    decoy: Annotated[list[str] | None, typer.Option("--decoy", metavar="ID", help="This token is a decoy.")] = None,
) -> None:
    """Run traffic from a file through the detectors and print what they find. Changes nothing and asks nobody.

    Example: tollway security replay docs/examples/replays/spike.jsonl
    """
    try:
        found = DEFAULT_RULES if with_rules is None else read_rules(_read_rules(with_rules))
        lines = read_lines(file.read_bytes())
    except (OSError, ValueError, Invalid) as error:
        raise CommandError(ExitCode.USAGE, f"{file if with_rules is None else with_rules}: {error}") from error
    policy = WatchPolicy(0, found.thresholds, decoys=tuple(decoy or ()))
    findings = [msgspec.to_builtins(finding) for finding in run_replay(lines, policy)]
    columns = {"detector": "detector", "severity": "severity", "subject": "subject", "facts": "facts"}
    session.output.rows(findings, columns, empty="nothing is found")


def decoys(session: Session) -> None:
    """List the decoys.

    Example: tollway security decoys
    """
    columns = {"token_id": "id", "name": "name", "place": "where", "created_at": "made"}
    items = session.call("GET", "/security/decoys")["items"]
    session.output.rows(items, columns, empty="no decoys; make one with: tollway security decoy NAME --place WHERE")


def decoy(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it looks like it is for.")],
    *,
    place: Annotated[str, typer.Option("--place", metavar="TEXT", help="Where you put it; for you to remember.")] = "",
) -> None:
    """Make a decoy: a token that nobody uses. Any use of it is a critical event. Its text is printed once.

    Example: tollway security decoy "backup key" --place "the wiki's front page"
    """
    issued = session.call("POST", "/security/decoys", body={"name": name, "place": place})
    if session.output.as_json:
        session.output.json(issued)
        return
    session.output.line(issued["token"])
    session.output.note(f"{issued['name']} ({issued['token_id']}): put it where only a thief finds it")


def remove_decoy(
    session: Session, token_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the decoy.")]
) -> None:
    """Watch for a decoy no more; its token stays revoked.

    Example: tollway security remove-decoy 0123456789ab
    """
    session.call("DELETE", "/security/decoys", query={"token_id": token_id})
    session.output.line(f"{token_id} is no decoy any more")


def _read_rules(path: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.DecodeError) as error:
        raise CommandError(ExitCode.USAGE, f"{path}: {error}") from error


def _flat(event: dict[str, Any]) -> dict[str, Any]:
    about = f"{event['token_name']} ({event['token_id']})" if event["token_id"] else event["subject"]
    done = event["act"] if event["act_state"] == "none" else f"{event['act']} {event['act_state']}"
    return {**event, "about": about, "from": event["facts"].get("address") or event["facts"].get("url"), "done": done}


def _say(session: Session, event: dict[str, Any]) -> None:
    if session.output.as_json:
        session.output.json(event)
        return
    flat = _flat(event)
    session.output.line(f"{event['id']} is {event['state']}; {flat['about']}: {flat['done']}")
