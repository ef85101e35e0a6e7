"""Plans in the config database."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Table, delete, func, insert, select, update

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_rows import (
    after_position,
    from_json,
    in_order,
    read_names,
    read_page,
    to_json,
)
from tollway.adapters.storage.config_schema import applications, tokens
from tollway.adapters.storage.limits_schema import plans
from tollway.contract.limits import Limits
from tollway.contract.rights import Rights
from tollway.control.model import Page, Position, name_key
from tollway.control.plans.model import Plan, Use
from tollway.control.plans.ports import PlanDirectory, PlanStore


class SQLPlanStore:
    """Implements PlanStore and PlanDirectory."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def add(self, plan: Plan) -> None:
        """Store a new plan."""
        self._database.writing().execute(insert(plans).values(_values(plan)))

    def put(self, plan: Plan) -> None:
        """Store a changed plan."""
        self._database.writing().execute(update(plans).where(plans.c.id == plan.id).values(_values(plan)))

    def remove(self, plan_id: str) -> None:
        """Delete a plan that nobody has."""
        self._database.writing().execute(delete(plans).where(plans.c.id == plan_id))

    def find(self, plan_id: str) -> Plan | None:
        """Return the plan."""
        return self._first(plans.c.id == plan_id)

    def find_named(self, name: str) -> Plan | None:
        """Return the plan of that name (case ignored)."""
        return self._first(plans.c.name_key == name_key(name))

    def find_name(self, plan_id: str) -> str | None:
        """Return the name of the plan unless there is none of that id."""
        return self.names((plan_id,)).get(plan_id)

    def page(self, *, after: Position | None, limit: int) -> Page[Plan]:
        """Return the plans, newest first. Sorts in memory: there are few."""
        query = in_order(select(plans), plans)
        if (condition := after_position(plans, after)) is not None:
            query = query.where(condition)
        with self._database.reading() as connection:
            return read_page(connection, query, _plan, limit=limit)

    def all(self) -> tuple[Plan, ...]:
        """Return every plan by id."""
        with self._database.reading() as connection:
            return tuple(_plan(row) for row in connection.execute(select(plans).order_by(plans.c.id)).mappings())

    def names(self, plan_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist."""
        with self._database.reading() as connection:
            return read_names(connection, plans, plan_ids)

    def count_use(self, plan_id: str, *, at_most: int) -> Use:
        """Count by tokens_by_plan and applications_by_plan, up to a bound each."""
        with self._database.reading() as connection:
            return Use(
                _count(connection, tokens, [tokens.c.plan_id == plan_id, tokens.c.state != "revoked"], at_most),
                _count(
                    connection,
                    applications,
                    [applications.c.plan_id == plan_id, applications.c.deleted_ns.is_(None)],
                    at_most,
                ),
            )

    def _first(self, condition: ColumnElement[bool]) -> Plan | None:
        with self._database.reading() as connection:
            row = connection.execute(select(plans).where(condition)).mappings().first()
        return _plan(row) if row else None


def _count(connection: Connection, table: Table, conditions: list[ColumnElement[bool]], at_most: int) -> int:
    found = select(table.c.id).where(*conditions).limit(at_most).subquery()
    return connection.execute(select(func.count()).select_from(found)).scalar_one()


def _values(plan: Plan) -> dict[str, Any]:
    return {
        "id": plan.id,
        "name": plan.name,
        "name_key": name_key(plan.name),
        "description": plan.description,
        "rights": to_json(plan.rights),
        "limits": to_json(plan.limits),
        "created_ns": plan.created_ns,
        "created_by": plan.created_by,
        "updated_ns": plan.updated_ns,
        "updated_by": plan.updated_by,
        "version": plan.version,
    }


def _plan(row: RowMapping) -> Plan:
    return Plan(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        rights=from_json(row["rights"], Rights),
        limits=from_json(row["limits"], Limits),
        created_ns=row["created_ns"],
        created_by=row["created_by"],
        updated_ns=row["updated_ns"],
        updated_by=row["updated_by"],
        version=row["version"],
    )


_: type[PlanStore] = SQLPlanStore
_directory: type[PlanDirectory] = SQLPlanStore
