"""A backup holds every row of every table, on both engines, and is restored whole or not at all."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import BigInteger, Boolean, Engine, Integer, LargeBinary, MetaData, Table, insert, select, text

import tollway.adapters.storage
from kit.control import ACTOR, ControlPlane, Surroundings
from tollway.adapters.storage.config_schema import metadata as config_metadata
from tollway.adapters.storage.dumps import SCHEMAS, PostgresDumper, PostgresRestorer, SQLiteDumper, SQLiteRestorer
from tollway.adapters.storage.engine import Database, open_engine
from tollway.adapters.storage.ledger_tables import metadata as ledger_metadata
from tollway.adapters.storage.migrate import migrate
from tollway.adapters.storage.sessions_schema import users
from tollway.control.backups.service import Backups, restore
from tollway.control.tokens.model import NewToken
from tollway.control.upstreams.model import NewProvider
from tollway.kernel.clock import FixedClock
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret

METADATA: dict[Database, MetaData] = {"config": config_metadata, "ledger": ledger_metadata}
MINE = ("users", "sessions", "setup_links", "attempts", "idempotency")
Rows = dict[str, list[tuple[Any, ...]]]


class Place:
    """Both databases of one installation, on one engine."""

    def __init__(self, at: "Path | str") -> None:
        self.at = at
        self.folder = at if isinstance(at, Path) else None
        self.writers = {name: self._open(name, writer=True) for name in METADATA}
        self.readers = {name: self._open(name, writer=False) for name in METADATA}

    def _open(self, name: Database, *, writer: bool) -> Engine:
        place = self.at / f"{name}.db" if isinstance(self.at, Path) else self.at
        return open_engine(place, database=name, writer=writer)

    def dumper(self) -> "SQLiteDumper | PostgresDumper":
        kind = SQLiteDumper if self.folder else PostgresDumper
        return kind(self.readers["config"], self.readers["ledger"])

    def restorer(self) -> "SQLiteRestorer | PostgresRestorer":
        return SQLiteRestorer() if self.folder else PostgresRestorer(self.writers["config"], self.writers["ledger"])

    def rows(self) -> Rows:
        found: Rows = {}
        for name, metadata in METADATA.items():
            with self.readers[name].connect() as connection:
                for table in metadata.sorted_tables:
                    found[table.name] = sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
        return found

    def close(self) -> None:
        for engine in (*self.writers.values(), *self.readers.values()):
            engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Both databases, migrated."""
    folder = tmp_path / "from"
    folder.mkdir()
    place = Place(folder if request.param == "sqlite" else str(request.getfixturevalue("postgres_database")))
    for name, writer in place.writers.items():
        migrate(writer, name, tmp_path)
    yield place
    place.close()


