"""The writing side of the ledger database; `ledger/ports.py` says what each method promises.

Statements that run for every call or group are SQLAlchemy Core, compiled once, and run by the driver with
tuples: binding 8,000 rows by name would cost as much as everything else the ledger does.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from msgspec import structs
from sqlalchemy import (
    Column,
    Connection,
    Delete,
    Dialect,
    Engine,
    Table,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.expression import ClauseElement, ColumnElement, TextClause

from tollway.adapters.storage import ledger_tables as tables
from tollway.adapters.storage.call_packs import pack_calls
from tollway.adapters.storage.ledger_condensed import SQLCondensedStore
from tollway.adapters.storage.ledger_faults import translated
from tollway.adapters.storage.ledger_watch import SQLWatchStore
from tollway.adapters.storage.migrate import migrate
from tollway.contract.ledger_api import ADDRESSES_KEPT
from tollway.ledger.model import CUBES, NARROW, Group, Sums, decode_histograms, encode_histograms
from tollway.ledger.ports import Batch, LedgerStore, StoredState, SumsKey

KEYS_PER_QUERY = 500
ROWS_PER_STATEMENT = 64
"""Of what is inserted in thousands: half the cost of one row is the statement around it."""
SYNC_ROW = "-"
"""No journal file has this name; its row counts syncs."""


def open_store(engine: Engine, backup_dir: Path) -> "SQLLedgerStore":
    """Migrate the database and return its store. Raises usage.unavailable and storage.newer_schema."""
    with translated():
        migrate(engine, "ledger", backup_dir)
    return SQLLedgerStore(engine)


class SQLLedgerStore:
    """Writes batches through an engine made with `writer=True`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._statements = _Statements(engine.dialect.name)
        self.watch = SQLWatchStore(engine)
        self.condensed = SQLCondensedStore(engine)

    def load(self) -> StoredState:
        """See LedgerStore.load."""
        files, opened = tables.journal_files, tables.open_calls
        with self._begin() as connection:
            positions = connection.execute(select(files.c.name, files.c.position).where(files.c.name != SYNC_ROW))
            open_calls = connection.execute(select(opened.c.request_id, opened.c.writer, opened.c.body))
            return StoredState(
                {name: int(position) for name, position in positions},
                {request_id: (writer, bytes(body)) for request_id, writer, body in open_calls},
            )

    def find_groups(self, groups: Sequence[Group]) -> dict[Group, int]:
        """See LedgerStore.find_groups. One look-up each, by the unique index."""
        found: dict[Group, int] = {}
        with self._begin() as connection:
            for group in groups:
                row = connection.exec_driver_sql(self._statements.find_group, tuple(group)).first()
                if row is not None:
                    found[group] = row[0]
        return found

    def next_group_id(self) -> int:
        """See LedgerStore.next_group_id."""
        with self._begin() as connection:
            return (connection.execute(select(func.max(tables.groups.c.id))).scalar() or 0) + 1

    def find_sums(self, resolution: int, keys: Sequence[SumsKey]) -> dict[SumsKey, Sums]:
        """See LedgerStore.find_sums. By primary key, KEYS_PER_QUERY groups at a time."""
        wanted: dict[tuple[int, int], list[int]] = defaultdict(list)
        for cube, start, group_id in keys:
            wanted[cube, start].append(group_id)
        table = tables.usage[resolution]
        columns = (table.c.group_id, *(table.c[name] for name in Sums.COLUMNS), table.c.latencies)
        found: dict[SumsKey, Sums] = {}
        with self._begin() as connection:
            for (cube, start), group_ids in wanted.items():
                for first in range(0, len(group_ids), KEYS_PER_QUERY):
                    query = select(*columns).where(
                        table.c.cube == cube,
                        table.c.start_seconds == start,
                        table.c.group_id.in_(group_ids[first : first + KEYS_PER_QUERY]),
                    )
                    for group_id, *counts, latencies in connection.execute(query):
                        found[cube, start, group_id] = Sums(counts, decode_histograms(bytes(latencies)))
        return found

    def apply(self, batch: Batch) -> None:
        """See LedgerStore.apply."""
        statements = self._statements
        with self._begin() as connection:
            _many(connection, statements.group, ((group_id, *group) for group_id, group in batch.groups))
            _many_at_once(connection, statements.call, [row for calls in batch.calls for row in pack_calls(calls)])
            for resolution, sums in batch.sums.items():
                rows = ((*key, *each.counts, encode_histograms(each.histograms)) for key, each in sums.items())
                _many_at_once(connection, statements.sums[resolution], list(rows))
            _many(connection, statements.opened, batch.opened)
            _many(connection, statements.closed, ((request_id,) for request_id in batch.closed))
            _many(connection, statements.spent, ((*key, nanos) for key, nanos in batch.spent.items()))
            uses = (
                (use.token_id, use.first_ns, use.last_ns, use.last_address, use.last_agent, use.calls)
                for use in batch.uses
            )
            _many(connection, statements.use, uses)
            _many(connection, statements.secret, (structs.astuple(use) for use in batch.secrets))
            _many(connection, statements.address, (structs.astuple(use) for use in batch.addresses))
            crowded = ((token_id, token_id, *statements.addresses_kept) for token_id in batch.crowded)
            _many(connection, statements.oldest_addresses, crowded)
            _many(connection, statements.unpriced, ((*key, *value) for key, value in batch.unpriced.items()))
            _many(connection, statements.tally, ((*key, calls) for key, calls in batch.tallies.items()))
            if batch.findings:
                connection.execute(
                    insert(tables.findings), [{"at_ns": at, "body": body} for at, body in batch.findings]
                )
            _many(connection, statements.unbuilt, batch.unbuilt)
            _many(connection, statements.forgotten, ((name,) for name in batch.forgotten_files))
            _many(connection, statements.position, batch.positions.items())

    def make_durable(self) -> None:
        """See LedgerStore.make_durable.

        SQLite with synchronous=NORMAL does not sync its log at commit; one commit with FULL syncs all before it,
        provided that it changes a page. PostgreSQL syncs each.
        """
        if self._engine.dialect.name != "sqlite":
            return
        with translated():
            raw = self._engine.raw_connection()
            try:
                cursor = raw.cursor()
                cursor.execute("PRAGMA synchronous = FULL")
                cursor.execute("BEGIN IMMEDIATE")
                cursor.execute(self._statements.sync, (SYNC_ROW, 1))
                cursor.execute("COMMIT")
                cursor.execute("PRAGMA synchronous = NORMAL")
            finally:
                raw.close()

    def delete_calls(self, before_ns: int, limit: int) -> int:
        """See LedgerStore.delete_calls. By the index on started_ns; calls of the same instant go together."""
        with self._begin() as connection:
            return _delete_oldest(connection, tables.calls.c.started_ns, before_ns, limit)

    def delete_sums(self, resolution: int, before_seconds: int, limit: int) -> int:
        """See LedgerStore.delete_sums. By primary key, one cube at a time."""
        plain, condensed = tables.usage[resolution].c, tables.condensed.c
        with self._begin() as connection:
            deleted = [
                _delete_oldest(connection, plain.start_seconds, before_seconds, limit, plain.cube == cube)
                for cube in CUBES
            ]
            deleted += [
                _delete_oldest(
                    connection,
                    condensed.start_seconds,
                    before_seconds,
                    limit,
                    condensed.resolution == resolution,
                    condensed.cube == cube,
                )
                for cube in NARROW
            ]
            return sum(deleted)

    def delete_windows(self, before_ns: int, limit: int) -> int:
        """See LedgerStore.delete_windows. By the partial index of such rows."""
        with self._begin() as connection:
            return _delete_oldest(connection, tables.spent.c.period_start_ns, before_ns, limit, tables.OF_WINDOWS)

    def delete_periods(self, before_ns: int, limit: int) -> int:
        """See LedgerStore.delete_periods. By the partial index of such rows."""
        table = tables.spent.c
        keys = (table.owner_id, table.budget_id, table.period_start_ns)
        # Row by row: a million budgets may share the start of an hour.
        oldest = select(*keys).where(tables.OF_PERIODS, table.period_start_ns < before_ns)
        oldest = oldest.order_by(table.period_start_ns).limit(limit)
        with self._begin() as connection:
            return connection.execute(delete(tables.spent).where(tuple_(*keys).in_(oldest))).rowcount

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        with translated(), self._engine.begin() as connection:
            yield connection


