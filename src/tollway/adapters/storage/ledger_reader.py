"""The reading side of the ledger database; `ledger/ports.py` says what each method promises.

Runs beside the writer on connections that cannot write. Text comes from callers only as bound values; names of
columns come from the tables below.
"""
# ruff: noqa: S608  # see above

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from tollway.adapters.storage.ledger import TABLES, translated
from tollway.contract.ledger_api import Dimension, LastUse, Spent, UnpricedRow
from tollway.ledger.model import COARSE, FULL, Sums
from tollway.ledger.ports import SumsQuery, SumsRow, UsageReader

GROUPS_MERGED_MAX = 64
"""Up to so many groups, calls are read group by group and merged; above, the newest calls are filtered."""
IDS_PER_QUERY = 500

_COLUMNS: Final[dict[Dimension, str]] = {
    "token": "g.token",
    "application": "g.application",
    "team": "g.team",
    "service": "g.service",
    "model": "g.model",
    "provider": "g.provider",
    "operation": "g.operation",
    "outcome": "g.outcome",
    "status": "CAST(g.status AS TEXT)",
}

Values = dict[str, Any]


class SQLUsageReader:
    """Reads through an engine made with `writer=False`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def sums(self, query: SumsQuery) -> list[SumsRow]:
        """See UsageReader.sums. A range scan of each table's primary key."""
        values: Values = {"limit": query.limit}
        source = _source(query, Sums.COLUMNS, values)
        keys = [_COLUMNS[dimension] for dimension in query.by]
        starts = ["u.start_seconds"] if query.interval else []
        counts = [f"CAST(SUM(u.{name}) AS BIGINT)" for name in Sums.COLUMNS]
        grouped = [*starts, *keys]
        statement = (
            f"SELECT {', '.join([*starts, *keys, *counts])} FROM {source}"
            + (f" GROUP BY {', '.join(grouped)}" if grouped else " HAVING COUNT(*) > 0")
            + f" ORDER BY {', '.join([*starts, 'SUM(u.calls) DESC', *keys])} LIMIT :limit"
        )
        first_key, first_count = len(starts), len(grouped)
        return [
            SumsRow(tuple(row[first_key:first_count]), row[0] if starts else None, list(row[first_count:]))
            for row in self._rows(statement, values)
        ]

    def histograms(
        self, query: SumsQuery, firsts: Sequence[str] | None
    ) -> Iterator[tuple[tuple[str, ...], int | None, bytes]]:
        """See UsageReader.histograms. The same scan as `sums`."""
        values: Values = {}
        source = _source(query, ("latencies",), values)
        if firsts is not None:
            names = _bind(values, "first", firsts)
            source += (" AND " if " WHERE " in source else " WHERE ") + f"{_COLUMNS[query.by[0]]} IN ({names})"
        columns = ["u.start_seconds", "u.latencies", *(_COLUMNS[dimension] for dimension in query.by)]
        for start, raw, *keys in self._rows(f"SELECT {', '.join(columns)} FROM {source}", values):
            yield tuple(keys), start if query.interval else None, bytes(raw)

    def calls(
        self,
        filters: dict[Dimension, str],
        *,
        since_ns: int,
        until_ns: int | None,
        before: tuple[int, str] | None,
        limit: int,
    ) -> list[tuple[int, str, bytes]]:
        """See UsageReader.calls.

        Ties by request id. Few groups: the newest of each by the index (group, start), merged. Else, and without
        filters: by the index on start.
        """
        values: Values = {"since": since_ns, "limit": limit}
        where = ["c.started_ns >= :since"]
        if until_ns is not None:
            where.append("c.started_ns < :until")
            values["until"] = until_ns
        if before is not None:
            where.append("(c.started_ns, c.request_id) < (:before_ns, :before_id)")
            values["before_ns"], values["before_id"] = before
        order = "ORDER BY started_ns DESC, request_id DESC LIMIT :limit"
        with self._connect() as connection:
            group_ids = _find_group_ids(connection, filters) if filters else None
            if group_ids is not None and not group_ids:
                return []
            if group_ids is not None and len(group_ids) <= GROUPS_MERGED_MAX:
                arms = [
                    "SELECT * FROM (SELECT c.started_ns, c.request_id, c.body FROM calls c"
                    f" WHERE c.group_id = {int(group_id)} AND {' AND '.join(where)} {order}) AS g{group_id}"
                    for group_id in group_ids
                ]
                statement = f"SELECT * FROM ({' UNION ALL '.join(arms)}) AS merged {order}"
            else:
                join = f" JOIN groups g ON g.id = c.group_id AND {_filters(filters, values)}" if filters else ""
                statement = (
                    f"SELECT c.started_ns, c.request_id, c.body FROM calls c{join} WHERE {' AND '.join(where)} {order}"
                )
            return [(row[0], row[1], bytes(row[2])) for row in connection.execute(text(statement), values)]

    def call(self, request_id: str) -> bytes | None:
        """See UsageReader.call. By the index on request_id."""
        for row in self._rows("SELECT body FROM calls WHERE request_id = :id LIMIT 1", {"id": request_id}):
            return bytes(row[0])
        return None

    def last_uses(self, token_ids: Sequence[str]) -> list[LastUse]:
        """See UsageReader.last_uses. By primary key."""
        columns = "token_id, first_ns, last_ns, last_address, last_agent, calls"
        found: list[LastUse] = []
        for first in range(0, len(token_ids), IDS_PER_QUERY):
            values: Values = {}
            names = _bind(values, "id", token_ids[first : first + IDS_PER_QUERY])
            statement = f"SELECT {columns} FROM token_uses WHERE token_id IN ({names}) ORDER BY token_id"
            found += [LastUse(*row) for row in self._rows(statement, values)]
        return found

    def spent(self, at_ns: int, owner_ids: Sequence[str]) -> list[Spent]:
        """See UsageReader.spent. By primary key; the latest period is the last row of each budget."""
        values: Values = {"at": at_ns}
        only = f"owner_id IN ({_bind(values, 'owner', owner_ids)}) AND" if owner_ids else ""
        statement = f"""
            SELECT s.owner_id, s.budget_id, s.period_start_ns, s.nanos FROM spent s JOIN (
                SELECT owner_id, budget_id, MAX(period_start_ns) AS period_start_ns FROM spent
                WHERE {only} period_start_ns <= :at GROUP BY owner_id, budget_id
            ) AS latest ON s.owner_id = latest.owner_id AND s.budget_id = latest.budget_id
                AND s.period_start_ns = latest.period_start_ns
            ORDER BY s.owner_id, s.budget_id
        """
        return [Spent(*row) for row in self._rows(statement, values)]

    def unpriced(self, since_seconds: int) -> list[UnpricedRow]:
        """See UsageReader.unpriced. Ties by name."""
        statement = """
            SELECT provider_id, upstream_model, CAST(SUM(calls) AS BIGINT), MAX(last_ns) FROM unpriced
            WHERE day_seconds >= :since GROUP BY provider_id, upstream_model
            ORDER BY SUM(calls) DESC, provider_id, upstream_model
        """
        return [UnpricedRow(*row) for row in self._rows(statement, {"since": since_seconds})]

    def oldest_start(self, resolution: int) -> int | None:
        """See UsageReader.oldest_start. The first row of the primary key."""
        statement = f"SELECT MIN(start_seconds) FROM {TABLES[resolution]} WHERE cube = {COARSE}"
        found: int | None = self._rows(statement, {})[0][0]
        return found

    def _rows(self, statement: str, values: Values) -> Sequence[Any]:
        with self._connect() as connection:
            return connection.execute(text(statement), values).fetchall()

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        with translated(), self._engine.connect() as connection:
            yield connection


