"""Limits of levels in the config database."""

from typing import Any

from sqlalchemy import RowMapping, and_, insert, select, update

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_rows import from_json, to_json
from tollway.adapters.storage.limits_schema import level_limits
from tollway.contract.limits import Limits
from tollway.control.limits.model import Level, LevelLimits
from tollway.control.limits.ports import LevelStore


class SQLLevelStore:
    """Implements LevelStore."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def put(self, item: LevelLimits) -> None:
        """Store the limits of one owner, by primary key."""
        connection = self._database.writing()
        values = _values(item)
        owner = and_(level_limits.c.level == item.level, level_limits.c.owner_id == item.owner_id)
        if not connection.execute(update(level_limits).where(owner).values(values)).rowcount:
            connection.execute(insert(level_limits).values(values))

    def find(self, level: Level, owner_id: str) -> LevelLimits | None:
        """Return what was stored for the owner, by primary key."""
        query = select(level_limits).where(level_limits.c.level == level, level_limits.c.owner_id == owner_id)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return _item(row) if row else None

    def all(self) -> tuple[LevelLimits, ...]:
        """Return everything stored, by primary key: thousands at most, and all of it is in the snapshot."""
        query = select(level_limits).order_by(level_limits.c.level, level_limits.c.owner_id)
        with self._database.reading() as connection:
            return tuple(_item(row) for row in connection.execute(query).mappings())


def _values(item: LevelLimits) -> dict[str, Any]:
    return {
        "level": item.level,
        "owner_id": item.owner_id,
        "limits": to_json(item.limits),
        "updated_ns": item.updated_ns,
        "updated_by": item.updated_by,
        "version": item.version,
    }


def _item(row: RowMapping) -> LevelLimits:
    return LevelLimits(
        level=row["level"],
        owner_id=row["owner_id"],
        limits=from_json(row["limits"], Limits),
        updated_ns=row["updated_ns"],
        updated_by=row["updated_by"],
        version=row["version"],
    )


_: type[LevelStore] = SQLLevelStore
