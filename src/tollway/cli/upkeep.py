"""`tollway backup`, `restore`, `setup-link` and `doctor`: looking after an installation."""

import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tollway.cli.answers import CommandError, ExitCode
from tollway.cli.connect import SOCKET, answers, lock
from tollway.cli.session import Session, command

if TYPE_CHECKING:
    from tollway.runtime.checkup.finding import Finding

LOOK_SECONDS = 0.1
"""Between two looks at how far a backup is."""
LAG_BYTES_WARNING = 64 * 1_048_576

_MARKS = {"ok": "ok     ", "info": "note   ", "warning": "warning", "high": "HIGH   "}


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    command(app, "backup")(backup)
    command(app, "restore")(restore)
    command(app, "setup-link")(setup_link)
    command(app, "doctor")(doctor)


def backup(session: Session, path: Annotated[Path, typer.Argument(metavar="PATH", help="The file to write.")]) -> None:
    """Write a consistent copy of the installation to a file, while everything runs. It does not hold root.key.

    Example: tollway backup /var/backups/tollway.tar
    """
    with session.output.working("copying") as bar:
        state = session.call("POST", "/backup/begin", body={"path": str(path.absolute())})
        while state["state"] == "running":
            if state["total_bytes"] is not None:
                bar.at(state["done_bytes"], state["total_bytes"])
            time.sleep(LOOK_SECONDS)
            state = session.call("GET", "/backup")
    result = state["backup"]
    if result is None:
        raise _failed(state)
    if session.output.as_json:
        session.output.json(result)
        return
    session.output.line(f"{result['path']} ({result['size_bytes']} bytes)")
    session.output.note(result["note"])


def _failed(state: dict[str, Any]) -> CommandError:
    """Return why there is no backup; the console forgets one that was under way when it ended."""
    code = ExitCode.REFUSED if state["code"] in ("management.conflict", "management.invalid") else ExitCode.UNAVAILABLE
    text = state["detail"] or "the console was started again meanwhile, and the backup is not whole"
    return CommandError(code, text, {"title": text, "detail": text, "code": state["code"]})


def restore(
    session: Session,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A file that `backup` wrote.")],
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Move aside what is there; without it, refuse.")] = False,
) -> None:
    """Put a backup into a data directory. The server must be stopped; root.key must be the installation's own.

    Example: tollway restore /var/backups/tollway.tar --replace
    """
    if not path.is_file():
        raise CommandError(ExitCode.USAGE, f"there is no file {path}")
    data = session.settings.data
    held = lock(session.settings, session.purpose)
    if isinstance(held, str):
        raise CommandError(ExitCode.REFUSED, f"{held}; stop it first")
    aside = data / f"replaced-{datetime.now(UTC):%Y%m%d-%H%M%S}" if replace else None
    with held, session.output.working("restoring") as bar:
        # Loads the storage, so only when it is needed.
        from tollway.runtime.restoring import find_missing_keys, restore_backup

        restored = restore_backup(session.settings, path.absolute(), aside=aside, tell=bar.at)
        missing = find_missing_keys(data, restored)
    is_aside = aside is not None and aside.exists()
    result: dict[str, object] = {"data": str(data), "schemas": restored.manifest.schemas}
    result["replaced"] = str(aside) if is_aside else None
    result["missing_root_keys"] = list(missing)
    if session.output.as_json:
        session.output.json(result)
        return
    session.output.line(f"restored into {data}" + (f"; what was there is in {aside}" if is_aside else ""))
    if not (data / "root.key").exists():
        session.output.note(restored.manifest.note)
    if missing:
        session.output.note(
            f"root.key does not hold the keys {', '.join(missing)} that open this backup: put its copy in place first"
        )


def setup_link(session: Session) -> None:
    """Print a new one-time link that sets up the console; earlier links stop working.

    Example: tollway setup-link
    """
    result = session.call("POST", "/setup/link")
    if session.output.as_json:
        session.output.json(result)
    else:
        session.output.line(result["url"])


def doctor(session: Session) -> int:
    """Check an installation, running or stopped. Exits with 1 when something is seriously wrong.

    Example: tollway doctor --json
    """
    findings = _examine(session)
    if session.output.as_json:
        session.output.json({"findings": [asdict(finding) for finding in findings]})
    for finding in findings if not session.output.as_json else ():
        session.output.line(f"{_MARKS[finding.severity]}  {finding.check}: {finding.detail}")
        if finding.fix:
            session.output.line(f"{'':>9}do: {finding.fix}")
    return ExitCode.REFUSED if any(finding.severity == "high" for finding in findings) else ExitCode.DONE


def _examine(session: Session) -> "list[Finding]":
    from tollway.runtime.checkup.exposure import check_exposure
    from tollway.runtime.checkup.files import check_files
    from tollway.runtime.checkup.machine import check_machine
    from tollway.runtime.checkup.stores import check_stores

    settings = session.settings
    findings = [*check_files(settings.data), *check_machine(settings, datetime.now(UTC)), *check_exposure(settings)]
    findings += check_stores(settings)
    findings.append(_server(session))
    return findings


def _server(session: Session) -> "Finding":
    """Ask a running server how far its ledger is behind."""
    from tollway.runtime.checkup.finding import Finding

    if not answers(session.settings.data / SOCKET):
        return Finding("server", "info", "not running on this data directory")
    try:
        gateway: dict[str, Any] = session.call("GET", "/gateway")
    except CommandError as error:
        return Finding("server", "high", f"the console does not answer properly: {error}", "see the server's log")
    ledger = gateway["ledger"]
    if ledger["problem"]:
        return Finding("server", "high", f"the ledger has a problem: {ledger['problem']}", "see the ledger's log")
    if ledger["lag_bytes"] > LAG_BYTES_WARNING:
        return Finding(
            "server", "warning", f"the ledger is {ledger['lag_bytes']} bytes behind", "it catches up by itself"
        )
    return Finding("server", "ok", f"version {gateway['version']} with {gateway['workers']} workers")
