"""The condensed sums of the ledger database; `ledger/condensing/ports.py` says what each method promises."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Select, delete, func, insert, select

from tollway.adapters.storage import ledger_tables as tables
from tollway.adapters.storage.ledger_faults import translated
from tollway.ledger.condensing.ports import CondensedKey, CondensedStore
from tollway.ledger.model import (
    CUBES,
    NARROW,
    SPANS,
    TOTAL,
    Group,
    Sums,
    Unit,
    decode_histograms,
    encode_histograms,
)

_TABLE, _UNITS, _GROUPS = tables.condensed, tables.condensed_units, tables.groups
_ROWS_AT_ONCE = 2_000


class SQLCondensedStore:
    """Implements CondensedStore through an engine made with `writer=True`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def built(self) -> set[Unit]:
        """See CondensedStore.built. The whole table: some ten thousand rows in a year."""
        with self._begin() as connection:
            rows = connection.execute(select(_UNITS.c.resolution, _UNITS.c.start_seconds))
            return {Unit(*row) for row in rows}

    def oldest(self, resolution: int) -> int | None:
        """See CondensedStore.oldest. By primary key."""
        table = tables.usage[resolution]
        with self._begin() as connection:
            found: int | None = connection.execute(
                select(func.min(table.c.start_seconds)).where(table.c.cube == TOTAL)
            ).scalar()
            return found

    def find_plain(self, unit: Unit, cube: int) -> list[tuple[Group, Sums]]:
        """See CondensedStore.find_plain. By primary key, and each group by its own."""
        table = tables.usage[unit.resolution]
        query = (
            select(*list(_GROUPS.c)[1:], *(table.c[name] for name in Sums.COLUMNS), table.c.latencies)
            .join(_GROUPS, _GROUPS.c.id == table.c.group_id)
            .where(table.c.cube == cube, table.c.start_seconds == unit.start)
        )
        width = len(Group._fields)
        with self._begin() as connection:
            rows = connection.execute(query).fetchall()
        return [
            (Group._make(row[:width]), Sums(list(row[width:-1]), decode_histograms(bytes(row[-1])))) for row in rows
        ]

    def find_parts(self, unit: Unit, cube: int, groups: range) -> list[tuple[int, Sums]]:
        """See CondensedStore.find_parts. By primary key, one part at a time."""
        found: list[tuple[int, Sums]] = []
        with self._begin() as connection:
            for part in unit.parts():
                for group_id, *counts, latencies in connection.execute(_select_part(part, cube, groups)):
                    found.append((group_id, Sums(counts, decode_histograms(bytes(latencies)))))
        return found

    def last_group_id(self) -> int:
        """See CondensedStore.last_group_id. By primary key."""
        with self._begin() as connection:
            return int(connection.execute(select(func.max(_GROUPS.c.id))).scalar() or 0)

    def put(self, unit: Unit, sums: Mapping[CondensedKey, Sums], groups: Sequence[tuple[int, Group]]) -> None:
        """See CondensedStore.put."""
        with self._begin() as connection:
            if groups:
                named = [{"id": group_id, **group._asdict()} for group_id, group in groups]
                connection.execute(insert(_GROUPS), named)
            for cube in NARROW:
                _delete(connection, unit, cube)
            _insert(connection, unit, ((*key, each) for key, each in sums.items()))
            connection.execute(insert(_UNITS), _key(unit))

    def put_part(self, unit: Unit, cube: int, groups: range, sums: Mapping[int, Sums]) -> None:
        """See CondensedStore.put_part."""
        with self._begin() as connection:
            _delete(connection, unit, cube, groups)
            _insert(connection, unit, ((cube, group_id, each) for group_id, each in sums.items()))

    def mark(self, unit: Unit) -> None:
        """See CondensedStore.mark."""
        with self._begin() as connection:
            connection.execute(insert(_UNITS), _key(unit))

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        with translated(), self._engine.begin() as connection:
            yield connection


def _key(unit: Unit) -> dict[str, int]:
    return {"resolution": unit.resolution, "start_seconds": unit.start}


def _select_part(part: Unit, cube: int, groups: range) -> Select[Any]:
    is_plain = cube in CUBES and part.resolution not in SPANS
    table = tables.usage[part.resolution] if is_plain else _TABLE
    query = select(table.c.group_id, *(table.c[name] for name in Sums.COLUMNS), table.c.latencies).where(
        table.c.cube == cube,
        table.c.start_seconds == part.start,
        table.c.group_id >= groups.start,
        table.c.group_id < groups.stop,
    )
    return query if is_plain else query.where(_TABLE.c.resolution == part.resolution)


def _delete(connection: Connection, unit: Unit, cube: int, groups: range | None = None) -> None:
    """By primary key."""
    statement = delete(_TABLE).where(
        _TABLE.c.resolution == unit.resolution, _TABLE.c.cube == cube, _TABLE.c.start_seconds == unit.start
    )
    if groups is not None:
        statement = statement.where(_TABLE.c.group_id >= groups.start, _TABLE.c.group_id < groups.stop)
    connection.execute(statement)


def _insert(connection: Connection, unit: Unit, sums: Iterable[tuple[int, int, Sums]]) -> None:
    rows = [
        {
            **_key(unit),
            "cube": cube,
            "group_id": group_id,
            **dict(zip(Sums.COLUMNS, each.counts, strict=True)),
            "latencies": encode_histograms(each.histograms),
        }
        for cube, group_id, each in sums
    ]
    for first in range(0, len(rows), _ROWS_AT_ONCE):
        connection.execute(insert(_TABLE), rows[first : first + _ROWS_AT_ONCE])


_: type[CondensedStore] = SQLCondensedStore
