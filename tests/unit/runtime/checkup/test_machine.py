"""What doctor says about the machine."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tollway.runtime.checkup.machine import check_clock, check_machine, check_sqlite
from tollway.settings import fields
from tollway.settings.model import Settings

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("version", "severity"),
    [
        ((3, 40, 1), "info"),
        ((3, 44, 5), "info"),
        ((3, 44, 6), "ok"),
        ((3, 50, 6), "info"),
        ((3, 50, 7), "ok"),
        ((3, 51, 2), "info"),
        ((3, 51, 3), "ok"),
        ((3, 53, 0), "ok"),
        ((4, 0, 0), "ok"),
    ],
)
def test_sqlite_with_the_wal_reset_fault_is_named_and_explained(version: tuple[int, ...], severity: str) -> None:
    finding = check_sqlite(version, uses_sqlite=True)
    assert finding.severity == severity
    assert severity == "ok" or "one writing connection" in finding.detail


def test_sqlite_does_not_matter_with_postgresql() -> None:
    assert check_sqlite((3, 40, 1), uses_sqlite=False).severity == "ok"


def test_clock_before_this_program_was_written_is_serious(tmp_path: Path) -> None:
    assert check_clock(tmp_path, datetime(1970, 1, 2, tzinfo=UTC)).severity == "high"
    assert check_clock(tmp_path, NOW).severity == "ok"


@pytest.mark.parametrize(("ahead_seconds", "severity"), [(-5, "ok"), (60, "ok"), (3_600, "high")])
def test_calls_recorded_in_the_future_mean_that_the_clock_went_back(
    tmp_path: Path, ahead_seconds: int, severity: str
) -> None:
    journal = tmp_path / "journal"
    journal.mkdir()
    (journal / "a.twj").touch()
    os.utime(journal / "a.twj", (NOW.timestamp() + ahead_seconds,) * 2)
    assert check_clock(tmp_path, NOW).severity == severity


def test_few_open_files_are_found() -> None:
    settings = fields.build({"limits.connections_max": 1_000_000})
    findings = {finding.check: finding for finding in check_machine(settings, NOW)}
    assert findings["open files"].severity != "high"
    few = fields.build({"limits.connections_max": 8})
    assert {finding.check: finding.severity for finding in check_machine(few, NOW)}["open files"] == "ok"


def test_everything_is_looked_at() -> None:
    assert [finding.check for finding in check_machine(Settings(), NOW)] == ["SQLite", "open files", "clock"]