def _source(query: SumsQuery, columns: Sequence[str], values: Values) -> str:
    """Return what `sums` and `histograms` select from: `u` with the sums, joined to `g` when groups matter."""
    asked = {*query.by, *query.filters}
    values["cube"] = FULL if asked & {"token", "application"} else COARSE
    arms = []
    for number, stretch in enumerate(query.stretches):
        values[f"start{number}"], values[f"end{number}"] = stretch.start, stretch.end
        start = "start_seconds"
        if query.interval and query.interval != stretch.resolution:
            start = f"start_seconds - start_seconds % {query.interval} AS start_seconds"
        arms.append(
            f"SELECT group_id, {start}, {', '.join(columns)} FROM {TABLES[stretch.resolution]}"
            f" WHERE cube = :cube AND start_seconds >= :start{number} AND start_seconds < :end{number}"
        )
    source = f"({' UNION ALL '.join(arms)}) AS u"
    if asked:
        source += " JOIN groups g ON g.id = u.group_id"
    if query.filters:
        source += f" WHERE {_filters(query.filters, values)}"
    return source


def _filters(filters: dict[Dimension, str], values: Values) -> str:
    """Return the condition on `g`. A status is a number (`429`) or a class (`4xx`)."""
    parts = []
    for dimension, wanted in filters.items():
        if dimension == "status":
            is_class = len(wanted) == 3 and wanted[0].isdigit() and wanted[1:] == "xx"
            low = int(wanted[0]) * 100 if is_class else int(wanted) if wanted.isdigit() else -1
            values["status_low"], values["status_high"] = low, low + (99 if is_class else 0)
            parts.append("g.status BETWEEN :status_low AND :status_high")
        else:
            values[f"is_{dimension}"] = wanted
            parts.append(f"{_COLUMNS[dimension]} = :is_{dimension}")
    return " AND ".join(parts)


def _find_group_ids(connection: Connection, filters: dict[Dimension, str]) -> list[int]:
    """Return the groups that match, one more than are merged at most. By the index on token, application or service."""
    values: Values = {"cube": FULL, "limit": GROUPS_MERGED_MAX + 1}
    statement = f"SELECT g.id FROM groups g WHERE g.cube = :cube AND {_filters(filters, values)} LIMIT :limit"
    return [row[0] for row in connection.execute(text(statement), values)]


def _bind(values: Values, prefix: str, items: Sequence[str]) -> str:
    """Bind a list and return its placeholders."""
    for number, item in enumerate(items):
        values[f"{prefix}{number}"] = item
    return ", ".join(f":{prefix}{number}" for number in range(len(items)))


_: type[UsageReader] = SQLUsageReader
