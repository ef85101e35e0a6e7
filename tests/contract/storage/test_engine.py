"""What both kinds of database promise to every store."""

import stat
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tollway.adapters.storage import engine as engine_module
from tollway.adapters.storage.engine import open_engine


def test_reader_sees_commits_and_cannot_write(database):
    writer, reader = database("ledger"), database("ledger", writer=False)
    with writer.begin() as connection:
        if writer.dialect.name == "postgresql":
            connection.execute(text("CREATE SCHEMA ledger"))
        connection.execute(text("CREATE TABLE t (x BIGINT)"))
        connection.execute(text("INSERT INTO t VALUES (1)"))
    with reader.connect() as connection:
        assert connection.execute(text("SELECT x FROM t")).scalar() == 1
    with reader.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(text("INSERT INTO t VALUES (2)"))


@pytest.mark.postgres
def test_r17_a_statement_that_reads_for_too_long_is_ended(postgres_database: str, monkeypatch: pytest.MonkeyPatch):
    """Nobody waits for it any more, and it would hold one of the few connections."""
    monkeypatch.setattr(engine_module, "READ_SECONDS_MAX", 1)
    reader = open_engine(postgres_database, database="config", writer=False)
    began = time.monotonic()
    with reader.connect() as connection, pytest.raises(DBAPIError, match="statement timeout"):
        connection.execute(text("SELECT pg_sleep(10)"))
    assert time.monotonic() - began < 8
    with reader.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    reader.dispose()
    writer = open_engine(postgres_database, database="config", writer=True)
    with writer.connect() as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar() == "0", "migrations take their time"
    writer.dispose()


def test_failed_transaction_leaves_nothing_not_even_tables(database):
    writer = database("config")
    with pytest.raises(ZeroDivisionError), writer.begin() as connection:
        connection.execute(text("CREATE TABLE t (x BIGINT)") if writer.dialect.name == "sqlite" else text("SELECT 1"))
        raise ZeroDivisionError
    with writer.connect() as connection:
        assert not sqlalchemy.inspect(connection).has_table("t")


def test_sqlite_writer_is_one_connection_for_all_threads(tmp_path: Path):
    engine = open_engine(tmp_path / "config.db", database="config", writer=True)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER)"))
    seen: set[int] = set()

    def write() -> None:
        for _ in range(20):
            with engine.begin() as connection:
                seen.add(id(connection.connection.driver_connection))
                connection.execute(text("INSERT INTO t VALUES (1)"))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM t")).scalar() == 80
    assert len(seen) == 1
    engine.dispose()


def test_sqlite_file_is_private_and_survives_its_writer(tmp_path: Path):
    engine = open_engine(tmp_path / "ledger.db", database="ledger", writer=True)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER)"))
        settings = [
            connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert settings == ["wal", 1, 1]
    assert stat.S_IMODE((tmp_path / "ledger.db").stat().st_mode) == 0o600
    engine.dispose()
    reader = open_engine(tmp_path / "ledger.db", database="ledger", writer=False)
    with reader.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM t")).scalar() == 0
    reader.dispose()


def test_config_commits_are_synced(tmp_path: Path):
    engine = open_engine(tmp_path / "config.db", database="config", writer=True)
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
    engine.dispose()


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite:///x.db", "http://localhost/", "postgresql://[::1/x"])
def test_other_urls_are_refused_with_the_form_that_works(url: str):
    with pytest.raises(ValueError, match="postgresql://"):
        open_engine(url, database="config", writer=True)
