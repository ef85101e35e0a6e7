"""Finds single calls in the ledger database, whether they have a row each or lie in packs (call_packs.py).

Rows are found and sorted by their keys alone; bodies are read a few at a time, until no later row can have a newer
call. A pack has calls of a second: beside the rows whose newest call is in the range, packs of the second after it
are looked into.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, collate, or_, select, tuple_, union_all
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from tollway.adapters.storage import ledger_tables as tables
from tollway.adapters.storage.call_packs import MARK, MILLISECOND_NS, PACK_NS, began_at, newest_calls, unpack
from tollway.adapters.storage.ledger_groups import full_groups
from tollway.contract.ledger_api import Dimension
from tollway.ledger.ports import CallsRange, StoredCall

GROUPS_MERGED_MAX = 64
"""Up to so many groups, calls are read group by group and merged; above, the newest calls are filtered."""
NEWEST_LOOKED_AT = 10_000
"""Rows of all groups."""
PACKS_AT_ONCE: Final = 8
ROWS_AT_ONCE: Final = 500

Key = tuple[int, str]
"""What sorts rows: (started_ns, request id)."""

_CALLS = tables.calls.c
_IS_PACK: Final = _CALLS.request_id.endswith(MARK, autoescape=True)


def find_call(connection: Connection, request_id: str) -> bytes | None:
    """See UsageReader.call. By the index on request_id; in packs by that on started_ns, since the id tells when."""
    if request_id.endswith(MARK):
        return None
    body = connection.execute(select(_CALLS.body).where(_CALLS.request_id == request_id).limit(1)).scalar()
    if body is not None:
        return bytes(body)
    at_ns = began_at(request_id)
    return None if at_ns is None else _find_in_packs(connection, request_id, at_ns)


def _find_in_packs(connection: Connection, request_id: str, at_ns: int) -> bytes | None:
    after_ns = at_ns + MILLISECOND_NS + PACK_NS
    packs = select(_CALLS.started_ns, _CALLS.request_id).where(
        _CALLS.started_ns >= at_ns, _CALLS.started_ns < after_ns, _IS_PACK
    )
    text = request_id.encode()
    for part in _parts(_keys(connection, packs)):
        for row in _rows(connection, part):
            # The id stands in the record as it is, so that most packs need not be taken apart.
            calls = unpack(*row) if text in row[2] else []
            for _, found, body in calls:
                if found == request_id:
                    return body
    return None


def _keys(connection: Connection, query: Select[Any]) -> list[Key]:
    return [(started_ns, request_id) for started_ns, request_id in connection.execute(query)]


def _rows(connection: Connection, keys: Sequence[Key]) -> list[StoredCall]:
    """Return the rows with these keys, in any order."""
    query = select(_CALLS.started_ns, _CALLS.request_id, _CALLS.body).where(
        _CALLS.started_ns.in_([key[0] for key in keys]), _CALLS.request_id.in_([key[1] for key in keys])
    )
    return [(started_ns, request_id, bytes(body)) for started_ns, request_id, body in connection.execute(query)]


class CallSearch:
    """One search for the newest calls of a range, at most `limit`."""

    def __init__(self, connection: Connection, within: CallsRange, limit: int) -> None:
        self._connection = connection
        self._within = within
        self._limit = limit
        # Ties are sorted by bytes, as Python does it, whatever the database is set to.
        self._collation = "C" if connection.dialect.name == "postgresql" else "BINARY"
        self._key = tuple_(_CALLS.started_ns, collate(_CALLS.request_id, self._collation))

    def find(self, filters: dict[Dimension, str]) -> list[StoredCall]:
        """See UsageReader.calls.

        Few groups: the newest of each by the index (group, start), merged. Else the newest of all are looked through,
        and when too few of them match, those of the groups are sorted, which are few then.
        """
        if not filters:
            return self._collect(self._keys(self._newest()))
        group_ids = self._connection.execute(full_groups(filters).limit(GROUPS_MERGED_MAX + 1)).scalars().all()
        if not group_ids:
            return []
        if len(group_ids) <= GROUPS_MERGED_MAX:
            return self._collect(self._keys(self._merged(group_ids)), _CALLS.group_id.in_(group_ids))
        of_groups = _CALLS.group_id.in_(full_groups(filters))
        keys = self._keys(self._among_the_newest(filters))
        if len(keys) < self._limit:
            keys = self._keys(self._newest().where(of_groups))
        return self._collect(keys, of_groups)

    def _collect(self, keys: Sequence[Key], *of_groups: ColumnElement[bool]) -> list[StoredCall]:
        """Return the calls of the rows with these keys, which are sorted, and of the packs that began within."""
        found: list[StoredCall] = []
        for part in _parts(self._later_packs(*of_groups)):
            found = self._with(part, found)
        for part in _parts(keys):
            if len(found) == self._limit and found[-1][:2] > part[0]:
                break
            found = self._with(part, found)
        return found

    def _with(self, keys: Sequence[Key], found: list[StoredCall]) -> list[StoredCall]:
        """Return what was found and the calls of these rows, as far as they are among the newest."""
        return newest_calls([*found, *_rows(self._connection, keys)], self._within, self._limit)

    def _keys(self, query: Select[Any]) -> list[Key]:
        return _keys(self._connection, query)

    def _newest(self) -> Select[Any]:
        """The newest rows whose newest call is in the range. The newest calls are in no others but later packs."""
        since_ns, until_ns, before = self._within
        query = select(_CALLS.started_ns, _CALLS.request_id).where(_CALLS.started_ns >= since_ns)
        if until_ns is not None:
            query = query.where(_CALLS.started_ns < until_ns)
        if before is not None:
            query = query.where(_CALLS.started_ns <= before[0], self._key < tuple_(*before))
        return self._first(query, _CALLS)

    def _later_packs(self, *of_groups: ColumnElement[bool]) -> list[Key]:
        """Return the packs whose newest call is after the range and whose others may be in it."""
        since_ns, until_ns, before = self._within
        ends: list[ColumnElement[bool]] = []
        last_ns: list[int] = []
        if until_ns is not None:
            ends.append(_CALLS.started_ns >= until_ns)
            last_ns.append(until_ns - 1)
        if before is not None:
            ends.append(self._key >= tuple_(*before))
            last_ns.append(before[0])
        if not ends:
            return []
        first_ns, after_ns = max(min(last_ns), since_ns), min(last_ns) + PACK_NS
        query = select(_CALLS.started_ns, _CALLS.request_id).where(
            _CALLS.started_ns >= first_ns, _CALLS.started_ns < after_ns, _IS_PACK, or_(*ends), *of_groups
        )
        return self._keys(query)

    def _among_the_newest(self, filters: dict[Dimension, str]) -> Select[Any]:
        """The newest rows of some groups, among the NEWEST_LOOKED_AT of all."""
        newest = self._newest().limit(NEWEST_LOOKED_AT).add_columns(_CALLS.group_id).subquery()
        found = select(newest.c.started_ns, newest.c.request_id).where(newest.c.group_id.in_(full_groups(filters)))
        return self._first(found, newest.c)

    def _merged(self, group_ids: Sequence[int]) -> Select[Any]:
        """The newest of several sorted queries. Each stands in a subquery: SQLite takes no ORDER BY in a union."""
        queries = [self._newest().where(_CALLS.group_id == each) for each in group_ids]
        arms = union_all(*(select(query.subquery()) for query in queries)).subquery()
        return self._first(select(arms), arms.c)

    def _first(self, query: Select[Any], columns: ReadOnlyColumnCollection[str, Any]) -> Select[Any]:
        request_id = collate(columns.request_id, self._collation)
        return query.order_by(columns.started_ns.desc(), request_id.desc()).limit(self._limit)


def _parts(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    """Yield the keys in their order, so many at once as make a bounded number of bytes."""
    first = packs = 0
    for at, (_, request_id) in enumerate(keys):
        if at - first == ROWS_AT_ONCE or packs == PACKS_AT_ONCE:
            yield keys[first:at]
            first, packs = at, 0
        packs += request_id.endswith(MARK)
    if first < len(keys):
        yield keys[first:]
