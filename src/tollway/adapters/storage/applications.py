"""Applications in the config database; deleted ones are tombstones with a NULL name_key."""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import RowMapping, insert, select, update

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_rows import (
    after_position,
    chunks,
    from_json,
    in_order,
    named_like,
    read_names,
    read_page,
    read_row,
    to_json,
    whole,
)
from tollway.adapters.storage.config_schema import applications
from tollway.adapters.storage.limits_schema import plans
from tollway.contract.policy import Limits
from tollway.control.access.model import Reach, Sight
from tollway.control.applications.model import Application
from tollway.control.applications.ports import ApplicationStore
from tollway.control.model import Damaged, Page, Position, name_key
from tollway.control.publication.ports import PublishedApplications

_ALL = select(applications, plans.c.name.label("plan_name")).select_from(
    applications.outerjoin(plans, plans.c.id == applications.c.plan_id)
)
_LIVING = applications.c.deleted_ns.is_(None)


class SQLApplicationStore:
    """Implements ApplicationStore and PublishedApplications."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def add(self, application: Application) -> None:
        """Store a new application."""
        self._database.writing().execute(insert(applications).values(_values(application)))

    def put(self, application: Application) -> None:
        """Store a changed application."""
        query = update(applications).where(applications.c.id == application.id).values(_values(application))
        self._database.writing().execute(query)

    def bury(self, application_id: str, *, now_ns: int, by: str) -> None:
        """Delete the application: its name is free again, its id is never used again."""
        self._database.writing().execute(
            update(applications)
            .where(applications.c.id == application_id)
            .values(name_key=None, state="disabled", deleted_ns=now_ns, updated_ns=now_ns, updated_by=by)
        )

    def find(self, application_id: str) -> Application | None:
        """Return the application."""
        query = _ALL.where(applications.c.id == application_id, _LIVING)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return whole(read_row(row, _application)) if row else None

    def find_named(self, name: str) -> Application | None:
        """Return the application of that name (case ignored)."""
        query = _ALL.where(applications.c.name_key == name_key(name))
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return whole(read_row(row, _application)) if row else None

    def page(
        self, *, team_id: str | None, search: str | None, sight: Sight, after: Position | None, limit: int
    ) -> Page[Application]:
        """Return the applications in sight, newest first, by applications_by_time."""
        query = named_like(in_order(_ALL.where(_LIVING), applications), applications, search)
        if sight.reach is not Reach.ALL:
            query = query.where(applications.c.team_id.in_(sorted(sight.team_ids)))
        if team_id is not None:
            query = query.where(applications.c.team_id == team_id)
        if (condition := after_position(applications, after)) is not None:
            query = query.where(condition)
        with self._database.reading() as connection:
            return read_page(connection, query, _application, limit=limit)

    def names(self, application_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist or existed."""
        with self._database.reading() as connection:
            return read_names(connection, applications, application_ids)

    def many(self, application_ids: Collection[str]) -> tuple[Application | Damaged, ...]:
        """Return those of the applications that exist."""
        found: list[Application | Damaged] = []
        with self._database.reading() as connection:
            for chunk in chunks(application_ids):
                query = _ALL.where(applications.c.id.in_(chunk), _LIVING)
                found += [read_row(row, _application) for row in connection.execute(query).mappings()]
        return tuple(found)

    def iterate(self, *, batch: int = 1000) -> Iterator[tuple[Application | Damaged, ...]]:
        """Yield all applications by id in batches; each batch is one look by primary key."""
        last = ""
        while True:
            query = _ALL.where(applications.c.id > last, _LIVING)
            with self._database.reading() as connection:
                rows = connection.execute(query.order_by(applications.c.id).limit(batch)).mappings().all()
            if not rows:
                return
            last = rows[-1]["id"]
            yield tuple(read_row(row, _application) for row in rows)


def _values(application: Application) -> dict[str, Any]:
    return {
        "id": application.id,
        "name": application.name,
        "name_key": name_key(application.name),
        "team_id": application.team_id,
        "state": application.state,
        "limits": to_json(application.limits),
        "created_ns": application.created_ns,
        "created_by": application.created_by,
        "updated_ns": application.updated_ns,
        "updated_by": application.updated_by,
        "version": application.version,
        "plan_id": application.plan_id,
    }


def _application(row: RowMapping) -> Application:
    return Application(
        id=row["id"],
        name=row["name"],
        team_id=row["team_id"],
        state=row["state"],
        limits=from_json(row["limits"], Limits),
        created_ns=row["created_ns"],
        created_by=row["created_by"],
        updated_ns=row["updated_ns"],
        updated_by=row["updated_by"],
        version=row["version"],
        plan_id=row["plan_id"],
        plan_name=row["plan_name"],
    )


_: type[ApplicationStore] = SQLApplicationStore
_published: type[PublishedApplications] = SQLApplicationStore
