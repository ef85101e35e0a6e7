"""The writing side of the ledger database; `ledger/ports.py` says what each method promises.

Statements are plain SQL run by the driver with tuples: SQLAlchemy's own construction of 8,000 rows would cost
as much as everything else the ledger does. They are the same on both engines but for the placeholder.
"""
# ruff: noqa: S608  # only names from this file's own tables are put into SQL; values are bound

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from tollway.kernel.errors import TollwayError
from tollway.ledger.model import COARSE, DAY, FULL, HOUR, MINUTE, Group, Sums, decode_histograms, encode_histograms
from tollway.ledger.ports import Batch, LedgerStore, StoredState, SumsKey

TABLES = {MINUTE: "usage_minutes", HOUR: "usage_hours", DAY: "usage_days"}
KEYS_PER_QUERY = 500
_SYNC_ROW = "-"
"""No journal file has this name; its row counts syncs."""

_GROUP_COLUMNS = ", ".join(Group._fields)
_SUMS_COLUMNS = ", ".join(Sums.COLUMNS)
_SUMS_WIDTH = len(Sums.COLUMNS) + 4


def _values(width: int) -> str:
    return f"VALUES ({', '.join('?' * width)})"


_FORGET = "DELETE FROM journal_files WHERE name = ?"
_POSITION = (
    f"INSERT INTO journal_files (name, position) {_values(2)}"
    " ON CONFLICT (name) DO UPDATE SET position = excluded.position"
)
_OPEN = f"INSERT INTO open_calls (request_id, writer, body) {_values(3)} ON CONFLICT (request_id) DO NOTHING"
_CLOSE = "DELETE FROM open_calls WHERE request_id = ?"
_GROUP = f"INSERT INTO groups (id, {_GROUP_COLUMNS}) {_values(len(Group._fields) + 1)}"
_FIND_GROUP = f"SELECT id FROM groups WHERE {' AND '.join(f'{name} = ?' for name in Group._fields)}"
_CALL = f"INSERT INTO calls (started_ns, group_id, request_id, body) {_values(4)}"
_SPENT = (
    f"INSERT INTO spent (owner_id, budget_id, period_start_ns, nanos) {_values(4)}"
    " ON CONFLICT (owner_id, budget_id, period_start_ns) DO UPDATE SET nanos = spent.nanos + excluded.nanos"
)
_USE = f"""
    INSERT INTO token_uses (token_id, first_ns, last_ns, last_address, last_agent, calls) {_values(6)}
    ON CONFLICT (token_id) DO UPDATE SET
        first_ns = CASE WHEN excluded.first_ns < token_uses.first_ns
            THEN excluded.first_ns ELSE token_uses.first_ns END,
        last_address = CASE WHEN excluded.last_ns >= token_uses.last_ns
            THEN excluded.last_address ELSE token_uses.last_address END,
        last_agent = CASE WHEN excluded.last_ns >= token_uses.last_ns
            THEN excluded.last_agent ELSE token_uses.last_agent END,
        last_ns = CASE WHEN excluded.last_ns >= token_uses.last_ns THEN excluded.last_ns ELSE token_uses.last_ns END,
        calls = token_uses.calls + excluded.calls
"""
_UNPRICED = f"""
    INSERT INTO unpriced (day_seconds, provider_id, upstream_model, calls, last_ns) {_values(5)}
    ON CONFLICT (day_seconds, provider_id, upstream_model) DO UPDATE SET
        calls = unpriced.calls + excluded.calls,
        last_ns = CASE WHEN excluded.last_ns > unpriced.last_ns THEN excluded.last_ns ELSE unpriced.last_ns END
"""
_TALLY = (
    f"INSERT INTO tallies (minute_seconds, code, calls) {_values(3)}"
    " ON CONFLICT (minute_seconds, code) DO UPDATE SET calls = tallies.calls + excluded.calls"
)


def _sums_statement(table: str) -> str:
    columns = (*Sums.COLUMNS, "latencies")
    return (
        f"INSERT INTO {table} (cube, start_seconds, group_id, {', '.join(columns)}) {_values(_SUMS_WIDTH)}"
        " ON CONFLICT (cube, start_seconds, group_id) DO UPDATE SET "
        + ", ".join(f"{name} = excluded.{name}" for name in columns)
    )


