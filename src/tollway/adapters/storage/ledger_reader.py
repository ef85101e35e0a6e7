"""The reading side of the ledger database; `ledger/ports.py` says what each method promises.

Runs beside the writer, on connections that cannot write.
"""

from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from functools import reduce
from operator import add
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    Select,
    Subquery,
    cast,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.sql.expression import ColumnElement

from tollway.adapters.storage import ledger_tables as tables
from tollway.adapters.storage.ledger_calls import CallSearch, find_call
from tollway.adapters.storage.ledger_faults import translated
from tollway.adapters.storage.ledger_groups import COLUMNS, filtered
from tollway.contract.ledger_api import (
    ADDRESSES_KEPT,
    AddressUse,
    Dimension,
    LastUse,
    Order,
    SecretUse,
    Spent,
    UnpricedRow,
)
from tollway.ledger.model import TOTAL, Sums, narrow_cube, smallest_cube
from tollway.ledger.ports import CallsRange, StoredCall, Stretch, SumsQuery, SumsRow, UsageReader

FOUND_EACH_MAX = 100
IDS_PER_QUERY = 500

_GROUPS = tables.groups.c
_ORDERS: Final[dict[Order, tuple[str, ...]]] = {
    "calls": ("calls",),
    "cost": ("cost_nanos",),
    "tokens": ("input_tokens", "output_tokens"),
    "errors": ("client_errors", "server_errors"),
}
_NARROW: Final[Set[Dimension]] = {"token", "application", "service"}


