"""Remembered requests in the config database."""

from typing import Any

from sqlalchemy import delete, insert, select, update

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_rows import from_json, to_json
from tollway.adapters.storage.config_schema import idempotency
from tollway.control.idempotency.model import Remembered
from tollway.control.idempotency.ports import IdempotencyStore


class SQLIdempotencyStore:
    """Implements IdempotencyStore."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def find(self, scope: str, key: str) -> Remembered | None:
        """Return what is remembered under the key."""
        query = select(idempotency).where(idempotency.c.scope == scope, idempotency.c.key == key)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            return None
        return Remembered(
            body_hash=row["body_hash"],
            status=row["status"],
            headers=from_json(row["headers"], tuple[tuple[str, str], ...]),
            body=row["body"],
            is_secret=row["is_secret"],
            created_ns=row["created_ns"],
        )

    def add(self, scope: str, key: str, request: Remembered) -> None:
        """Remember a request."""
        self._database.writing().execute(insert(idempotency).values(scope=scope, key=key, **_values(request)))

    def put(self, scope: str, key: str, request: Remembered) -> None:
        """Replace what is remembered."""
        query = update(idempotency).where(idempotency.c.scope == scope, idempotency.c.key == key)
        self._database.writing().execute(query.values(_values(request)))

    def remove(self, scope: str, key: str) -> None:
        """Forget one request."""
        query = delete(idempotency).where(idempotency.c.scope == scope, idempotency.c.key == key)
        self._database.writing().execute(query)

    def forget(self, *, before_ns: int, limit: int) -> int:
        """Delete at most `limit` requests made before that instant, by idempotency_by_time."""
        connection = self._database.writing()
        old = select(idempotency.c.scope, idempotency.c.key).where(idempotency.c.created_ns < before_ns).limit(limit)
        rows = connection.execute(old).all()
        for row in rows:
            self.remove(row.scope, row.key)
        return len(rows)


def _values(request: Remembered) -> dict[str, Any]:
    return {
        "body_hash": request.body_hash,
        "status": request.status,
        "headers": to_json(request.headers),
        "body": request.body,
        "is_secret": request.is_secret,
        "created_ns": request.created_ns,
    }


_: type[IdempotencyStore] = SQLIdempotencyStore
