"""Custom roles in the config database."""

from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, select, update

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_rows import from_json, to_json
from tollway.adapters.storage.sessions_schema import roles, users
from tollway.control.access.model import Permission, Reach, Role
from tollway.control.access.ports import RoleStore
from tollway.control.model import name_key


class SQLRoleStore:
    """Implements RoleStore."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def add(self, role: Role) -> None:
        """Store a new role."""
        self._database.writing().execute(insert(roles).values(_values(role)))

    def put(self, role: Role) -> None:
        """Store a changed role."""
        self._database.writing().execute(update(roles).where(roles.c.id == role.id).values(_values(role)))

    def remove(self, role_id: str) -> None:
        """Delete the role."""
        self._database.writing().execute(delete(roles).where(roles.c.id == role_id))

    def find(self, role_id: str) -> Role | None:
        """Return the role."""
        with self._database.reading() as connection:
            row = connection.execute(select(roles).where(roles.c.id == role_id)).mappings().first()
        return _role(row) if row else None

    def find_named(self, name: str) -> Role | None:
        """Return the role of that name (case ignored)."""
        with self._database.reading() as connection:
            row = connection.execute(select(roles).where(roles.c.name_key == name_key(name))).mappings().first()
        return _role(row) if row else None

    def all(self) -> tuple[Role, ...]:
        """Return every custom role, oldest first. Sorts in memory: there are few."""
        with self._database.reading() as connection:
            rows = connection.execute(select(roles).order_by(roles.c.created_ns, roles.c.id)).mappings().all()
        return tuple(_role(row) for row in rows)

    def count_holders(self) -> dict[str, int]:
        """Return how many people hold each role. Reads every user: there are thousands at most."""
        query = select(users.c.role, func.count()).where(users.c.state != "deleted").group_by(users.c.role)
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}


def _values(role: Role) -> dict[str, Any]:
    return {
        "id": role.id,
        "name": role.name,
        "name_key": name_key(role.name),
        "description": role.description,
        "rights": to_json({permission.value: reach.value for permission, reach in role.rights.items()}),
        "created_ns": role.created_ns,
        "created_by": role.created_by,
        "updated_ns": role.updated_ns,
        "updated_by": role.updated_by,
        "version": role.version,
    }


def _role(row: RowMapping) -> Role:
    stored = from_json(row["rights"], dict[str, str])
    known = {permission.value for permission in Permission}
    # A permission that this program does not know, as after a step back to an older version, permits nothing.
    rights = {Permission(name): Reach(reach) for name, reach in stored.items() if name in known}
    return Role(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        rights=rights,
        created_ns=row["created_ns"],
        created_by=row["created_by"],
        updated_ns=row["updated_ns"],
        updated_by=row["updated_by"],
        version=row["version"],
    )


_: type[RoleStore] = SQLRoleStore