class SQLUsageReader:
    """Reads through an engine made with `writer=False`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def sums(self, query: SumsQuery) -> list[SumsRow]:
        """See UsageReader.sums. A range scan of the primary key of each stretch's table."""
        source = _source(query, Sums.COLUMNS)
        if query.by or query.filters:
            source = _summed(source)
        starts = [source.c.start] if query.interval else []
        keys = [COLUMNS[dimension] for dimension in query.by]
        counts = [cast(func.sum(source.c[name]), BigInteger) for name in Sums.COLUMNS]
        size = reduce(add, (func.sum(source.c[name]) for name in _ORDERS[query.order]))
        found = select(*starts, *keys, *counts).group_by(*starts, *keys).having(func.count() > 0)
        found = _joined(found, source, query).order_by(*starts, size.desc(), *keys)
        first_key, first_count = len(starts), len(starts) + len(keys)
        return [
            SumsRow(tuple(row[first_key:first_count]), row[0] if starts else None, list(row[first_count:]))
            for row in self._rows(found.limit(query.limit))
        ]

    def largest(self, query: SumsQuery) -> list[str]:
        """See UsageReader.largest. The same scan as `sums`, of the columns that make groups large."""
        names = _ORDERS[query.order]
        source = _source(query, names)
        size = reduce(add, (source.c[name] for name in names))
        by_group = select(source.c.group_id, func.sum(size).label("size")).group_by(source.c.group_id).subquery()
        key, total = COLUMNS[query.by[0]], func.sum(by_group.c.size)
        found = _joined(select(key), by_group, query).group_by(key).order_by(total.desc(), key)
        return [str(row[0]) for row in self._rows(found.limit(query.limit))]

    def histograms(self, query: SumsQuery) -> Iterator[tuple[tuple[str, ...], int | None, bytes]]:
        """See UsageReader.histograms. The same scan as `sums`."""
        source = _source(query, ("latencies",))
        keys = [COLUMNS[dimension] for dimension in query.by]
        found = _joined(select(source.c.start, source.c.latencies, *keys), source, query)
        for start, raw, *key in self._rows(found):
            yield tuple(key), start if query.interval else None, bytes(raw)

    def calls(self, filters: dict[Dimension, str], within: CallsRange, *, limit: int) -> list[StoredCall]:
        """See UsageReader.calls and CallSearch."""
        with self._connect() as connection:
            return CallSearch(connection, within, limit).find(filters)

    def call(self, request_id: str) -> bytes | None:
        """See UsageReader.call and find_call."""
        with self._connect() as connection:
            return find_call(connection, request_id)

    def last_uses(self, token_ids: Sequence[str]) -> list[LastUse]:
        """See UsageReader.last_uses. By primary key."""
        found: list[LastUse] = []
        for first in range(0, len(token_ids), IDS_PER_QUERY):
            wanted = tables.token_uses.c.token_id.in_(token_ids[first : first + IDS_PER_QUERY])
            found += [LastUse(*row) for row in self._rows(select(tables.token_uses).where(wanted))]
        return found

    def origins(self, token_id: str) -> tuple[list[SecretUse], list[AddressUse]]:
        """See UsageReader.origins. By the first column of the primary keys: a handful of rows each."""
        secrets, addresses = tables.token_secrets, tables.token_addresses
        used = self._rows(select(secrets).where(secrets.c.token_id == token_id))
        from_where = select(addresses).where(addresses.c.token_id == token_id)
        seen = self._rows(from_where.order_by(addresses.c.last_ns.desc(), addresses.c.address).limit(ADDRESSES_KEPT))
        return (
            sorted((SecretUse(*row) for row in used), key=lambda use: int(use.generation), reverse=True),
            [AddressUse(*row) for row in seen],
        )

    def spent(self, at_ns: int, owner_ids: Sequence[str]) -> list[Spent]:
        """See UsageReader.spent. By primary key; the latest period is the last row of each budget."""
        table = tables.spent
        latest = select(table.c.owner_id, table.c.budget_id, func.max(table.c.period_start_ns).label("start"))
        latest = latest.where(table.c.period_start_ns <= at_ns).group_by(table.c.owner_id, table.c.budget_id)
        if owner_ids:
            latest = latest.where(table.c.owner_id.in_(owner_ids))
        newest = latest.subquery()
        query = (
            select(table)
            .join(newest, (table.c.owner_id == newest.c.owner_id) & (table.c.budget_id == newest.c.budget_id))
            .where(table.c.period_start_ns == newest.c.start)
            .order_by(table.c.owner_id, table.c.budget_id)
        )
        return [Spent(*row) for row in self._rows(query)]

    def spent_windows(self, since_ns: int) -> list[Spent]:
        """See UsageReader.spent_windows. Reads the whole table, once after a power loss."""
        table = tables.spent.c
        query = (
            select(tables.spent)
            .where(table.budget_id.contains("~", autoescape=True), table.period_start_ns >= since_ns)
            .order_by(table.owner_id, table.budget_id, table.period_start_ns)
        )
        return [Spent(*row) for row in self._rows(query)]

    def largest_spent(self, period_starts_ns: Sequence[int], limit: int) -> list[Spent]:
        """See UsageReader.largest_spent. By the partial indexes: a row for each budget that spent in these periods."""
        table = tables.spent.c
        starts = [start for start in period_starts_ns if start]
        arms = [select(tables.spent).where(tables.OF_PERIODS, table.period_start_ns.in_(starts))] if starts else []
        if len(starts) < len(period_starts_ns):
            arms.append(select(tables.spent).where(tables.OF_TOTALS))
        if not arms:
            return []
        found = union_all(*arms).subquery()
        order = (found.c.nanos.desc(), found.c.owner_id, found.c.budget_id, found.c.period_start_ns)
        return [Spent(*row) for row in self._rows(select(found).order_by(*order).limit(limit))]

    def findings(self, after_seq: int, limit: int) -> list[tuple[int, bytes]]:
        """See UsageReader.findings. By primary key."""
        table = tables.findings
        query = select(table.c.seq, table.c.body).where(table.c.seq > after_seq).order_by(table.c.seq).limit(limit)
        return [(int(seq), bytes(body)) for seq, body in self._rows(query)]

    def newest_finding(self) -> int:
        """See UsageReader.newest_finding. By primary key."""
        (row,) = self._rows(select(func.max(tables.findings.c.seq)))
        return int(row[0] or 0)

    def unpriced(self, since_seconds: int) -> list[UnpricedRow]:
        """See UsageReader.unpriced. Ties by name."""
        table = tables.unpriced.c
        total = cast(func.sum(table.calls), BigInteger)
        query = (
            select(table.provider_id, table.upstream_model, total, func.max(table.last_ns))
            .where(table.day_seconds >= since_seconds)
            .group_by(table.provider_id, table.upstream_model)
            .order_by(total.desc(), table.provider_id, table.upstream_model)
        )
        return [UnpricedRow(*row) for row in self._rows(query)]

    def oldest_start(self, resolution: int) -> int | None:
        """See UsageReader.oldest_start. The first row of the primary key."""
        table = tables.usage[resolution]
        found: int | None = self._rows(select(func.min(table.c.start_seconds)).where(table.c.cube == TOTAL))[0][0]
        return found

    def built(self, stretch: Stretch) -> list[int]:
        """See UsageReader.built. By primary key."""
        table = tables.condensed_units.c
        query = select(table.start_seconds).where(
            table.resolution == stretch.resolution,
            table.start_seconds >= stretch.start,
            table.start_seconds < stretch.end,
        )
        return [int(row[0]) for row in self._rows(query.order_by(table.start_seconds))]

    def _rows(self, query: Select[Any]) -> Sequence[Any]:
        with self._connect() as connection:
            return connection.execute(query).fetchall()

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        with translated(), self._engine.connect() as connection:
            yield connection


