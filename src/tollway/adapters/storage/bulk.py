"""Jobs on many tokens in the config database, and the tokens they are about."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, Select, bindparam, delete, func, insert, literal, select, tuple_, update

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_rows import after_position, from_json, in_order, read_page, to_json
from tollway.adapters.storage.config_schema import tokens
from tollway.adapters.storage.limits_schema import bulk_changes, bulk_jobs
from tollway.adapters.storage.tokens import SQLTokenStore, match_tokens, token_values
from tollway.control.bulk.model import Act, Before, By, Job, Wanted
from tollway.control.bulk.ports import BulkStore
from tollway.control.model import Damaged, Page, Position
from tollway.control.tokens.model import Token


class SQLBulkStore:
    """Implements BulkStore."""

    def __init__(self, database: ConfigDatabase, token_store: SQLTokenStore) -> None:
        self._database = database
        self._tokens = token_store

    def add(self, job: Job) -> None:
        """Store a new job."""
        self._database.writing().execute(insert(bulk_jobs).values(_values(job)))

    def put(self, job: Job) -> None:
        """Store how far a job is."""
        self._database.writing().execute(update(bulk_jobs).where(bulk_jobs.c.id == job.id).values(_values(job)))

    def find(self, job_id: str) -> Job | None:
        """Return the job."""
        with self._database.reading() as connection:
            row = connection.execute(select(bulk_jobs).where(bulk_jobs.c.id == job_id)).mappings().first()
        return _job(row) if row else None

    def find_undo(self, job_id: str) -> Job | None:
        """Return the job that takes this one back. Reads all jobs: there are few."""
        with self._database.reading() as connection:
            row = connection.execute(select(bulk_jobs).where(bulk_jobs.c.undoes == job_id)).mappings().first()
        return _job(row) if row else None

    def find_running(self) -> Job | None:
        """Return the oldest job that is running, by bulk_jobs_by_state."""
        query = select(bulk_jobs).where(bulk_jobs.c.state == "running").order_by(bulk_jobs.c.created_ns).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return _job(row) if row else None

    def page(self, *, after: Position | None, limit: int) -> Page[Job]:
        """Return jobs, newest first, by bulk_jobs_by_time."""
        query = in_order(select(bulk_jobs, bulk_jobs.c.id.label("name")), bulk_jobs)
        if (condition := after_position(bulk_jobs, after)) is not None:
            query = query.where(condition)
        with self._database.reading() as connection:
            return read_page(connection, query, _job, limit=limit)

    def count(self, wanted: Wanted, *, now_ns: int) -> int:
        """Return how many tokens match, by the index of the narrowest condition."""
        with self._database.reading() as connection:
            conditions = match_tokens(connection, wanted.tokens, wanted.sight, now_ns)
            query = select(func.count()).select_from(tokens).where(*conditions, tokens.c.state != "revoked")
            return connection.execute(query).scalar_one()

    def sample(self, wanted: Wanted, *, now_ns: int, limit: int) -> tuple[Token, ...]:
        """Return the newest tokens that match."""
        page = self._tokens.page(wanted.tokens, sight=wanted.sight, now_ns=now_ns, after=None, limit=5 * limit)
        return tuple(token for token in page.items if token.state != "revoked")[:limit]

    def next_ids(self, job: Job, *, now_ns: int, limit: int) -> Sequence[Position]:
        """Return the next tokens that match, walking tokens_by_time, or the index of the narrowest condition."""
        place = tuple_(tokens.c.created_ns, tokens.c.id)
        last = tuple_(literal(job.last_created_ns), literal(job.last_id))
        with self._database.reading() as connection:
            conditions = match_tokens(connection, job.wanted.tokens, job.wanted.sight, now_ns)
            wanted = select(tokens.c.created_ns, tokens.c.id).where(
                *conditions, tokens.c.state != "revoked", place > last, tokens.c.created_ns <= job.created_ns
            )
            query: Select[tuple[int, str]] = in_order(wanted, tokens, is_descending=False)
            return [Position(row.created_ns, row.id) for row in connection.execute(query.limit(limit))]

    def tokens(self, token_ids: Sequence[str]) -> tuple[Token, ...]:
        """Return those of the tokens that can be read."""
        return tuple(token for token in self._tokens.many(token_ids) if not isinstance(token, Damaged))

    def put_tokens(self, tokens_: Sequence[Token]) -> None:
        """Store what acts change, all tokens in one statement."""
        query = (
            update(tokens)
            .where(tokens.c.id == bindparam("of_id"))
            .values({name: bindparam(f"to_{name}") for name in _CHANGED})
        )
        rows = []
        for token in tokens_:
            values = token_values(token)
            rows.append({"of_id": token.id, **{f"to_{name}": values[name] for name in _CHANGED}})
        self._database.writing().execute(query, rows)

    def add_changes(self, job_id: str, changes: Sequence[Before]) -> None:
        """Keep what tokens were before the job."""
        rows = [{"job_id": job_id, "token_id": one.token_id, "before": to_json(asdict(one))} for one in changes]
        self._database.writing().execute(insert(bulk_changes), rows)

    def changes(self, job_id: str, *, after_id: str, limit: int) -> tuple[Before, ...]:
        """Return what tokens were before the job, by primary key."""
        query = (
            select(bulk_changes.c.before)
            .where(bulk_changes.c.job_id == job_id, bulk_changes.c.token_id > after_id)
            .order_by(bulk_changes.c.token_id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return tuple(from_json(text, Before) for text in connection.execute(query).scalars())

    def forget(self, *, before_ns: int, limit: int) -> int:
        """Delete what was kept to take back jobs that ended before an instant, at most `limit`; by primary key."""
        keys = (bulk_changes.c.job_id, bulk_changes.c.token_id)
        ended = select(bulk_jobs.c.id).where(bulk_jobs.c.ended_ns < before_ns)
        some = select(*keys).where(bulk_changes.c.job_id.in_(ended)).limit(limit)
        return self._database.writing().execute(delete(bulk_changes).where(tuple_(*keys).in_(some))).rowcount


_CHANGED = (
    *("state", "plan_id", "limits", "expires_ns", "life", "updated_ns", "updated_by", "version"),
    *("revoked_ns", "revoked_by", "revoked_reason"),
)
"""The columns that an act may change."""


def _values(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "state": job.state,
        "wanted": to_json(job.wanted),
        "act": to_json(job.act),
        "actor": to_json(job.by),
        "undoes": job.undoes,
        "total": job.total,
        "looked_at": job.looked_at,
        "changed": job.changed,
        "last_created_ns": job.last_created_ns,
        "last_id": job.last_id,
        "created_ns": job.created_ns,
        "created_by": job.created_by,
        "ended_ns": job.ended_ns,
        "problem": job.problem,
    }


def _job(row: RowMapping) -> Job:
    return Job(
        id=row["id"],
        state=row["state"],
        wanted=from_json(row["wanted"], Wanted),
        act=from_json(row["act"], Act),
        by=from_json(row["actor"], By),
        total=row["total"],
        created_ns=row["created_ns"],
        created_by=row["created_by"],
        undoes=row["undoes"],
        looked_at=row["looked_at"],
        changed=row["changed"],
        last_created_ns=row["last_created_ns"],
        last_id=row["last_id"],
        ended_ns=row["ended_ns"],
        problem=row["problem"],
    )


_: type[BulkStore] = SQLBulkStore
