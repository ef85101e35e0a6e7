"""`tollway scan`: find tokens that were written into files or committed, and report them to this installation."""

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer

from tollway.cli.answers import CommandError, ExitCode
from tollway.cli.progress import progress
from tollway.cli.scanning.looking import look
from tollway.cli.scanning.model import Finding, Looked, State
from tollway.cli.scanning.shown import show_json, show_line, show_sarif
from tollway.cli.session import Session, command
from tollway.settings.faults import InvalidSettings

ASKED_MAX = 1_000
"""Tokens in one request."""

Paths = Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files, folders or git repositories.")]
Format = Annotated[
    Literal["text", "json", "sarif"], typer.Option("--format", help="How to print what was found: text, json or sarif.")
]
WithHistory = Annotated[bool, typer.Option("--history/--no-history", help="Look into the history of repositories too.")]
Offline = Annotated[bool, typer.Option("--offline", help="Do not ask this installation about what was found.")]
Report = Annotated[
    bool, typer.Option("--report", help="Report what was found to this installation, which acts as its policy says.")
]
Where = Annotated[
    str, typer.Option("--where", metavar="URL", help="Where what is scanned can be seen; kept with the report.")
]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    command(app, "scan")(scan)


def scan(
    session: Session,
    paths: Paths,
    *,
    form: Format = "text",
    history: WithHistory = True,
    offline: Offline = False,
    report: Report = False,
    where: Where = "",
) -> int:
    """Find tokens in files and in the whole history of git repositories. Exits with 1 when there are any.

    A token counts only when its checksum is right. Where this installation can be asked, it says what each one is.

    Example: tollway scan --report .
    """
    form = "json" if session.output.as_json else form
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise CommandError(ExitCode.USAGE, f"there is no {', '.join(missing)}")
    looked = Looked()
    with progress(is_wanted=form == "text") as begin:
        found = look(paths, looked, begin, has_history=history)
    states: dict[str, State] = {}
    if found and (report or not offline):
        states = _report(session, found, where) if report else _ask(session, found)
    _show(session, [(each, states.get(_text(each), "not_checked")) for each in found], looked, form)
    return ExitCode.REFUSED if found else ExitCode.DONE


def _show(session: Session, found: list[tuple[Finding, State]], looked: Looked, form: str) -> None:
    if form == "json":
        session.output.json(show_json(found, looked))
        return
    if form == "sarif":
        session.output.json(show_sarif(found))
        return
    for finding, state in found:
        session.output.line(show_line(finding, state))
    for skipped in looked.skipped:
        session.output.note(f"skipped: {skipped}")
    what = f"{looked.files:,} files and {looked.objects:,} objects of repositories"
    session.output.note(f"{len(found)} found in {what}" if found else f"nothing found in {what}")


def _text(finding: Finding) -> str:
    return finding.token.raw.decode()


def _ask(session: Session, found: list[Finding]) -> dict[str, State]:
    """Return what this installation knows of the tokens; nothing when it is not running."""
    from tollway.cli.connect import SOCKET, answers  # Late: a scan of files alone needs no sockets.

    try:
        if not answers(session.settings.data / SOCKET):
            return {}
    except InvalidSettings:
        return {}  # this place has no installation, so that there is nobody to ask
    return _states(session, "/security/lookup", [{"token": text} for text in dict.fromkeys(map(_text, found))])


def _report(session: Session, found: list[Finding], where: str) -> dict[str, State]:
    """Report each token once, at the first place it was found in."""
    places: dict[str, dict[str, Any]] = {}
    for each in found:
        place = f"{each.repository or ''}{':' if each.repository else ''}{each.path}:{each.line}"
        url = where or (f"{place} ({each.commit})" if each.commit else place)
        places.setdefault(_text(each), {"token": _text(each), "url": url[:2_000], "source": "scan"})
    return _states(session, "/security/reports", list(places.values()))


def _states(session: Session, path: str, asked: list[dict[str, Any]]) -> dict[str, State]:
    states: dict[str, State] = {}
    for start in range(0, len(asked), ASKED_MAX):
        part = asked[start : start + ASKED_MAX]
        answer = session.call("POST", path, body={"tokens": part})
        states |= {
            each["token"]: msgspec.convert(item["state"], State)
            for each, item in zip(part, answer["items"], strict=True)
        }
    return states
