"""Consistent copies of the databases, for backup and restore.

SQLite: `VACUUM INTO`, which reads one state of the file while others write. PostgreSQL: the tables of each database
as JSON lines, read in one repeatable-read transaction, portable between versions.
"""

import base64
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, LargeBinary, MetaData, Table, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from tollway.adapters.storage import (
    alerts_schema,
    config_schema,
    factors_schema,
    life_schema,
    limits_schema,
    rights_schema,
    security_schema,
    sessions_schema,
)
from tollway.adapters.storage.engine import Database
from tollway.adapters.storage.ledger_tables import metadata as ledger_metadata
from tollway.adapters.storage.migrate import current, migrate, newest
from tollway.control.backups.errors import not_a_backup, not_empty
from tollway.control.backups.model import DatabaseKind
from tollway.control.backups.ports import Dumper, Restorer
from tollway.kernel.errors import TollwayError

SCHEMAS = (
    alerts_schema,
    config_schema,
    factors_schema,
    life_schema,
    limits_schema,
    rights_schema,
    security_schema,
    sessions_schema,
)
"""Every module with tables of the config database: a table is only known, and put back, once its module is loaded."""

_METADATA: dict[Database, MetaData] = {"config": config_schema.metadata, "ledger": ledger_metadata}

_ROWS = 500
_MOVE_SEQUENCE = "SELECT setval(pg_get_serial_sequence('dirty', 'seq'), COALESCE(MAX(seq), 0) + 1) FROM dirty"


class SQLiteDumper:
    """Implements Dumper over read-only engines of both files."""

    kind: DatabaseKind = "sqlite"

    def __init__(self, config: Engine, ledger: Engine) -> None:
        self._config = config
        self._ledger = ledger

    def dump(self, folder: Path) -> dict[str, str]:
        """Write config.db and ledger.db; return their schemas' revisions. Raises management.unavailable."""
        with _translated(), self._config.connect() as config, self._ledger.connect() as ledger:
            schemas = {"config": current(config, "config") or "", "ledger": current(ledger, "ledger") or ""}
        for name, engine in (("config", self._config), ("ledger", self._ledger)):
            _vacuum_into(engine, folder / f"{name}.db")
        return schemas


class SQLiteRestorer:
    """Implements Restorer for files in the data directory."""

    kind: DatabaseKind = "sqlite"

    def newest(self, database: str) -> str:
        """Return the newest schema this program knows of a database."""
        return _newest(database)

    def check(self, folder: Path) -> None:
        """Run SQLite's integrity check over both files. Raises management.invalid."""
        for name in ("config.db", "ledger.db"):
            _check_file(folder / name)

    def load(self, folder: Path, data: Path) -> None:
        """Move both files into the data directory."""
        for name in ("ledger.db", "config.db"):
            (folder / name).chmod(0o600)
            (folder / name).replace(data / name)


class PostgresDumper:
    """Implements Dumper over read-only engines of both schemas."""

    kind: DatabaseKind = "postgresql"

    def __init__(self, config: Engine, ledger: Engine) -> None:
        self._engines: dict[Database, Engine] = {"config": config, "ledger": ledger}

    def dump(self, folder: Path) -> dict[str, str]:
        """Write config.jsonl and ledger.jsonl, each of one state; return the schemas' revisions.

        Raises management.unavailable.
        """
        with _translated():
            return {name: _dump(engine, name, folder / f"{name}.jsonl") for name, engine in self._engines.items()}


