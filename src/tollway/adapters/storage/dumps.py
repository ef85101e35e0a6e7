"""Consistent copies of the databases, for backup and restore.

SQLite: `VACUUM INTO`, which reads one state of the file while others write. PostgreSQL: the config tables as
JSON lines, read in one repeatable-read transaction, portable between versions; the ledger's tables are left
to PostgreSQL's own tools.
"""

import base64
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, LargeBinary, Table, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from tollway.adapters.storage.config_schema import metadata
from tollway.adapters.storage.migrate import current, migrate, newest
from tollway.control.backups.errors import not_a_backup, not_empty
from tollway.control.backups.model import DatabaseKind
from tollway.control.backups.ports import Dumper, Restorer
from tollway.kernel.errors import TollwayError

_LINES = "config.jsonl"
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
        with self._config.connect() as config, self._ledger.connect() as ledger:
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
    """Implements Dumper over a config engine."""

    kind: DatabaseKind = "postgresql"

    def __init__(self, config: Engine) -> None:
        self._config = config

    def dump(self, folder: Path) -> dict[str, str]:
        """Write config.jsonl; return the schema's revision. Raises management.unavailable."""
        encode = msgspec.json.encode
        try:
            with self._config.connect() as connection, (folder / _LINES).open("wb") as file:
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
                for table in metadata.sorted_tables:
                    for row in _rows(connection, table):
                        file.write(encode({"table": str(table.name), "row": row}) + b"\n")
                return {"config": current(connection, "config") or ""}
        except SQLAlchemyError as error:
            raise TollwayError("management.unavailable", internal=type(error).__name__) from error


class PostgresRestorer:
    """Implements Restorer for an empty PostgreSQL database, which it migrates first."""

    kind: DatabaseKind = "postgresql"

    def __init__(self, config: Engine) -> None:
        self._config = config

    def newest(self, database: str) -> str:
        """Return the newest schema this program knows of a database."""
        return _newest(database)

    def check(self, folder: Path) -> None:
        """Read every line. Raises management.invalid."""
        for _table, _row in _read_lines(folder / _LINES):
            pass

    def load(self, folder: Path, data: Path) -> None:
        """Insert every row in one transaction. Raises management.conflict when there are tokens or owners."""
        migrate(self._config, "config", data / "backups")
        with self._config.begin() as connection:
            for table in metadata.sorted_tables:
                rows = connection.execute(select(func.count()).select_from(table)).scalar_one()
                if rows and table.name != "installation":
                    raise not_empty(f"a row of {table.name}")
            connection.execute(metadata.tables["installation"].delete())
            for table, row in _read_lines(folder / _LINES):
                connection.execute(insert(table).values(row))
            # Explicit values do not move an identity's sequence.
            connection.execute(text(_MOVE_SEQUENCE))


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


def _read_lines(path: Path) -> Iterator[tuple[Table, dict[str, Any]]]:
    if not path.is_file():
        raise not_a_backup(f"{path.name} is missing")
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                item = msgspec.json.decode(line, type=dict[str, Any])
                table = metadata.tables[item["table"]]
                yield table, {name: _value(table, name, value) for name, value in item["row"].items()}
            except (ValueError, KeyError, AttributeError, TypeError) as error:
                raise not_a_backup(f"line {number} of {path.name} cannot be read") from error


def _value(table: Table, name: str, value: Any) -> Any:
    if isinstance(table.c[name].type, LargeBinary) and value is not None:
        return base64.b64decode(value, validate=True)
    return value


_dumpers: tuple[type[Dumper], ...] = (SQLiteDumper, PostgresDumper)
_restorers: tuple[type[Restorer], ...] = (SQLiteRestorer, PostgresRestorer)
