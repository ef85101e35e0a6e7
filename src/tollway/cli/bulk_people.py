"""`tollway bulk people` and `tollway bulk accounts`: one act on many of them, named or chosen by a filter."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any

import typer

from tollway.cli.answers import CommandError, ExitCode
from tollway.cli.find import Search, find_id
from tollway.cli.session import Session, command

AT_ONCE = 50
"""Of one request: half of what the API takes, so that a bar moves."""
Everything = Annotated[bool, typer.Option("--all", help="All of them; needed where nobody is named and no filter is.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would come of each; change nothing.")]
Role = Annotated[str | None, typer.Option("--role", metavar="ROLE", help="For role: which.")]
State = Annotated[str | None, typer.Option("--state", metavar="STATE", help="Only these, as in the list.")]
InTeam = Annotated[str | None, typer.Option("--in-team", metavar="TEAM", help="Of this team.")]
_PEOPLE = {"deactivate": "deactivate", "reactivate": "reactivate", "role": "set_role", "invite": "invite_again"}
_ACCOUNTS = {"deactivate": "deactivate", "reactivate": "reactivate", "role": "set_role", "owner": "set_owner"}
_WORDS = {"done": "done", "nothing_to_do": "nothing to do", "refused": "refused"}


@dataclass(frozen=True, slots=True)
class Acting:
    """Where an act is asked for, what is said beside the ids, and how its undo is written as a command."""

    path: str
    body: dict[str, Any]
    undo: Callable[[dict[str, Any]], str]


def register(bulk: typer.Typer) -> None:
    """Add the commands to `tollway bulk`."""
    command(bulk, "people")(change_people)
    command(bulk, "accounts")(change_accounts)


def change_people(
    session: Session,
    act: Annotated[str, typer.Argument(metavar="ACT", help="deactivate, reactivate, role, join, leave or invite.")],
    people: Annotated[list[str] | None, typer.Argument(metavar="PERSON...", help="Names or ids.")] = None,
    *,
    role: Role = None,
    team: Annotated[str | None, typer.Option("--team", metavar="TEAM", help="For join and leave: which.")] = None,
    state: State = None,
    has_role: Annotated[str | None, typer.Option("--has-role", metavar="ROLE", help="Who have this role.")] = None,
    in_team: InTeam = None,
    search: Search = None,
    everything: Everything = False,
    dry_run: DryRun = False,
) -> int:
    """Do one thing to many people, each by the rules of the act on one. Exits with 1 when it was refused for any.

    `invite` makes a new link for who was invited and has not come; it is mailed where that can be done, else printed.

    Example: tollway bulk people role --role viewer --in-team interns --dry-run
    """
    wanted = {"state": state, "role": find_id(session, "roles", has_role), "search": search}
    wanted["team_id"] = find_id(session, "teams", in_team)
    acting = _on_people(session, act, role=role, team=team)
    ids = _ids(session, "users", people or [], wanted, everything=everything)
    return _run(session, acting, ids, dry_run=dry_run)


def change_accounts(
    session: Session,
    act: Annotated[str, typer.Argument(metavar="ACT", help="deactivate, reactivate, role or owner.")],
    accounts: Annotated[list[str] | None, typer.Argument(metavar="ACCOUNT...", help="Names or ids.")] = None,
    *,
    role: Role = None,
    owner: Annotated[str | None, typer.Option("--owner", metavar="PERSON", help="For owner: who.")] = None,
    state: State = None,
    in_team: InTeam = None,
    search: Search = None,
    everything: Everything = False,
    dry_run: DryRun = False,
) -> int:
    """Do one thing to many service accounts, each by the rules of the act on one. Exits with 1 when any was refused.

    Example: tollway bulk accounts owner --owner ada --in-team payments
    """
    kind = _kind(act, _ACCOUNTS)
    body = {"kind": kind, "role": _needed(session, "roles", role, kind == "set_role", "--role ROLE")}
    body["owner_id"] = _needed(session, "users", owner, kind == "set_owner", "--owner PERSON")

    def undo(back: dict[str, Any]) -> str:
        what = f"role --role {back['role']}" if back["role"] else f"owner --owner {back['owner_id']}"
        return f"tollway bulk accounts {what}"

    wanted = {"state": state, "team_id": find_id(session, "teams", in_team), "search": search}
    ids = _ids(session, "service-accounts", accounts or [], wanted, everything=everything)
    return _run(session, Acting("/service-accounts/acts", body, undo), ids, dry_run=dry_run)


def _on_people(session: Session, act: str, *, role: str | None, team: str | None) -> Acting:
    if act in ("join", "leave"):
        team_id = _needed(session, "teams", team, True, "--team TEAM")
        return Acting(
            f"/teams/{team_id}/members/acts",
            {"kind": act},
            lambda back: f"tollway bulk people {back['kind']} --team {team_id}",
        )
    kind = _kind(act, {**_PEOPLE, "join": "", "leave": ""})
    body = {"kind": kind, "role": _needed(session, "roles", role, kind == "set_role", "--role ROLE")}
    return Acting("/users/acts", body, lambda back: f"tollway bulk people role --role {back['role']}")


def _kind(act: str, acts: dict[str, str]) -> str:
    if act not in acts:
        raise CommandError(ExitCode.USAGE, f"not an act: {act!r} (use {', '.join(acts)})")
    return acts[act]


def _needed(session: Session, kind: str, reference: str | None, is_needed: bool, flag: str) -> str | None:
    """Return the id of what an act needs, and None for an act that does not need it."""
    if is_needed and reference is None:
        raise CommandError(ExitCode.USAGE, f"this act needs {flag}")
    return find_id(session, kind, reference) if is_needed else None


def _ids(session: Session, kind: str, named: Sequence[str], wanted: dict[str, Any], *, everything: bool) -> list[str]:
    """Return the ids of those that are named, or else of those that match."""
    if named:
        return [str(find_id(session, kind, reference)) for reference in named]
    if not everything and not any(wanted.values()):
        raise CommandError(ExitCode.USAGE, "name somebody, filter them, or say --all")
    return [item["id"] for item in session.items(f"/{kind}", wanted)]


def _run(session: Session, acting: Acting, ids: list[str], *, dry_run: bool) -> int:
    """Act on all, some at a time, and say what came of each."""
    path = f"{acting.path}/preview" if dry_run else acting.path
    items: list[dict[str, Any]] = []
    undo: list[dict[str, Any]] = []
    with session.output.working(f"{len(ids)} of them", len(ids)) as bar:
        for some in _parts(ids):
            answer = session.call("POST", path, body={**acting.body, "ids": some})
            items += answer["items"]
            undo += answer["undo"]
            bar.at(len(items), len(ids))
    counts = {name: sum(item["outcome"] == name for item in items) for name in _WORDS}
    if session.output.as_json:
        session.output.json({**counts, "items": items, "undo": undo})
    else:
        _say(session, acting, items, [] if dry_run else undo)
        would = "would be " if dry_run else ""
        session.output.line(", ".join(f"{count} {would}{_WORDS[name]}" for name, count in counts.items()))
    return ExitCode.REFUSED if counts["refused"] else ExitCode.DONE


def _parts(ids: list[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def _say(session: Session, acting: Acting, items: list[dict[str, Any]], undo: list[dict[str, Any]]) -> None:
    shown = [{**item, "outcome": _WORDS[item["outcome"]], "came": _came_of(item)} for item in items]
    columns = {"id": "id", "name": "name", "outcome": "outcome", "came": "what came of it"}
    session.output.rows(shown, columns, empty="nobody matches")
    for back in undo:
        session.output.note(f"take it back with: {acting.undo(back)} {' '.join(back['ids'])}")


def _came_of(item: dict[str, Any]) -> str | None:
    """Say why it was refused, what ended, or where the link is."""
    if item["detail"]:
        return str(item["detail"])
    if link := item.get("link"):
        return f"mailed to {link['mailed_to']}" if link["mailed_to"] else str(link["url"])
    ended = [f"{item[name]} {name}" for name in ("sessions", "tokens") if item.get(name)]
    return f"{' and '.join(ended)} ended" if ended else None