def fill(engine: Engine, table: Table, count: int) -> None:
    """Insert rows with something in every column."""

    def value(column: Any, number: int) -> object:
        if isinstance(column.type, LargeBinary):
            return bytes([0, 255, number % 256, number // 256])
        if isinstance(column.type, Boolean):
            return bool(number % 2)
        wide = isinstance(column.type, BigInteger)
        if isinstance(column.type, Integer):
            return 2**62 + number if wide else number
        return "user" if column.foreign_keys else f"{column.name} {number} é"

    rows = [{column.name: value(column, number) for column in table.columns} for number in range(count)]
    with engine.begin() as connection:
        connection.execute(insert(table), rows)


def filled(place: Place) -> Rows:
    """Put something into every table; return all of it."""
    with place.writers["config"].begin() as connection:
        user = {"id": "user", "name": "ada", "name_key": "ada", "role": "owner", "password_hash": "x", "created_ns": 1}
        connection.execute(insert(users), [user])
    for name in MINE[1:]:
        fill(place.writers["config"], config_metadata.tables[name], 3)
    for table in ledger_metadata.sorted_tables:
        fill(place.writers["ledger"], table, 1_203 if table.name == "calls" else 2)
    plane = ControlPlane(Surroundings(place.writers["config"], place.readers["config"])).start()
    plane.providers.create(NewProvider("p", "openai", credentials=(Secret("sk-a-long-enough-key"),)), ACTOR)
    plane.tokens.issue(NewToken("t"), ACTOR)
    return place.rows()


def emptied(place: Place, tmp_path: Path) -> Place:
    """Return where a backup can be restored into."""
    if place.folder:
        folder = tmp_path / "to"
        folder.mkdir()
        return Place(folder)
    for name, writer in place.writers.items():
        with writer.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
    return place


def test_every_row_of_every_table_is_restored(place: Place, tmp_path: Path) -> None:
    before = filled(place)
    assert all(before[name] for name in (*MINE, *ledger_metadata.tables, "tokens", "providers", "upstream_keys"))
    made = Backups(tmp_path / "data", place.dumper(), FixedClock()).create(tmp_path / "b.tar")
    assert set(made.manifest.schemas) == {"config", "ledger"} and all(made.manifest.schemas.values())
    target = emptied(place, tmp_path)
    restore(made.path, tmp_path / "to", target.restorer())
    assert target.rows() == before
    plane = ControlPlane(Surroundings(target.writers["config"], target.readers["config"])).start()
    assert plane.tokens.revoke(plane.tokens.page().items[0].id, ACTOR).state == "revoked", "it goes on from there"
    target.close()


@pytest.mark.postgres
def test_a_database_that_holds_anything_is_not_restored_into(postgres_database: str, tmp_path: Path) -> None:
    place = Place(postgres_database)
    for name, writer in place.writers.items():
        migrate(writer, name, tmp_path)
    ControlPlane(Surroundings(place.writers["config"], place.readers["config"])).start()
    made = Backups(tmp_path / "data", place.dumper(), FixedClock()).create(tmp_path / "b.tar")
    with pytest.raises(TollwayError, match=r"^management\.conflict"):
        restore(made.path, tmp_path / "to", place.restorer())
    with place.writers["config"].begin() as connection:
        connection.execute(text("DROP SCHEMA config CASCADE"))
    fill(place.writers["ledger"], ledger_metadata.tables["spent"], 1)
    with pytest.raises(TollwayError, match="spent"):
        restore(made.path, tmp_path / "to", place.restorer())
    place.close()


@pytest.mark.postgres
def test_a_ledger_that_was_never_used_is_restored_empty(postgres_database: str, tmp_path: Path) -> None:
    place = Place(postgres_database)
    migrate(place.writers["config"], "config", tmp_path)
    made = Backups(tmp_path / "data", place.dumper(), FixedClock()).create(tmp_path / "b.tar")
    assert made.manifest.schemas["ledger"] == ""
    restore(made.path, tmp_path / "to", emptied_config(place).restorer())
    assert not any(place.rows()[name] for name in ledger_metadata.tables)
    place.close()


def emptied_config(place: Place) -> Place:
    with place.writers["config"].begin() as connection:
        connection.execute(text("DROP SCHEMA config CASCADE"))
    return place


@pytest.mark.postgres
def test_a_line_that_cannot_be_read_leaves_both_databases_empty(postgres_database: str, tmp_path: Path) -> None:
    place = Place(postgres_database)
    (tmp_path / "ledger.jsonl").write_text('{"table": "spent", "row": {"nope": 1}}\n')
    (tmp_path / "config.jsonl").write_text("")
    with pytest.raises(TollwayError, match=r"line 1 of ledger\.jsonl"):
        place.restorer().check(tmp_path)
    with pytest.raises(TollwayError, match=r"line 1 of ledger\.jsonl"):
        place.restorer().load(tmp_path, tmp_path)
    assert not any(rows for name, rows in place.rows().items() if name != "installation")
    place.close()


def test_every_module_with_tables_is_known_to_a_restore() -> None:
    """`tollway restore` loads nothing else that would load them: a table it does not know is not put back."""
    folder = Path(tollway.adapters.storage.__path__[0])
    assert {path.stem for path in folder.glob("*_schema.py")} == {
        module.__name__.rpartition(".")[2] for module in SCHEMAS
    }


def test_a_file_of_a_backup_that_is_missing_or_damaged_is_not_restored(tmp_path: Path) -> None:
    """A page that was lost on the way is found by SQLite's own check, not by the first query that meets it."""
    restorer, names = SQLiteRestorer(), ("config.db", "ledger.db")
    with pytest.raises(TollwayError, match=r"config\.db is missing"):
        restorer.check(tmp_path)
    for name in names:
        with sqlite3.connect(tmp_path / name) as connection:
            connection.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY, words TEXT)")
            connection.executemany("INSERT INTO kept (words) VALUES (?)", [("x" * 900,)] * 200)
        connection.close()
    restorer.check(tmp_path)
    whole = (tmp_path / "ledger.db").read_bytes()
    for damaged in (whole[:8_192] + b"\xff" * 4_096 + whole[12_288:], whole[:50_000], b"no database" * 900):
        (tmp_path / "ledger.db").write_bytes(damaged)
        with pytest.raises(TollwayError, match=r"ledger\.db is damaged"):
            restorer.check(tmp_path)


def test_a_backup_with_a_database_that_nobody_knows_is_none(tmp_path: Path) -> None:
    place = Place(tmp_path)
    for name, writer in place.writers.items():
        migrate(writer, name, tmp_path)
    made = Backups(tmp_path / "data", place.dumper(), FixedClock()).create(tmp_path / "b.tar")
    place.close()

    class OlderRestorer(SQLiteRestorer):
        def newest(self, database: str) -> str:
            return super().newest({"ledger": "usage"}.get(database, database))

    with pytest.raises(TollwayError, match="'ledger'"):
        restore(made.path, tmp_path / "to", OlderRestorer())
    assert not (tmp_path / "to" / "config.db").exists()