class SQLLedgerStore:
    """Writes batches through an engine made with `writer=True`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"

    def load(self) -> StoredState:
        """See LedgerStore.load."""
        with self._begin() as connection:
            positions = self._rows(connection, f"SELECT name, position FROM journal_files WHERE name <> '{_SYNC_ROW}'")
            opened = self._rows(connection, "SELECT request_id, writer, body FROM open_calls")
        return StoredState(dict(positions), {key: (writer, bytes(body)) for key, writer, body in opened})

    def find_groups(self, groups: Sequence[Group]) -> dict[Group, int]:
        """See LedgerStore.find_groups. One look-up each, by the unique index."""
        found: dict[Group, int] = {}
        with self._begin() as connection:
            for group in groups:
                for (group_id,) in self._rows(connection, _FIND_GROUP, tuple(group)):
                    found[group] = group_id
        return found

    def next_group_id(self) -> int:
        """See LedgerStore.next_group_id."""
        with self._begin() as connection:
            return int(self._rows(connection, "SELECT coalesce(max(id), 0) + 1 FROM groups")[0][0])

    def find_sums(self, resolution: int, keys: Sequence[SumsKey]) -> dict[SumsKey, Sums]:
        """See LedgerStore.find_sums. Reads by primary key, KEYS_PER_QUERY groups at a time."""
        wanted: dict[tuple[int, int], list[int]] = defaultdict(list)
        for cube, start, group_id in keys:
            wanted[cube, start].append(group_id)
        found: dict[SumsKey, Sums] = {}
        with self._begin() as connection:
            for (cube, start), group_ids in wanted.items():
                for first in range(0, len(group_ids), KEYS_PER_QUERY):
                    some = group_ids[first : first + KEYS_PER_QUERY]
                    statement = (
                        f"SELECT group_id, {_SUMS_COLUMNS}, latencies FROM {TABLES[resolution]}"
                        f" WHERE cube = ? AND start_seconds = ? AND group_id IN ({', '.join('?' * len(some))})"
                    )
                    for row in self._rows(connection, statement, (cube, start, *some)):
                        found[cube, start, row[0]] = Sums(list(row[1:-1]), decode_histograms(bytes(row[-1])))
        return found

    def apply(self, batch: Batch) -> None:
        """See LedgerStore.apply."""
        with self._begin() as connection:
            self._many(connection, _GROUP, ((group_id, *group) for group_id, group in batch.groups))
            self._many(connection, _CALL, batch.calls)
            for resolution, sums in batch.sums.items():
                rows = ((*key, *each.counts, encode_histograms(each.histograms)) for key, each in sums.items())
                self._many(connection, _sums_statement(TABLES[resolution]), rows)
            self._many(connection, _OPEN, batch.opened)
            self._many(connection, _CLOSE, ((request_id,) for request_id in batch.closed))
            self._many(connection, _SPENT, ((*key, nanos) for key, nanos in batch.spent.items()))
            self._many(
                connection,
                _USE,
                (
                    (use.token_id, use.first_ns, use.last_ns, use.last_address, use.last_agent, use.calls)
                    for use in batch.uses
                ),
            )
            self._many(connection, _UNPRICED, ((*key, *value) for key, value in batch.unpriced.items()))
            self._many(connection, _TALLY, ((*key, calls) for key, calls in batch.tallies.items()))
            self._many(connection, _FORGET, ((name,) for name in batch.forgotten_files))
            self._many(connection, _POSITION, batch.positions.items())

    def make_durable(self) -> None:
        """See LedgerStore.make_durable.

        SQLite with synchronous=NORMAL does not sync its log at commit; one commit with FULL syncs all before it.
        PostgreSQL syncs each.
        """
        if not self._is_sqlite:
            return
        with translated():
            raw = self._engine.raw_connection()
            try:
                cursor = raw.cursor()
                cursor.execute("PRAGMA synchronous = FULL")
                cursor.execute("BEGIN IMMEDIATE")
                # The log is only written, and so synced, when a page has changed.
                cursor.execute(
                    f"INSERT INTO journal_files VALUES ('{_SYNC_ROW}', 0)"
                    " ON CONFLICT (name) DO UPDATE SET position = journal_files.position + 1"
                )
                cursor.execute("COMMIT")
                cursor.execute("PRAGMA synchronous = NORMAL")
            finally:
                raw.close()

    def delete_calls(self, before_ns: int, limit: int) -> int:
        """See LedgerStore.delete_calls. By the index on started_ns; calls of the same instant go together."""
        return self._delete_oldest("calls", "started_ns", before_ns, limit, where="", values=())

    def delete_sums(self, resolution: int, before_seconds: int, limit: int) -> int:
        """See LedgerStore.delete_sums. By primary key, one cube at a time."""
        return sum(
            self._delete_oldest(
                TABLES[resolution], "start_seconds", before_seconds, limit, where="cube = ? AND ", values=(cube,)
            )
            for cube in (COARSE, FULL)
        )

    def _delete_oldest(
        self, table: str, column: str, before: int, limit: int, *, where: str, values: tuple[int, ...]
    ) -> int:
        find = f"SELECT {column} FROM {table} WHERE {where}{column} < ? ORDER BY {column} LIMIT 1 OFFSET ?"
        with self._begin() as connection:
            last = self._rows(connection, find, (*values, before, limit - 1))
            bound = last[0][0] if last else before - 1
            delete = self._sql(f"DELETE FROM {table} WHERE {where}{column} <= ?")
            return connection.exec_driver_sql(delete, (*values, bound)).rowcount

    def _rows(self, connection: Connection, statement: str, values: tuple[Any, ...] = ()) -> Sequence[Any]:
        return connection.exec_driver_sql(self._sql(statement), values).fetchall()

    def _many(self, connection: Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        found = list(rows)
        if found:
            connection.exec_driver_sql(self._sql(statement), found)

    def _sql(self, statement: str) -> str:
        return statement if self._is_sqlite else statement.replace("?", "%s")

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        with translated(), self._engine.begin() as connection:
            yield connection


@contextmanager
def translated() -> Iterator[None]:
    """Turn a failure of the database inside into usage.unavailable; its text may name rows, so it is internal."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        first_line = str(error).partition("\n")[0]
        raise TollwayError("usage.unavailable", internal=f"{type(error).__name__}: {first_line}") from error


_: type[LedgerStore] = SQLLedgerStore
