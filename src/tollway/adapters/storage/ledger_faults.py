"""Turns failures of the ledger's database into the one error that the ledger knows."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from tollway.kernel.errors import TollwayError


@contextmanager
def translated() -> Iterator[None]:
    """Turn a failure of the database inside into usage.unavailable; its text may name rows, so it is internal."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        first_line = str(error).partition("\n")[0]
        raise TollwayError("usage.unavailable", internal=f"{type(error).__name__}: {first_line}") from error
