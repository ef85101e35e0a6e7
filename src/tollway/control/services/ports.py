"""What the services domain needs from outside."""

from typing import Protocol

from tollway.control.services.model import Service
from tollway.control.upstreams.ports import VersionedStore


class ServiceStore(VersionedStore[Service], Protocol):
    """Services."""

    def find_at(self, path_prefix: str) -> Service | None:
        """Return the service with exactly that path prefix."""
        ...

    def find_id(self, reference: str) -> str | None:
        """Return the id of the service with that id or name (case ignored)."""
        ...