class _Statements:
    """What `apply` runs, as the driver takes it: one placeholder for each column, in the table's order."""

    def __init__(self, dialect: str) -> None:
        self._is_postgres = dialect == "postgresql"
        make_dialect: Callable[..., Dialect] = postgresql.dialect if self._is_postgres else sqlite.dialect
        self._dialect = make_dialect(paramstyle="format" if self._is_postgres else "qmark")
        groups, uses, unpriced = tables.groups, tables.token_uses, tables.unpriced
        same_group = (groups.c[name] == bindparam(name) for name in Group._fields)
        self.find_group = self._compile(select(groups.c.id).where(*same_group))
        self.group = self._compile(insert(groups))
        self.call = self._compile(insert(tables.calls))
        self.sums = {
            resolution: self._upsert(table, replaced=(*Sums.COLUMNS, "latencies"))
            for resolution, table in tables.usage.items()
        }
        self.opened = self._compile(self._insert(tables.open_calls).on_conflict_do_nothing())
        self.closed = self._delete(tables.open_calls.c.request_id)
        self.forgotten = self._delete(tables.journal_files.c.name)
        units = tables.condensed_units.c
        self.unbuilt = self._delete(units.resolution, units.start_seconds)
        self.position = self._upsert(tables.journal_files, replaced=("position",))
        self.sync = self._upsert(tables.journal_files, added=("position",))
        self.spent = self._upsert(tables.spent, added=("nanos",))
        self.tally = self._upsert(tables.tallies, added=("calls",))
        self.use = self._upsert(
            uses,
            added=("calls",),
            newest=(uses.c.last_ns, ("last_ns", "last_address", "last_agent")),
            oldest=(uses.c.first_ns, ("first_ns",)),
        )
        secrets, addresses = tables.token_secrets, tables.token_addresses
        self.secret = self._upsert(
            secrets,
            added=("calls",),
            newest=(secrets.c.last_ns, ("last_ns", "last_address", "last_agent")),
            oldest=(secrets.c.first_ns, ("first_ns",)),
        )
        self.address = self._upsert(
            addresses,
            added=("calls",),
            newest=(addresses.c.last_ns, ("last_ns", "last_agent")),
            oldest=(addresses.c.first_ns, ("first_ns",)),
        )
        self.oldest_addresses = self._compile(_oldest_addresses())
        # SQLAlchemy writes an OFFSET beside each LIMIT for SQLite.
        self.addresses_kept = (ADDRESSES_KEPT,) if self._is_postgres else (ADDRESSES_KEPT, 0)
        self.unpriced = self._upsert(unpriced, added=("calls",), newest=(unpriced.c.last_ns, ("last_ns",)))

    def _upsert(
        self,
        table: Table,
        *,
        replaced: Sequence[str] = (),
        added: Sequence[str] = (),
        newest: tuple[Column[int] | None, Sequence[str]] = (None, ()),
        oldest: tuple[Column[int] | None, Sequence[str]] = (None, ()),
    ) -> str:
        """Insert a row, or change the one with the same key: some columns replaced, some added to, some taken from
        whichever row has the greater (`newest`) or smaller (`oldest`) value in a column."""
        statement = self._insert(table)
        new, changes = statement.excluded, dict[str, ColumnElement[Any]]()
        changes |= {name: new[name] for name in replaced}
        changes |= {name: table.c[name] + new[name] for name in added}
        for by, names, is_newest in ((*newest, True), (*oldest, False)):
            if by is not None:
                wins = new[by.name] >= by if is_newest else new[by.name] < by
                changes |= {name: case((wins, new[name]), else_=table.c[name]) for name in names}
        keys = list(table.primary_key.columns)
        return self._compile(statement.on_conflict_do_update(index_elements=keys, set_=changes))

    def _insert(self, table: Table) -> "postgresql.Insert | sqlite.Insert":
        return postgresql.insert(table) if self._is_postgres else sqlite.insert(table)

    def _delete(self, *keys: Column[Any]) -> str:
        return self._compile(delete(keys[0].table).where(*(key == bindparam(key.name) for key in keys)))

    def _compile(self, statement: ClauseElement) -> str:
        return str(statement.compile(dialect=self._dialect))