def _source(query: SumsQuery, columns: Sequence[str]) -> Subquery:
    """Return the rows of all stretches, each with the start of its interval, 0 without one."""
    return union_all(*(_stretch(stretch, query, columns) for stretch in query.stretches)).subquery()


def _summed(source: Subquery) -> Subquery:
    """Add up by group before the groups are joined: a few joined rows instead of one for each hour."""
    sums = [func.sum(source.c[name]).label(name) for name in Sums.COLUMNS]
    return select(source.c.group_id, source.c.start, *sums).group_by(source.c.group_id, source.c.start).subquery()


def _stretch(stretch: Stretch, query: SumsQuery, columns: Sequence[str]) -> Select[Any]:
    table = (tables.condensed if stretch.is_condensed else tables.usage[stretch.resolution]).c
    cube = _cube(stretch, query)
    start: ColumnElement[int] = table.start_seconds if query.interval else literal(0)
    if query.interval and query.interval != stretch.resolution:
        start = start - start % query.interval
    firsts_count = len(query.firsts or ())
    # A token is in few groups; an application, a model or a team may be in a tenth of all.
    is_narrow = "token" in query.filters or (query.by[:1] == ("token",) and 0 < firsts_count <= FOUND_EACH_MAX)
    # SQLite would scan the primary key whatever it is asked for; an expression has no index.
    of_cube = (table.cube + 0 if is_narrow else table.cube) == cube
    found = select(table.group_id, start.label("start"), *(table[name] for name in columns)).where(
        of_cube, table.start_seconds >= stretch.start, table.start_seconds < stretch.end
    )
    if stretch.is_condensed:
        found = found.where((table.resolution + 0 if is_narrow else table.resolution) == stretch.resolution)
    if is_narrow or firsts_count or query.filters.keys() & _NARROW:
        wanted = select(_GROUPS.id).where(_GROUPS.cube == cube, *_conditions(query))
        # Few groups' rows are found by the index (group, start); of many, everybody's are read.
        found = found.where((table.group_id if is_narrow else table.group_id + 0).in_(wanted))
    return found


def _cube(stretch: Stretch, query: SumsQuery) -> int:
    """Return the smallest cube of the stretch's sums that knows what is asked."""
    dimensions = {*query.by, *query.filters}
    narrow = narrow_cube(dimensions) if stretch.is_condensed else None
    return smallest_cube(dimensions) if narrow is None else narrow


def _joined(query: Select[Any], source: Subquery, asked: SumsQuery) -> Select[Any]:
    if not asked.by and not asked.filters:
        return query.select_from(source)
    return query.select_from(source.join(tables.groups, _GROUPS.id == source.c.group_id)).where(*_conditions(asked))


def _conditions(query: SumsQuery) -> Iterator[ColumnElement[bool]]:
    yield from filtered(query.filters)
    if query.firsts is not None:
        yield COLUMNS[query.by[0]].in_(query.firsts)


_: type[UsageReader] = SQLUsageReader
