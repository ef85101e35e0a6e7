"""The audit log in the config database. No statement changes an entry; the oldest are deleted behind a checkpoint."""

from collections.abc import Iterator
from dataclasses import asdict
from itertools import takewhile

from sqlalchemy import ColumnElement, RowMapping, delete, func, insert, or_, select, update

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.sessions_schema import audit, audit_checkpoint, audit_head
from tollway.control.audit.model import Checkpoint, Entry, Head, Link, Wanted
from tollway.control.audit.ports import AuditStore

_COLUMNS = tuple(column.name for column in audit.c if column.name != "hash")


class SQLAuditStore:
    """Implements AuditStore."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def append(self, entry: Entry, hash_: bytes, seal: bytes) -> None:
        """Add an entry and move the head to it."""
        connection = self._database.writing()
        connection.execute(insert(audit).values(**asdict(entry), hash=hash_))
        head = {"seq": entry.seq, "hash": hash_, "seal": seal}
        if not connection.execute(update(audit_head).where(audit_head.c.only == 1).values(head)).rowcount:
            connection.execute(insert(audit_head).values(only=1, **head))

    def head(self) -> Head | None:
        """Return where the log ends."""
        with self._database.reading() as connection:
            row = connection.execute(select(audit_head)).mappings().first()
        return Head(row["seq"], row["hash"], row["seal"]) if row else None

    def checkpoint(self) -> Checkpoint | None:
        """Return where the log begins."""
        with self._database.reading() as connection:
            row = connection.execute(select(audit_checkpoint)).mappings().first()
        return Checkpoint(row["seq"], row["hash"], row["seal"]) if row else None

    def put_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Store where the log begins."""
        connection = self._database.writing()
        values = asdict(checkpoint)
        if not connection.execute(update(audit_checkpoint).where(audit_checkpoint.c.only == 1).values(values)).rowcount:
            connection.execute(insert(audit_checkpoint).values(only=1, **values))

    def find_last_before(self, at_ns: int, *, limit: int) -> Link | None:
        """Return the last of the oldest entries that are all older, by primary key."""
        oldest = select(audit.c.seq, audit.c.at_ns).order_by(audit.c.seq).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(oldest).all()
            seqs = [row.seq for row in takewhile(lambda row: row.at_ns < at_ns, rows)]
            if not seqs:
                return None
            row = connection.execute(select(audit).where(audit.c.seq == seqs[-1])).mappings().one()
        return Link(_entry(row), row["hash"])

    def delete_through(self, seq: int) -> int:
        """Delete the entries up to a number, by primary key."""
        return self._database.writing().execute(delete(audit).where(audit.c.seq <= seq)).rowcount

    def page(self, wanted: Wanted, *, before_seq: int | None, limit: int) -> tuple[Entry, ...]:
        """Return entries, newest first: by primary key, or by audit_by_object or audit_by_actor where one is given."""
        query = select(audit).where(*_conditions(wanted)).order_by(audit.c.seq.desc()).limit(limit)
        if before_seq is not None:
            query = query.where(audit.c.seq < before_seq)
        with self._database.reading() as connection:
            return tuple(_entry(row) for row in connection.execute(query).mappings())

    def find_after_head(self) -> int | None:
        """Return the first entry behind the head, by primary key; one statement, so that no append comes between."""
        end = select(func.coalesce(func.max(audit_head.c.seq), 0)).scalar_subquery()
        with self._database.reading() as connection:
            return connection.execute(select(func.min(audit.c.seq)).where(audit.c.seq > end)).scalar()

    def iterate(self, *, after: int | None = None, batch: int = 1_000) -> Iterator[Link]:
        """Yield the log, whole or behind an entry, in the order of its numbers; a batch is one look by primary key."""
        # No lower bound at first: an entry before the first one is not ours, and must be seen by whoever checks.
        query = select(audit).order_by(audit.c.seq).limit(batch)
        if after is not None:
            query = query.where(audit.c.seq > after)
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(query).mappings().all()
            if not rows:
                return
            yield from (Link(_entry(row), row["hash"]) for row in rows)
            query = select(audit).where(audit.c.seq > rows[-1]["seq"]).order_by(audit.c.seq).limit(batch)


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    exact = {"actor": wanted.actor, "kind": wanted.kind, "object_id": wanted.object_id, "outcome": wanted.outcome}
    exact |= {"request_id": wanted.request_id, "token_id": wanted.token_id}
    yield from (audit.c[name] == value for name, value in exact.items() if value is not None)
    if wanted.action is not None:
        action = audit.c.action
        yield (
            action == wanted.action if "." in wanted.action else action.startswith(f"{wanted.action}.", autoescape=True)
        )
    if wanted.about_token is not None:
        # By audit_by_object and audit_by_token.
        yield or_(audit.c.object_id == wanted.about_token, audit.c.token_id == wanted.about_token)
    if wanted.since_ns is not None:
        yield audit.c.at_ns >= wanted.since_ns
    if wanted.until_ns is not None:
        yield audit.c.at_ns < wanted.until_ns
    if wanted.search:
        low = wanted.search.lower()
        names = (audit.c.object_name, audit.c.actor_name, audit.c.object_id, audit.c.request_id, audit.c.token_id)
        yield or_(*(func.lower(name).startswith(low, autoescape=True) for name in names))


def _entry(row: RowMapping) -> Entry:
    return Entry(**{name: row[name] for name in _COLUMNS})


_: type[AuditStore] = SQLAuditStore
