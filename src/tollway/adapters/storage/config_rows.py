"""What the config database's stores share: JSON columns, keyset pages, look-ups of many ids."""

from collections.abc import Callable, Collection, Iterator
from itertools import islice
from typing import TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Table, literal, select, tuple_

from tollway.control.access.model import Reach, Sight
from tollway.control.model import Damaged, Page, Position, name_key
from tollway.kernel.errors import TollwayError

T = TypeVar("T")
IDS_MAX = 500
"""Ids in one IN list; SQLite allows 32,766 variables, long lists are slow to plan."""

HIGHEST = "\U0010ffff"
"""Sorts after every other character, byte by byte, so that [x, x + HIGHEST) is everything that begins with x."""


def to_json(value: object) -> str:
    """Return the JSON text of dataclasses, structs, tuples and plain values."""
    return msgspec.json.encode(value).decode()


def from_json(text: str, kind: type[T]) -> T:
    """Read what `to_json` wrote. Raises ValueError."""
    return msgspec.json.decode(text, type=kind)


def read_row(row: RowMapping, build: Callable[[RowMapping], T]) -> T | Damaged:
    """Return the object of a row, or that the row is damaged."""
    try:
        return build(row)
    except ValueError as error:
        return Damaged(row["id"], row["name"], f"the stored row cannot be read: {type(error).__name__}")


def whole(item: T | Damaged) -> T:
    """Return the object. Raises gateway.record_damaged."""
    if isinstance(item, Damaged):
        raise TollwayError("gateway.record_damaged", internal=f"{item.id}: {item.detail}")
    return item


def after_position(table: Table, after: Position | None, *, is_descending: bool = True) -> ColumnElement[bool] | None:
    """Return the condition of the rows that follow a position in (created_ns, id)."""
    if after is None:
        return None
    # Compared as one row value, which both engines look up in the index.
    place = tuple_(table.c.created_ns, table.c.id)
    last = tuple_(literal(after.created_ns), literal(after.id))
    return place < last if is_descending else place > last


def in_order(query: Select[T], table: Table, *, is_descending: bool = True) -> Select[T]:
    """Order by (created_ns, id), the order of every list; uses the index `<table>_by_time`."""
    columns = (table.c.created_ns, table.c.id)
    return query.order_by(*(column.desc() if is_descending else column.asc() for column in columns))


def named_like(query: Select[T], table: Table, search: str | None) -> Select[T]:
    """Narrow to names that begin with a text (case ignored), as a range of the unique index on name_key: there are no
    wildcards to escape. Those that match are sorted in memory."""
    if not search:
        return query
    low = name_key(search)
    named = select(table.c.id).where(table.c.name_key >= low, table.c.name_key < low + HIGHEST)
    return query.where(table.c.id.in_(named))


def of_teams(query: Select[T], table: Table, sight: Sight) -> Select[T]:
    """Narrow to the rows of the teams in sight; the installation's own, without a team, only who sees all sees."""
    return query if sight.reach is Reach.ALL else query.where(table.c.team_id.in_(sorted(sight.team_ids)))


def read_page(connection: Connection, query: Select[T], build: Callable[[RowMapping], T], *, limit: int) -> Page[T]:
    """Read one row more than the page holds, to know whether another follows. Damaged rows are left out."""
    rows = connection.execute(query.limit(limit + 1)).mappings().all()
    items = (read_row(row, build) for row in rows[:limit])
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(
        tuple(item for item in items if not isinstance(item, Damaged)),
        None if last is None else Position(last["created_ns"], last["id"]),
    )


def chunks(ids: Collection[str]) -> Iterator[list[str]]:
    """Yield the ids in lists of at most IDS_MAX."""
    iterator = iter(ids)
    while chunk := list(islice(iterator, IDS_MAX)):
        yield chunk


def read_names(connection: Connection, table: Table, ids: Collection[str]) -> dict[str, str]:
    """Return the names of those ids that exist or existed."""
    found: dict[str, str] = {}
    for chunk in chunks(set(ids)):
        query = select(table.c.id, table.c.name).where(table.c.id.in_(chunk))
        found |= {row.id: row.name for row in connection.execute(query)}
    return found
