"""Opens the two databases, config and ledger, on SQLite or PostgreSQL.

Law: a SQLite file has one writing connection in all, and readers that cannot write. SQLite before 3.51.3
can corrupt a WAL database that several connections write or checkpoint (https://sqlite.org/wal.html#walresetbug).
In PostgreSQL both live in one database, each in the schema of its name, so no table names a schema.
"""

import sqlite3
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

Database = Literal["config", "ledger"]

BUSY_TIMEOUT_SECONDS = 5.0
CONNECT_TIMEOUT_SECONDS = 5
POOL_TIMEOUT_SECONDS = 10.0
READERS_MAX = 4
READ_SECONDS_MAX = 60
"""PostgreSQL ends what reads for longer: whoever asked has gone by then. A backup reads in small portions."""
WAL_PAGES = 4_000
"""32 MiB of log before it is copied into the file: index pages are then written once instead of many times."""
POSTGRES_WRITERS_MAX = 4

_SYNCHRONOUS: dict[Database, str] = {
    # An acknowledged management write survives power loss: each commit is an fsync (about 0.7 ms).
    "config": "FULL",
    # The journals hold what a power loss takes from the ledger, so its commits need no fsync.
    "ledger": "NORMAL",
}


def open_engine(url_or_path: str | Path, *, database: Database, writer: bool) -> Engine:
    """Return an engine for a SQLite file (a path) or a PostgreSQL URL; nothing is connected yet.

    With `writer=False` every write fails. A writing SQLite engine has one connection: a second `begin()`
    waits up to POOL_TIMEOUT_SECONDS for it, then raises sqlalchemy.exc.TimeoutError. The file is made with mode
    0600 when the writer first connects; its folder must exist. Engines may be used from any thread, one
    connection by one thread at a time. Raises ValueError for a URL that is not PostgreSQL's.
    """
    text = str(url_or_path)
    if "://" not in text:
        return _open_sqlite(Path(text), database, writer)
    return _open_postgres(_postgres_url(text), database, writer)


def _open_sqlite(path: Path, database: Database, writer: bool) -> Engine:
    def connect() -> sqlite3.Connection:
        return _connect_writer(path, database) if writer else _connect_reader(path)

    engine = create_engine(
        "sqlite+pysqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=1 if writer else READERS_MAX,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_SECONDS,
    )
    begin = "BEGIN IMMEDIATE" if writer else "BEGIN"
    # sqlite3 is told to leave transactions alone (isolation_level=None), so that they span DDL and reads too.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _connect_writer(path: Path, database: Database) -> sqlite3.Connection:
    path.touch(mode=0o600)
    raw = sqlite3.connect(path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False)
    if raw.execute("PRAGMA page_count").fetchone()[0] == 0:
        raw.execute("PRAGMA page_size = 8192")
    raw.execute("PRAGMA journal_mode = WAL")
    raw.execute(f"PRAGMA synchronous = {_SYNCHRONOUS[database]}")
    raw.execute("PRAGMA foreign_keys = ON")
    raw.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
    raw.execute("PRAGMA temp_store = MEMORY")
    return raw


def _connect_reader(path: Path) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.absolute()))}?mode=ro"
    raw = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False)
    raw.execute("PRAGMA temp_store = MEMORY")
    return raw


def _postgres_url(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise ValueError("not a database URL; write postgresql://user@host/name") from error
    if url.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise ValueError(f"not a PostgreSQL URL: its scheme is {url.drivername!r}; write postgresql://user@host/name")
    return url.set(drivername="postgresql+psycopg")


def _open_postgres(url: URL, database: Database, writer: bool) -> Engine:
    engine = create_engine(
        url,
        pool_size=POSTGRES_WRITERS_MAX if writer else READERS_MAX,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_SECONDS,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_TIMEOUT_SECONDS, "application_name": f"tollway {database}"},
    )

    def prepare(raw: Any, _record: object) -> None:
        raw.autocommit = True
        raw.execute(f"SET search_path TO {database}")
        if not writer:
            raw.execute("SET default_transaction_read_only TO on")
            raw.execute(f"SET statement_timeout TO '{READ_SECONDS_MAX}s'")
        raw.autocommit = False

    event.listen(engine, "connect", prepare, insert=True)
    return engine
