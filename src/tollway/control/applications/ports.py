"""What the applications domain needs from outside."""

from collections.abc import Collection
from typing import Protocol

from tollway.control.access.model import Sight
from tollway.control.applications.model import Application
from tollway.control.model import Page, Position
from tollway.control.teams.model import Team


class ApplicationStore(Protocol):
    """Applications in the config database; deleted ones are kept as tombstones and not returned.

    Every method raises management.unavailable.
    """

    def add(self, application: Application) -> None:
        """Store a new application. Only inside a transaction, like `put` and `bury`."""
        ...

    def put(self, application: Application) -> None:
        """Store a changed application."""
        ...

    def bury(self, application_id: str, *, now_ns: int, by: str) -> None:
        """Delete the application: its name is free again, its id is never used again."""
        ...

    def find(self, application_id: str) -> Application | None:
        """Return the application."""
        ...

    def find_named(self, name: str) -> Application | None:
        """Return the application of that name (case ignored)."""
        ...

    def page(
        self, *, team_id: str | None, search: str | None, sight: Sight, after: Position | None, limit: int
    ) -> Page[Application]:
        """Return the applications in sight, newest first; `search` is the beginning of a name."""
        ...

    def names(self, application_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist or existed."""
        ...


class OwnedTokens(Protocol):
    """The tokens that applications own."""

    def count_live(self, *, now_ns: int, application_id: str | None = None) -> int:
        """Count tokens that are neither revoked nor expired."""
        ...

    def owned_ids(self, application_id: str) -> tuple[str, ...]:
        """Return the ids of all its tokens that are not revoked."""
        ...

    def revoke_owned(self, application_id: str, *, now_ns: int, by: str, reason: str) -> None:
        """Mark every token of the application that is not revoked as revoked. Only inside a transaction."""
        ...


class TeamDirectory(Protocol):
    """The teams that may own applications."""

    def find(self, team_id: str) -> Team | None:
        """Return the team."""
        ...
