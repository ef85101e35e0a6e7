"""`tollway backup`, `restore`, `setup-link` and `doctor`."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from kit.command_line import Run
from kit.console_stand_in import ConsoleStandIn
from tollway.runtime.data_lock import hold

LEDGER = {"lag_bytes": 0, "problem": ""}
GATEWAY = {"version": "0.1.0", "workers": 2, "ledger": LEDGER}


@pytest.fixture
def restored(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A stand-in for the composer that notes what it should restore."""
    paths: list[Path] = []
    compose = ModuleType("tollway.compose")
    compose.restore_backup = lambda settings, path: paths.append(path) or {"path": str(path)}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tollway.compose", compose)
    return paths


def test_backup_names_the_file_in_full(console: ConsoleStandIn, run: Run, tmp_path: Path) -> None:
    answer = {"path": str(tmp_path / "b.tar"), "size_bytes": 10, "note": "root.key is not in it"}
    console.answer("POST", "/backup", answer, 201)
    assert run("backup", "b.tar", "--json").json == answer
    assert console.asked[-1].json == {"path": str(tmp_path / "b.tar")}
    result = run("backup", "b.tar")
    assert "10 bytes" in result.out
    assert "root.key is not in it" in result.err


def test_restore_needs_a_stopped_server(run: Run, data: Path, tmp_path: Path, restored: list[Path]) -> None:
    (tmp_path / "b.tar").touch()
    with hold(data, "tollway serve"):
        result = run("restore", "b.tar")
    assert result.code == 1
    assert "stop it first" in result.err
    assert restored == []
    assert run("restore", "b.tar", "--json").json == {"path": str(tmp_path / "b.tar")}


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
