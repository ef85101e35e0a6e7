"""`tollway backup`, `restore`, `setup-link` and `doctor`."""

from pathlib import Path

import pytest

from kit.command_line import Run
from kit.console_stand_in import ConsoleStandIn
from tollway.adapters.storage.dumps import SQLiteDumper
from tollway.adapters.storage.engine import open_engine
from tollway.adapters.storage.migrate import migrate
from tollway.control.backups.service import Backups
from tollway.kernel.clock import FixedClock
from tollway.runtime.data_lock import hold

LEDGER = {"lag_bytes": 0, "problem": ""}
BLANK = {"done_bytes": 0, "total_bytes": None, "backup": None, "code": None, "detail": None}
GATEWAY = {"version": "0.1.0", "workers": 2, "ledger": LEDGER}


def test_backup_names_the_file_in_full(console: ConsoleStandIn, run: Run, tmp_path: Path) -> None:
    answer = {"path": str(tmp_path / "b.tar"), "size_bytes": 10, "note": "root.key is not in it"}
    running = {"state": "running", "done_bytes": 3, "total_bytes": 20, "backup": None, "code": None, "detail": None}
    console.answer("POST", "/backup/begin", running, 202)
    console.answer("GET", "/backup", {**running, "state": "done", "backup": answer})
    assert run("backup", "b.tar", "--json").json == answer
    assert console.asked[-2].json == {"path": str(tmp_path / "b.tar")}
    result = run("backup", "b.tar")
    assert "10 bytes" in result.out
    assert "root.key is not in it" in result.err


def test_a_backup_that_fails_says_why(console: ConsoleStandIn, run: Run) -> None:
    state = {"state": "failed", "code": "management.unavailable", "detail": "The files cannot be written."}
    console.answer("POST", "/backup/begin", {**BLANK, **state}, 202)
    result = run("backup", "b.tar")
    assert (result.code, "The files cannot be written." in result.err) == (3, True)


def test_a_backup_that_its_console_does_not_outlive_is_none(console: ConsoleStandIn, run: Run) -> None:
    console.answer("POST", "/backup/begin", {**BLANK, "state": "running"}, 202)
    console.answer("GET", "/backup", {**BLANK, "state": "idle"})
    result = run("backup", "b.tar")
    assert (result.code, "started again meanwhile" in result.err) == (3, True)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A backup of a fresh installation."""
    origin = tmp_path / "origin"
    origin.mkdir()
    engines = {}
    for database in ("config", "ledger"):
        engines[database] = open_engine(origin / f"{database}.db", database=database, writer=True)
        migrate(engines[database], database, origin / "backups")
    path = tmp_path / "b.tar"
    Backups(origin, SQLiteDumper(engines["config"], engines["ledger"]), FixedClock()).create(path)
    for engine in engines.values():
        engine.dispose()
    return path


def test_restore_needs_a_stopped_server(run: Run, data: Path, archive: Path) -> None:
    with hold(data, "tollway serve"):
        result = run("restore", str(archive))
    assert result.code == 1
    assert "stop it first" in result.err
    assert not (data / "config.db").exists()


def test_restore_into_an_empty_place(run: Run, data: Path, archive: Path) -> None:
    result = run("restore", str(archive))
    assert (result.code, result.out) == (0, f"restored into {data}\n")
    assert "root.key" in result.err
    assert (data / "config.db").exists()


def test_restore_overwrites_nothing_and_moves_aside_when_told_to(run: Run, data: Path, archive: Path) -> None:
    data.mkdir()
    (data / "config.db").write_text("precious")
    (data / "root.key").write_text("key")
    assert run("restore", str(archive)).code == 1
    result = run("restore", str(archive), "--replace", "--json")
    assert (Path(result.json["replaced"]) / "config.db").read_text() == "precious"
    assert (data / "root.key").read_text() == "key"
    assert (data / "config.db").read_bytes().startswith(b"SQLite format 3")


def test_restore_that_fails_leaves_everything_as_it_was(run: Run, data: Path, tmp_path: Path) -> None:
    data.mkdir()
    (data / "config.db").write_text("precious")
    (tmp_path / "bad.tar").write_bytes(b"no archive")
    result = run("restore", "bad.tar", "--replace")
    assert result.code == 1
    assert "not a usable backup" in result.err
    assert (data / "config.db").read_text() == "precious"


def test_restore_of_a_file_that_is_not_there_is_a_usage_error(run: Run) -> None:
    assert run("restore", "none.tar").code == 2


def test_setup_link_is_printed_alone(console: ConsoleStandIn, run: Run) -> None:
    console.answer("POST", "/setup/link", {"url": "http://a/setup#x", "expires_at": "2026-11-24T02:00:00Z"}, 201)
    assert run("setup-link").out == "http://a/setup#x\n"
    assert run("setup-link", "--json").json["url"] == "http://a/setup#x"


def test_doctor_finds_nothing_serious_before_the_first_start(run: Run) -> None:
    result = run("doctor", "--json")
    assert result.code == 0
    assert {finding["severity"] for finding in result.json["findings"]} <= {"ok", "info", "warning"}


def test_doctor_exits_with_1_when_something_is_serious(run: Run, data: Path) -> None:
    data.mkdir(mode=0o755)
    data.chmod(0o755)
    result = run("doctor")
    assert result.code == 1
    assert "HIGH" in result.out
    assert f"chmod 700 {data}" in result.out


@pytest.mark.parametrize(
    ("ledger", "severity"),
    [(LEDGER, "ok"), ({**LEDGER, "lag_bytes": 10**9}, "warning"), ({**LEDGER, "problem": "disk full"}, "high")],
)
def test_doctor_asks_a_running_server(
    console: ConsoleStandIn, run: Run, data: Path, ledger: dict[str, object], severity: str
) -> None:
    data.chmod(0o700)
    console.answer("GET", "/gateway", {**GATEWAY, "ledger": ledger})
    findings = run("doctor", "--json").json["findings"]
    assert [finding["severity"] for finding in findings if finding["check"] == "server"] == [severity]


def test_doctor_says_when_the_console_does_not_answer_properly(console: ConsoleStandIn, run: Run) -> None:
    result = run("doctor", "--json")
    assert result.code == 1
    assert [finding["severity"] for finding in result.json["findings"] if finding["check"] == "server"] == ["high"]
