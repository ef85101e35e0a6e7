"""What the teams domain needs from outside."""

from collections.abc import Collection
from typing import Protocol

from tollway.control.access.model import Sight
from tollway.control.model import Page, Position
from tollway.control.teams.model import Team


class TeamStore(Protocol):
    """Teams in the config database. Every method raises management.unavailable."""

    def add(self, team: Team) -> None:
        """Store a new team. Only inside a transaction, like `put` and `remove`."""
        ...

    def put(self, team: Team) -> None:
        """Store a changed team."""
        ...

    def remove(self, team_id: str) -> None:
        """Delete the team and its memberships."""
        ...

    def find(self, team_id: str) -> Team | None:
        """Return the team."""
        ...

    def find_named(self, name: str) -> Team | None:
        """Return the team of that name (case ignored)."""
        ...

    def page(self, *, search: str | None, sight: Sight, after: Position | None, limit: int) -> Page[Team]:
        """Return the teams in sight, newest first."""
        ...

    def names(self, team_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist."""
        ...

    def owns_anything(self, team_id: str) -> bool:
        """Whether an application, a service, a provider or a service account belongs to the team."""
        ...
