"""What the services domain needs from outside."""

from collections.abc import Collection
from typing import Protocol

from tollway.control.model import Page, Position
from tollway.control.services.model import Service


class ServiceStore(Protocol):
    """Services, with their key, in the config database. Every method raises management.unavailable."""

    def add(self, service: Service) -> None:
        """Store a new service. Only inside a transaction, like `put` and `remove`."""
        ...

    def put(self, service: Service) -> None:
        """Store a changed service; a key that is not in it any more is deleted."""
        ...

    def remove(self, service_id: str) -> None:
        """Delete the service and its key; its id stays known to `names`."""
        ...

    def find(self, service_id: str) -> Service | None:
        """Return the service."""
        ...

    def find_named(self, name: str) -> Service | None:
        """Return the service of that name (case ignored)."""
        ...

    def find_at(self, path_prefix: str) -> Service | None:
        """Return the service with exactly that path prefix."""
        ...

    def find_id(self, reference: str) -> str | None:
        """Return the id of the service with that id or name (case ignored)."""
        ...

    def page(self, *, after: Position | None, limit: int) -> Page[Service]:
        """Return services, newest first."""
        ...

    def names(self, service_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist or existed."""
        ...
