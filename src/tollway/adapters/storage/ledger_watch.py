"""What the ledger's watch keeps: profiles, the policy, and findings until they are old."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, delete, insert, select

from tollway.adapters.storage import ledger_tables as tables
from tollway.adapters.storage.ledger_faults import translated
from tollway.ledger.watching.ports import WatchStore

KEYS_PER_QUERY = 500


class SQLWatchStore:
    """Implements WatchStore through an engine made with `writer=True`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find_states(self, keys: Collection[str]) -> dict[str, bytes]:
        """Return what is stored under these keys, by primary key."""
        table, listed = tables.watch_states, list(keys)
        found: dict[str, bytes] = {}
        with self._begin() as connection:
            for first in range(0, len(listed), KEYS_PER_QUERY):
                part = listed[first : first + KEYS_PER_QUERY]
                rows = connection.execute(select(table.c.key, table.c.body).where(table.c.key.in_(part)))
                found |= {key: bytes(body) for key, body in rows}
        return found

    def put_states(self, states: Mapping[str, bytes]) -> None:
        """Replace what is stored, in one transaction."""
        table, keys = tables.watch_states, list(states)
        with self._begin() as connection:
            for first in range(0, len(keys), KEYS_PER_QUERY):
                part = keys[first : first + KEYS_PER_QUERY]
                connection.execute(delete(table).where(table.c.key.in_(part)))
                connection.execute(insert(table), [{"key": key, "body": states[key]} for key in part])

    def delete_findings(self, before_ns: int, limit: int) -> int:
        """Delete the oldest by primary key, which rises with time."""
        table = tables.findings
        oldest = select(table.c.seq).where(table.c.at_ns < before_ns).order_by(table.c.seq).limit(limit)
        with self._begin() as connection:
            return connection.execute(delete(table).where(table.c.seq.in_(oldest))).rowcount

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        with translated(), self._engine.begin() as connection:
            yield connection


_: type[WatchStore] = SQLWatchStore
