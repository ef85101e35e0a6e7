"""Providers in the config database, and the keys of providers and services."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_rows import (
    after_position,
    chunks,
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
from tollway.adapters.storage.config_schema import providers, upstream_keys
from tollway.control.access.model import Sight
from tollway.control.model import Damaged, Page, Position, name_key
from tollway.control.publication.ports import PublishedProviders
from tollway.control.upstreams.model import Connection as UpstreamConnection
from tollway.control.upstreams.model import Key, ModelOffer, Provider
from tollway.control.upstreams.ports import ProviderStore
from tollway.kernel.clock import Clock

_LIVING = providers.c.deleted_ns.is_(None)
Keys = dict[str, tuple[Key, ...]]


class SQLProviderStore:
    """Implements ProviderStore and PublishedProviders."""

    def __init__(self, database: ConfigDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, provider: Provider) -> None:
        """Store a new provider."""
        connection = self._database.writing()
        connection.execute(insert(providers).values(_values(provider)))
        write_keys(connection, provider.id, provider.keys)

    def put(self, provider: Provider) -> None:
        """Store a changed provider; keys that are not in it any more are deleted."""
        connection = self._database.writing()
        connection.execute(update(providers).where(providers.c.id == provider.id).values(_values(provider)))
        write_keys(connection, provider.id, provider.keys)

    def remove(self, provider_id: str) -> None:
        """Delete the provider and its keys; a tombstone keeps its id and name."""
        connection = self._database.writing()
        write_keys(connection, provider_id, ())
        gone = {"name_key": None, "state": "disabled", "deleted_ns": self._clock.now_ns()}
        connection.execute(update(providers).where(providers.c.id == provider_id).values(gone))

    def find(self, provider_id: str) -> Provider | None:
        """Return the provider, by primary key."""
        with self._database.reading() as connection:
            row = connection.execute(select(providers).where(providers.c.id == provider_id, _LIVING)).mappings().first()
            return _whole(connection, row)

    def find_named(self, name: str) -> Provider | None:
        """Return the provider of that name, by its unique key."""
        query = select(providers).where(providers.c.name_key == name_key(name))
        with self._database.reading() as connection:
            return _whole(connection, connection.execute(query).mappings().first())

    def page(self, *, search: str | None, sight: Sight, after: Position | None, limit: int) -> Page[Provider]:
        """Return providers in sight, newest first, by providers_by_time."""
        query = of_teams(in_order(select(providers).where(_LIVING), providers), providers, sight)
        query = named_like(query, providers, search)
        if (condition := after_position(providers, after)) is not None:
            query = query.where(condition)
        with self._database.reading() as connection:
            ids = connection.execute(query.with_only_columns(providers.c.id).limit(limit)).scalars().all()
            keys = read_keys(connection, ids)
            return read_page(connection, query, lambda row: _provider(row, keys), limit=limit)

    def all(self) -> tuple[Provider | Damaged, ...]:
        """Return all providers by (priority, name); few enough to sort in memory."""
        query = select(providers).where(_LIVING).order_by(providers.c.priority, providers.c.name_key)
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
            keys = read_keys(connection, [row["id"] for row in rows])
        return tuple(read_row(row, lambda row: _provider(row, keys)) for row in rows)

    def names(self, provider_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist or existed."""
        with self._database.reading() as connection:
            return read_names(connection, providers, provider_ids)


def read_keys(connection: Connection, owner_ids: Collection[str]) -> Keys:
    """Return the keys of those owners in their order, by upstream_keys_by_owner."""
    found: dict[str, list[Key]] = {}
    for chunk in chunks(owner_ids):
        query = select(upstream_keys).where(upstream_keys.c.owner_id.in_(chunk))
        for row in connection.execute(query.order_by(upstream_keys.c.owner_id, upstream_keys.c.position)).mappings():
            found.setdefault(row["owner_id"], []).append(_key(row))
    return {owner_id: tuple(keys) for owner_id, keys in found.items()}


def write_keys(connection: Connection, owner_id: str, keys: Iterable[Key]) -> None:
    """Replace the keys of an owner."""
    connection.execute(delete(upstream_keys).where(upstream_keys.c.owner_id == owner_id))
    rows = [
        {
            "id": key.id,
            "owner_id": owner_id,
            "position": position,
            "source": key.source,
            "reference": key.reference,
            "masked": key.masked,
            "sealed": key.sealed,
            "aad": key.aad,
            "created_ns": key.created_ns,
        }
        for position, key in enumerate(keys)
    ]
    if rows:
        connection.execute(insert(upstream_keys), rows)


def _key(row: RowMapping) -> Key:
    return Key(
        id=row["id"],
        source=row["source"],
        reference=row["reference"],
        masked=row["masked"],
        sealed=row["sealed"],
        aad=row["aad"],
        created_ns=row["created_ns"],
    )


def _whole(connection: Connection, row: RowMapping | None) -> Provider | None:
    if row is None:
        return None
    keys = read_keys(connection, (row["id"],))
    return whole(read_row(row, lambda row: _provider(row, keys)))


def _values(provider: Provider) -> dict[str, Any]:
    return {
        "id": provider.id,
        "name": provider.name,
        "name_key": name_key(provider.name),
        "kind": provider.kind,
        "state": provider.state,
        "connection": to_json(provider.connection),
        "models": to_json(provider.models),
        "priority": provider.priority,
        "created_ns": provider.created_ns,
        "created_by": provider.created_by,
        "updated_ns": provider.updated_ns,
        "updated_by": provider.updated_by,
        "version": provider.version,
        "environment": provider.environment,
        "team_id": provider.team_id,
    }


def _provider(row: RowMapping, keys: Keys) -> Provider:
    return Provider(
        id=row["id"],
        name=row["name"],
        kind=row["kind"],
        state=row["state"],
        connection=from_json(row["connection"], UpstreamConnection),
        models=from_json(row["models"], tuple[ModelOffer, ...]),
        keys=keys.get(row["id"], ()),
        priority=row["priority"],
        created_ns=row["created_ns"],
        created_by=row["created_by"],
        updated_ns=row["updated_ns"],
        updated_by=row["updated_by"],
        version=row["version"],
        environment=row["environment"],
        team_id=row["team_id"],
    )


_: type[ProviderStore] = SQLProviderStore
_published: type[PublishedProviders] = SQLProviderStore
