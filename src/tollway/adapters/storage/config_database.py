"""The config database's unit of work: one writer at a time, readers beside it (implements Transactions).

Law: every write of this process goes through `write()`, under one lock; on PostgreSQL an advisory lock makes
that hold for all nodes. What a thread reads inside its own transaction sees its own writes; all other reads
use read-only connections and see what was committed last.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from tollway.control.ports import Transactions
from tollway.kernel.errors import TollwayError

_WRITER_LOCK = 0x746F_6C6C_0003
_LOCK_TIMEOUT_SECONDS = 10.0


class _Here(threading.local):
    """What this thread is in the middle of."""

    connection: Connection | None = None
    steps: list[Callable[[], None]]


class ConfigDatabase:
    """Connections to the config database, for the stores. Thread-safe."""

    def __init__(self, writer: Engine, reader: Engine) -> None:
        self._writer = writer
        self._reader = reader
        self._lock = threading.RLock()
        self._here = _Here()
        self._commits = 0

    @contextmanager
    def write(self) -> Iterator[None]:
        """Hold the lock and a transaction; see Transactions.write."""
        if self._here.connection is not None:
            yield
            return
        if not self._lock.acquire(timeout=_LOCK_TIMEOUT_SECONDS):
            raise TollwayError("management.unavailable", internal="another change has held the lock for too long")
        try:
            self._here.steps = []
            with _translated(), self._writer.begin() as connection:
                if connection.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITER_LOCK})
                self._here.connection = connection
                try:
                    yield
                finally:
                    self._here.connection = None
            self._commits += 1
            for step in self._here.steps:
                step()
        finally:
            self._lock.release()

    def commits(self) -> int:
        """Return how many transactions this process has committed. From any thread."""
        return self._commits

    def close(self) -> None:
        """Close all connections that nobody uses; they are opened again when needed."""
        self._writer.dispose()
        self._reader.dispose()

    def after_commit(self, step: Callable[[], None]) -> None:
        """Run `step` once after the commit; see Transactions.after_commit."""
        assert self._here.connection is not None, "only inside write()"
        if step not in self._here.steps:
            self._here.steps.append(step)

    def writing(self) -> Connection:
        """Return the connection of this thread's transaction."""
        assert self._here.connection is not None, "only inside write()"
        return self._here.connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield this thread's transaction, or a read-only connection. Raises management.unavailable."""
        if self._here.connection is not None:
            yield self._here.connection
            return
        with _translated(), self._reader.connect() as connection:
            yield connection


_NOT_STORABLE = "A value has a character or a number that the database cannot store."


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the driver's exceptions into ours."""
    try:
        yield
    except IntegrityError as error:
        raise TollwayError("management.conflict", internal=str(error.orig)) from error
    except (DataError, UnicodeEncodeError, OverflowError) as error:
        # A value that this database does not take, as PostgreSQL no U+0000: trying again later does not help.
        raise TollwayError("management.invalid", public=_NOT_STORABLE, internal=type(error).__name__) from error
    except (DBAPIError, PoolTimeoutError) as error:
        raise TollwayError("management.unavailable", internal=type(error).__name__) from error
    except SQLAlchemyError as error:
        raise TollwayError("gateway.internal", internal=type(error).__name__) from error


_: type[Transactions] = ConfigDatabase
