"""An embedded PostgreSQL for the session, and engines of both kinds for one test.

`database` is a parametrised fixture: a test that takes it runs once on SQLite and once on PostgreSQL. The config
database is of the newest schema already: migrating costs more than most tests. The ledger's is empty.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copy2

import pytest
import sqlalchemy

from kit.control import migrated_database
from kit.ledger_calls import make_ingest
from kit.postgres import empty_database, postgres_database, postgres_url
from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.engine import Database, open_engine
from tollway.adapters.storage.ledger_reader import SQLUsageReader
from tollway.adapters.storage.migrate import migrate
from tollway.ledger.ingest import Ingest

__all__ = ["database", "ledger", "postgres_database", "postgres_url"]

OpenDatabase = Callable[..., sqlalchemy.Engine]


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database whose config schema is the newest; nobody is connected to it."""
    with empty_database(postgres_url) as url:
        writer = open_engine(url, database="config", writer=True)
        migrate(writer, "config", tmp_path_factory.mktemp("backups"))
        writer.dispose()
        yield str(sqlalchemy.make_url(url).database)


@pytest.fixture
def migrated_postgres(postgres_url: str, postgres_template: str) -> Iterator[str]:
    """The URL of a database of its own whose config schema is the newest."""
    with empty_database(postgres_url, postgres_template) as url:
        yield url


KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenDatabase]:
    """A function `(database, *, writer) -> Engine` over a place of either kind; engines are disposed of."""
    if request.param == "sqlite":
        copy2(migrated_database(), tmp_path / "config.db")
    with opener(
        str(tmp_path) if request.param == "sqlite" else request.getfixturevalue("migrated_postgres")
    ) as open_one:
        yield open_one


@pytest.fixture
def config(database: OpenDatabase, tmp_path: Path) -> ConfigDatabase:
    """The config database of that place."""
    writer = database("config")
    migrate(writer, "config", tmp_path / "backups")
    return ConfigDatabase(writer, database("config", writer=False))


@pytest.fixture(params=KINDS)
def empty_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenDatabase]:
    """The same over a place where there is nothing yet."""
    with opener(
        str(tmp_path) if request.param == "sqlite" else request.getfixturevalue("postgres_database")
    ) as open_one:
        yield open_one


@contextmanager
def opener(place: str) -> Iterator[OpenDatabase]:
    """Yield a function that opens the databases of a folder or of a PostgreSQL; what it opened is disposed of."""
    engines: list[sqlalchemy.Engine] = []

    def open_one(name: Database, *, writer: bool = True) -> sqlalchemy.Engine:
        target = place if "://" in place else f"{place}/{name}.db"
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