class PostgresRestorer:
    """Implements Restorer for an empty PostgreSQL database, which it migrates first."""

    kind: DatabaseKind = "postgresql"

    def __init__(self, config: Engine, ledger: Engine) -> None:
        self._engines: dict[Database, Engine] = {"config": config, "ledger": ledger}

    def newest(self, database: str) -> str:
        """Return the newest schema this program knows of a database."""
        return _newest(database)

    def check(self, folder: Path) -> None:
        """Read every line. Raises management.invalid."""
        for name in self._engines:
            for _table, _row in _read_lines(folder / f"{name}.jsonl", name):
                pass

    def load(self, folder: Path, data: Path) -> None:
        """Insert every row, of both databases or of none. Raises management.conflict when they hold anything."""
        with _translated(), ExitStack() as stack:
            for name, engine in self._engines.items():
                migrate(engine, name, data / "backups")
            connections = {name: stack.enter_context(engine.begin()) for name, engine in self._engines.items()}
            for name, connection in connections.items():
                _check_empty(connection, name)
            connections["config"].execute(_METADATA["config"].tables["installation"].delete())
            for name, connection in connections.items():
                for table, rows in _batches(_read_lines(folder / f"{name}.jsonl", name)):
                    connection.execute(insert(table), rows)
            # Explicit values do not move an identity's sequence.
            connections["config"].execute(text(_MOVE_SEQUENCE))


def _dump(engine: Engine, database: Database, path: Path) -> str:
    """Write every row of a database as of one instant; return its revision, "" for one that was never used."""
    encode = msgspec.json.encode
    with engine.connect() as connection, path.open("wb") as file:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        revision = current(connection, database)
        for table in _METADATA[database].sorted_tables if revision is not None else ():
            for row in _rows(connection, table):
                file.write(encode({"table": str(table.name), "row": row}) + b"\n")
    return revision or ""


def _check_empty(connection: Connection, database: Database) -> None:
    for table in _METADATA[database].sorted_tables:
        if table.name != "installation" and connection.execute(select(table).limit(1)).first() is not None:
            raise not_empty(f"a row of {table.name}")


def _batches(lines: Iterator[tuple[Table, dict[str, Any]]]) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    """Yield the rows of each table together, at most _ROWS at a time."""
    for table, found in groupby(lines, key=itemgetter(0)):
        while rows := [row for _, row in islice(found, _ROWS)]:
            yield table, rows


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise TollwayError("management.unavailable", internal=type(error).__name__) from error


def _vacuum_into(engine: Engine, target: Path) -> None:
    raw = engine.raw_connection()
    try:
        raw.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as error:
        raise TollwayError("management.unavailable", internal=f"{target.name}: {error}") from error
    finally:
        raw.close()
    target.chmod(0o600)


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise not_a_backup(f"{path.name} is missing")
    connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    try:
        found = connection.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as error:
        raise not_a_backup(f"{path.name} is damaged") from error
    finally:
        connection.close()
    if found != "ok":
        raise not_a_backup(f"{path.name} is damaged")


def _newest(database: str) -> str:
    if database not in ("config", "ledger"):
        raise KeyError(database)
    return newest("config" if database == "config" else "ledger")


def _rows(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    binary = {column.name for column in table.columns if isinstance(column.type, LargeBinary)}
    for row in connection.execute(select(table).execution_options(yield_per=_ROWS)).mappings():
        yield {
            str(name): base64.b64encode(value).decode() if name in binary and value is not None else value
            for name, value in row.items()
        }


def _read_lines(path: Path, database: Database) -> Iterator[tuple[Table, dict[str, Any]]]:
    if not path.is_file():
        raise not_a_backup(f"{path.name} is missing")
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                item = msgspec.json.decode(line, type=dict[str, Any])
                table = _METADATA[database].tables[item["table"]]
                yield table, {name: _value(table, name, value) for name, value in item["row"].items()}
            except (ValueError, KeyError, AttributeError, TypeError) as error:
                raise not_a_backup(f"line {number} of {path.name} cannot be read") from error


def _value(table: Table, name: str, value: Any) -> Any:
    if isinstance(table.c[name].type, LargeBinary) and value is not None:
        return base64.b64decode(value, validate=True)
    return value


_dumpers: tuple[type[Dumper], ...] = (SQLiteDumper, PostgresDumper)
_restorers: tuple[type[Restorer], ...] = (SQLiteRestorer, PostgresRestorer)