def _oldest_addresses() -> Delete:
    """Return what deletes a token's addresses but the ADDRESSES_KEPT used last; by primary key."""
    table = tables.token_addresses
    last = select(table.c.address).where(table.c.token_id == bindparam("same_id"))
    last = last.order_by(table.c.last_ns.desc(), table.c.address).limit(bindparam("kept"))
    return delete(table).where(table.c.token_id == bindparam("id"), table.c.address.not_in(last))


def _many_at_once(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Run as `_many` does, ROWS_PER_STATEMENT rows in one statement as far as they go. No two rows have one key."""
    whole = len(rows) - len(rows) % ROWS_PER_STATEMENT
    if whole:
        firsts = range(0, whole, ROWS_PER_STATEMENT)
        flat = [tuple(chain.from_iterable(rows[first : first + ROWS_PER_STATEMENT])) for first in firsts]
        connection.exec_driver_sql(_widened(statement), flat)
    _many(connection, statement, rows[whole:])


@lru_cache(maxsize=16)
def _widened(statement: str) -> str:
    """Return an insert of one row as one of ROWS_PER_STATEMENT rows."""
    head, values, rest = statement.partition(" VALUES ")
    row, end, clauses = rest.partition(")")
    return head + values + ", ".join([row + end] * ROWS_PER_STATEMENT) + clauses


def _many(connection: Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    found = list(rows)
    if found:
        connection.exec_driver_sql(statement, found)


def _delete_oldest(
    connection: Connection, column: Column[int], before: int, limit: int, *conditions: ColumnElement[bool] | TextClause
) -> int:
    last = select(column).where(column < before, *conditions).order_by(column).limit(1).offset(limit - 1)
    bound = connection.execute(last).scalar()
    upto = column < before if bound is None else column <= bound
    return connection.execute(delete(column.table).where(upto, *conditions)).rowcount


_: type[LedgerStore] = SQLLedgerStore
