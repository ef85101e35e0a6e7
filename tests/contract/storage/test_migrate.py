"""Migrations on both engines: idempotent, copied first, and never down."""

import threading

import pytest
from sqlalchemy import text

from tollway.adapters.storage.engine import open_engine
from tollway.adapters.storage.migrate import migrate, newest
from tollway.kernel.errors import TollwayError


def test_empty_database_is_migrated_once(database, tmp_path):
    engine = database("ledger")
    assert migrate(engine, "ledger", tmp_path / "backups") == newest("ledger")
    assert migrate(engine, "ledger", tmp_path / "backups") == newest("ledger")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
        assert connection.execute(text("SELECT count(*) FROM calls")).scalar() == 0
    assert not (tmp_path / "backups").exists(), "there was nothing to copy"


def test_newer_schema_is_refused_and_left_alone(database, tmp_path):
    engine = database("ledger")
    migrate(engine, "ledger", tmp_path)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(TollwayError, match="schema 9999") as caught:
        migrate(engine, "ledger", tmp_path)
    assert caught.value.code.name == "storage.newer_schema"


def test_existing_sqlite_file_is_copied_before_it_changes(tmp_path):
    engine = open_engine(tmp_path / "ledger.db", database="ledger", writer=True)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('0000')"))
        connection.execute(text("CREATE TABLE precious (x INTEGER)"))
        connection.execute(text("INSERT INTO precious VALUES (7)"))
    with pytest.raises(Exception, match="0000"):
        migrate(engine, "ledger", tmp_path / "backups")
    copy = open_engine(tmp_path / "backups/ledger-0000.db", database="ledger", writer=False)
    with copy.connect() as connection:
        assert connection.execute(text("SELECT x FROM precious")).scalar() == 7
    copy.dispose()
    engine.dispose()


@pytest.mark.postgres
def test_nodes_that_start_together_migrate_once(postgres_database, tmp_path):
    failures: list[BaseException] = []

    def start() -> None:
        engine = open_engine(postgres_database, database="ledger", writer=True)
        try:
            migrate(engine, "ledger", tmp_path)
        except BaseException as error:
            failures.append(error)
        finally:
            engine.dispose()

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.postgres
def test_both_trees_live_in_one_postgres_database(postgres_database, tmp_path):
    engine = open_engine(postgres_database, database="ledger", writer=True)
    migrate(engine, "ledger", tmp_path)
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT table_schema FROM information_schema.tables WHERE table_name = 'calls'")
        ).scalars()
        assert list(found) == ["ledger"]
    engine.dispose()
