"""The machine under the program: SQLite's version, open files, the clock."""

import resource
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tollway.runtime.checkup.finding import Finding
from tollway.settings.model import Settings

WAL_RESET_FIXED = (3, 51, 3)
WAL_RESET_BACKPORTS: dict[tuple[int, ...], int] = {(3, 50): 7, (3, 44): 6}
"""Releases that repair https://sqlite.org/wal.html#walresetbug: 3.51.3 and later, 3.50.7, 3.44.6."""

FILES_OF_ITS_OWN = 200
CLOCK_SLACK_SECONDS = 120
BUILT_AFTER = datetime(2026, 1, 1, tzinfo=UTC)


def check_machine(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Look at what the program runs on."""
    yield check_sqlite(sqlite3.sqlite_version_info, uses_sqlite=not settings.database.url)
    yield _open_files(resource.getrlimit(resource.RLIMIT_NOFILE)[1], settings.limits.connections_max)
    yield check_clock(settings.data, now)


def check_sqlite(version: tuple[int, ...], *, uses_sqlite: bool) -> Finding:
    """Say whether this SQLite has the WAL-reset fault, and why that is harmless here."""
    text = ".".join(map(str, version[:3]))
    if not uses_sqlite:
        return Finding("SQLite", "ok", f"{text} is not used: the database is PostgreSQL")
    if version[:3] >= WAL_RESET_FIXED or version[2] >= WAL_RESET_BACKPORTS.get(version[:2], 1_000):
        return Finding("SQLite", "ok", f"{text}, without the WAL-reset fault")
    return Finding(
        "SQLite",
        "info",
        f"{text} can corrupt a database that several connections write at once (fixed in 3.51.3). Tollway has one"
        " writing connection for each file and readers that cannot write, so it is not affected",
        "do not open the databases with other programs that write",
    )


def _open_files(most: int, connections_max: int) -> Finding:
    # A proxied call holds two sockets, the caller's and the upstream's.
    wanted = 2 * connections_max + FILES_OF_ITS_OWN
    if most == resource.RLIM_INFINITY or most >= wanted:
        return Finding("open files", "ok", f"a process may have {'any number' if most < 0 else most}")
    severe = most < 1_024
    return Finding(
        "open files",
        "warning" if severe else "info",
        f"a process may have {most}; {connections_max} connections a worker need up to {wanted}",
        f"ulimit -n {wanted}, LimitNOFILE={wanted} in systemd, or lower `limits.connections_max`",
    )


def check_clock(data: Path, now: datetime) -> Finding:
    """Say whether the clock is plausible: after this program was written, and not before what is already stored."""
    if now < BUILT_AFTER:
        return Finding("clock", "high", f"the clock says {now:%Y-%m-%d}", "set the clock; tokens expire by it")
    newest = max((path.stat().st_mtime for path in data.glob("journal/*.twj")), default=0.0)
    if newest > now.timestamp() + CLOCK_SLACK_SECONDS:
        ahead = round(newest - now.timestamp())
        return Finding("clock", "high", f"calls were recorded {ahead} s in the future", "set the clock; it went back")
    return Finding("clock", "ok", f"{now:%Y-%m-%dT%H:%M:%SZ}")
