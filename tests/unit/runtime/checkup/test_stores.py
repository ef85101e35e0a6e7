"""What doctor says about the stores; it reads them and changes nothing."""

import sqlite3
from pathlib import Path

from tollway.adapters.policy_store.writer import PolicyStoreWriter
from tollway.adapters.storage.engine import open_engine
from tollway.adapters.storage.migrate import migrate
from tollway.contract.policy import VERSION, Snapshot, encode
from tollway.runtime.checkup.finding import Finding
from tollway.runtime.checkup.stores import check_journals, check_stores
from tollway.settings.model import DatabaseSettings, Settings


def severities(data: Path) -> dict[str, str]:
    return {finding.check: finding.severity for finding in check_stores(Settings(data=data))}


def find(settings: Settings, check: str) -> Finding:
    return next(finding for finding in check_stores(settings) if finding.check == check)


def test_before_the_first_start_nothing_is_wrong_and_nothing_is_made(tmp_path: Path) -> None:
    found = severities(tmp_path)
    assert set(found.values()) <= {"info", "ok"}
    assert list(tmp_path.iterdir()) == []


def test_migrated_database_is_sound(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "ledger.db", database="ledger", writer=True)
    migrate(engine, "ledger", tmp_path / "backups")
    engine.dispose()
    assert severities(tmp_path)["ledger database"] == "ok"


def test_newer_schema_is_serious_and_names_both(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "ledger.db", database="ledger", writer=True)
    migrate(engine, "ledger", tmp_path / "backups")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    finding = find(Settings(data=tmp_path), "ledger database")
    assert finding.severity == "high"
    assert "9999" in finding.detail


def test_file_that_is_no_database_is_serious(tmp_path: Path) -> None:
    (tmp_path / "config.db").write_bytes(b"no database" * 1_000)
    finding = find(Settings(data=tmp_path), "config database")
    assert (finding.severity, finding.detail) == ("high", "the file is damaged, or no database")


def test_database_that_does_not_answer_is_serious_and_its_login_is_not_shown(tmp_path: Path) -> None:
    url = f"postgresql://operator:the-password@/tollway?host={tmp_path}"
    finding = find(Settings(data=tmp_path, database=DatabaseSettings(url=url)), "config database")
    assert finding.severity == "high" and finding.detail.startswith("PostgreSQL cannot be reached")
    assert "the-password" not in str(finding) and "start PostgreSQL" in finding.fix


def test_locked_database_is_serious(tmp_path: Path) -> None:
    (tmp_path / "config.db").mkdir()
    assert find(Settings(data=tmp_path), "config database").detail == "the file cannot be opened or is locked"


def test_policy_store_that_cannot_be_read_is_serious(tmp_path: Path) -> None:
    (tmp_path / "policy").mkdir()
    for name in ("data.mdb", "policy.mdb"):
        (tmp_path / "policy" / name).write_bytes(b"no store" * 2_000)
    assert severities(tmp_path)["policy store"] == "high"


def test_empty_meters_are_serious(tmp_path: Path) -> None:
    (tmp_path / "meters.mm").write_bytes(bytes(4_096))
    assert severities(tmp_path)["meters"] == "high"
    with (tmp_path / "meters.mm").open("wb") as file:
        file.write(b"meters")
        file.truncate(2**30)
    finding = find(Settings(data=tmp_path), "meters")
    assert (finding.severity, finding.detail) == ("ok", "0.0 MiB on disk, room for 1024 MiB")


def test_journals_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.twj").write_bytes(bytes(2**20))
    assert check_journals(tmp_path).detail == "1 file, 1.0 MiB"
    (tmp_path / "b.twj").write_bytes(bytes(2**20))
    assert check_journals(tmp_path).detail == "2 files, 2.0 MiB"


def test_journals_that_nobody_reads_are_a_warning(tmp_path: Path) -> None:
    with (tmp_path / "a.twj").open("wb") as file:
        file.truncate(2**30 + 1)
    finding = check_journals(tmp_path)
    assert (finding.severity, finding.fix) == ("warning", "see the ledger's log")


def test_a_policy_store_is_sound_once_something_was_published(tmp_path: Path) -> None:
    path = tmp_path / "policy"
    PolicyStoreWriter(path).close()
    empty = find(Settings(data=tmp_path), "policy store")
    assert (empty.severity, empty.fix) == ("warning", "start the server")
    # Opened again for it: a process has a store open once at a time.
    writer = PolicyStoreWriter(path)
    writer.publish_snapshot(encode(Snapshot(VERSION, 7, 1)))
    writer.close()
    found = find(Settings(data=tmp_path), "policy store")
    assert (found.severity, found.detail) == ("ok", "revision 7, 0 models")


def test_a_schema_that_the_next_start_makes_is_no_fault(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "config.db").close()
    finding = find(Settings(data=tmp_path), "config database")
    assert finding.severity == "info" and finding.detail.startswith("schema none; the next start brings it to ")


def test_meters_that_cannot_be_read_are_serious(tmp_path: Path) -> None:
    (tmp_path / "meters.mm").mkdir()
    assert find(Settings(data=tmp_path), "meters").detail == "cannot be read: Is a directory"
