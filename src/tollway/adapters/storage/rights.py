"""Rights and groups of models in the config database."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import RowMapping, and_, delete, insert, select, update

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_rows import IDS_MAX, from_json, to_json
from tollway.adapters.storage.limits_schema import plans
from tollway.adapters.storage.rights_schema import level_rights, model_groups
from tollway.contract.rights import GROUP_PREFIX, Rights
from tollway.control.rights.model import Group, OwnedRights, OwnerLevel
from tollway.control.rights.ports import GroupStore, RightsStore


class SQLRightsStore:
    """Implements RightsStore."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def put(self, item: OwnedRights) -> None:
        """Store the rights of one owner, by primary key."""
        connection = self._database.writing()
        values = _values(item)
        owner = and_(level_rights.c.level == item.level, level_rights.c.owner_id == item.owner_id)
        if not connection.execute(update(level_rights).where(owner).values(values)).rowcount:
            connection.execute(insert(level_rights).values(values))

    def find(self, level: OwnerLevel, owner_id: str) -> OwnedRights | None:
        """Return what was stored for the owner, by primary key."""
        query = select(level_rights).where(level_rights.c.level == level, level_rights.c.owner_id == owner_id)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return _item(row) if row else None

    def many(self, level: OwnerLevel, owner_ids: Collection[str]) -> dict[str, Rights]:
        """Return the rights of those owners that have any, by primary key; of many, as one range of it."""
        if not owner_ids:
            return {}
        query = select(level_rights.c.owner_id, level_rights.c.rights).where(level_rights.c.level == level)
        if len(owner_ids) > IDS_MAX:
            query = query.where(level_rights.c.owner_id >= min(owner_ids), level_rights.c.owner_id <= max(owner_ids))
        else:
            query = query.where(level_rights.c.owner_id.in_(owner_ids))
        wanted = frozenset(owner_ids)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return {row.owner_id: from_json(row.rights, Rights) for row in rows if row.owner_id in wanted}

    def of_level(self, level: OwnerLevel) -> tuple[OwnedRights, ...]:
        """Return everything stored for a level, by primary key."""
        query = select(level_rights).where(level_rights.c.level == level).order_by(level_rights.c.owner_id)
        with self._database.reading() as connection:
            return tuple(_item(row) for row in connection.execute(query).mappings())


class SQLGroupStore:
    """Implements GroupStore."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def add(self, group: Group) -> None:
        """Store a new group."""
        self._database.writing().execute(insert(model_groups).values(_group_values(group)))

    def put(self, group: Group) -> None:
        """Store a changed group."""
        query = update(model_groups).where(model_groups.c.name == group.name)
        self._database.writing().execute(query.values(_group_values(group)))

    def remove(self, name: str) -> None:
        """Delete the group."""
        self._database.writing().execute(delete(model_groups).where(model_groups.c.name == name))

    def find(self, name: str) -> Group | None:
        """Return the group, by primary key."""
        with self._database.reading() as connection:
            row = connection.execute(select(model_groups).where(model_groups.c.name == name)).mappings().first()
        return _group(row) if row else None

    def all(self) -> tuple[Group, ...]:
        """Return every group, by primary key."""
        with self._database.reading() as connection:
            rows = connection.execute(select(model_groups).order_by(model_groups.c.name)).mappings()
            return tuple(_group(row) for row in rows)

    def find_user(self, name: str) -> str | None:
        """Return one place whose rights name the group. Scans what mentions it: deleting a group is rare."""
        mention = f'"{GROUP_PREFIX}{name}"'
        levels = select(level_rights.c.level, level_rights.c.owner_id).where(
            level_rights.c.rights.contains(mention, autoescape=True)
        )
        named = select(plans.c.name).where(plans.c.rights.contains(mention, autoescape=True))
        with self._database.reading() as connection:
            if (owner := connection.execute(levels.limit(1)).first()) is not None:
                return "the installation" if owner.level == "installation" else f"{owner.level} {owner.owner_id}"
            plan = connection.execute(named.limit(1)).scalar()
        return None if plan is None else f"plan {plan}"


def _values(item: OwnedRights) -> dict[str, Any]:
    return {
        "level": item.level,
        "owner_id": item.owner_id,
        "rights": to_json(item.rights),
        "updated_ns": item.updated_ns,
        "updated_by": item.updated_by,
        "version": item.version,
    }


def _item(row: RowMapping) -> OwnedRights:
    return OwnedRights(
        level=row["level"],
        owner_id=row["owner_id"],
        rights=from_json(row["rights"], Rights),
        updated_ns=row["updated_ns"],
        updated_by=row["updated_by"],
        version=row["version"],
    )


def _group_values(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "models": to_json(group.models),
        "description": group.description,
        "created_ns": group.created_ns,
        "created_by": group.created_by,
        "updated_ns": group.updated_ns,
        "updated_by": group.updated_by,
        "version": group.version,
    }


def _group(row: RowMapping) -> Group:
    return Group(
        name=row["name"],
        models=from_json(row["models"], tuple[str, ...]),
        description=row["description"],
        created_ns=row["created_ns"],
        created_by=row["created_by"],
        updated_ns=row["updated_ns"],
        updated_by=row["updated_by"],
        version=row["version"],
    )


_: type[RightsStore] = SQLRightsStore
_groups: type[GroupStore] = SQLGroupStore
