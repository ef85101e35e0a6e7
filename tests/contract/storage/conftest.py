"""An embedded PostgreSQL for the session, and engines of both kinds for one test.

`database` is a parametrised fixture: a test that takes it runs once on SQLite and once on PostgreSQL.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy

from kit.ledger_calls import make_ingest
from kit.postgres import postgres_database, postgres_url
from tollway.adapters.storage.engine import Database, open_engine
from tollway.adapters.storage.ledger_reader import SQLUsageReader
from tollway.ledger.ingest import Ingest

__all__ = ["database", "ledger", "postgres_database", "postgres_url"]

OpenDatabase = Callable[..., sqlalchemy.Engine]


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
