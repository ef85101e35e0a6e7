"""Published services in the config database."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, or_, select, update

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_rows import (
    after_position,
    from_json,
    in_order,
    named_like,
    of_teams,
    read_names,
    read_page,
    read_row,
    to_json,
    whole,
)
from tollway.adapters.storage.config_schema import services
from tollway.adapters.storage.upstreams import Keys, read_keys, write_keys
from tollway.control.access.model import Sight
from tollway.control.model import Damaged, Page, Position, name_key
from tollway.control.publication.ports import PublishedServices
from tollway.control.services.model import Behaviour, Service
from tollway.control.services.ports import ServiceStore
from tollway.control.tokens.ports import ServiceDirectory
from tollway.control.upstreams.model import Connection as UpstreamConnection
from tollway.kernel.clock import Clock

_LIVING = services.c.deleted_ns.is_(None)


class SQLServiceStore:
    """Implements ServiceStore, ServiceDirectory and PublishedServices."""

    def __init__(self, database: ConfigDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, service: Service) -> None:
        """Store a new service."""
        connection = self._database.writing()
        connection.execute(insert(services).values(_values(service)))
        write_keys(connection, service.id, service.keys)

    def put(self, service: Service) -> None:
        """Store a changed service; a key that is not in it any more is deleted."""
        connection = self._database.writing()
        connection.execute(update(services).where(services.c.id == service.id).values(_values(service)))
        write_keys(connection, service.id, service.keys)

    def remove(self, service_id: str) -> None:
        """Delete the service and its key; a tombstone keeps its id and name."""
        connection = self._database.writing()
        write_keys(connection, service_id, ())
        gone = {"name_key": None, "path_prefix": None, "state": "disabled", "deleted_ns": self._clock.now_ns()}
        connection.execute(update(services).where(services.c.id == service_id).values(gone))

    def find(self, service_id: str) -> Service | None:
        """Return the service, by primary key."""
        with self._database.reading() as connection:
            row = connection.execute(select(services).where(services.c.id == service_id, _LIVING)).mappings().first()
            return _whole(connection, row)

    def find_named(self, name: str) -> Service | None:
        """Return the service of that name (case ignored), by its unique key."""
        query = select(services).where(services.c.name_key == name_key(name))
        with self._database.reading() as connection:
            return _whole(connection, connection.execute(query).mappings().first())

    def find_at(self, path_prefix: str) -> Service | None:
        """Return the service with exactly that path prefix, by its unique key."""
        query = select(services).where(services.c.path_prefix == path_prefix)
        with self._database.reading() as connection:
            return _whole(connection, connection.execute(query).mappings().first())

    def find_id(self, reference: str) -> str | None:
        """Return the id of the service with that id or name (case ignored)."""
        named = or_(services.c.id == reference, services.c.name_key == name_key(reference))
        # An id beats a name that looks like one.
        query = select(services.c.id).where(named, _LIVING).order_by((services.c.id == reference).desc()).limit(1)
        with self._database.reading() as connection:
            return connection.execute(query).scalar()

    def page(self, *, search: str | None, sight: Sight, after: Position | None, limit: int) -> Page[Service]:
        """Return services in sight, newest first, by services_by_time."""
        query = of_teams(in_order(select(services).where(_LIVING), services), services, sight)
        query = named_like(query, services, search)
        if (condition := after_position(services, after)) is not None:
            query = query.where(condition)
        with self._database.reading() as connection:
            ids = connection.execute(query.with_only_columns(services.c.id).limit(limit)).scalars().all()
            keys = read_keys(connection, ids)
            return read_page(connection, query, lambda row: _service(row, keys), limit=limit)

    def all(self) -> tuple[Service | Damaged, ...]:
        """Return all services, the longest path prefix first, then by prefix."""
        order = (func.length(services.c.path_prefix).desc(), services.c.path_prefix)
        with self._database.reading() as connection:
            rows = connection.execute(select(services).where(_LIVING).order_by(*order)).mappings().all()
            keys = read_keys(connection, [row["id"] for row in rows])
        return tuple(read_row(row, lambda row: _service(row, keys)) for row in rows)

    def names(self, service_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist or existed."""
        with self._database.reading() as connection:
            return read_names(connection, services, service_ids)


def _whole(connection: Connection, row: RowMapping | None) -> Service | None:
    if row is None:
        return None
    keys = read_keys(connection, (row["id"],))
    return whole(read_row(row, lambda row: _service(row, keys)))


def _values(service: Service) -> dict[str, Any]:
    return {
        "id": service.id,
        "name": service.name,
        "name_key": name_key(service.name),
        "path_prefix": service.path_prefix,
        "state": service.state,
        "connection": to_json(service.connection),
        "behaviour": to_json(service.behaviour),
        "created_ns": service.created_ns,
        "created_by": service.created_by,
        "updated_ns": service.updated_ns,
        "updated_by": service.updated_by,
        "version": service.version,
        "environment": service.environment,
        "team_id": service.team_id,
    }


def _service(row: RowMapping, keys: Keys) -> Service:
    return Service(
        id=row["id"],
        name=row["name"],
        path_prefix=row["path_prefix"],
        state=row["state"],
        connection=from_json(row["connection"], UpstreamConnection),
        behaviour=from_json(row["behaviour"], Behaviour),
        keys=keys.get(row["id"], ()),
        created_ns=row["created_ns"],
        created_by=row["created_by"],
        updated_ns=row["updated_ns"],
        updated_by=row["updated_by"],
        version=row["version"],
        environment=row["environment"],
        team_id=row["team_id"],
    )


_: type[ServiceStore] = SQLServiceStore
_directory: type[ServiceDirectory] = SQLServiceStore
_published: type[PublishedServices] = SQLServiceStore
