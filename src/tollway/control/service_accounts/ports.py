"""What the domain of service accounts needs from outside."""

from collections.abc import Collection
from typing import Protocol

from tollway.control.access.model import Role, Sight
from tollway.control.actor import Actor
from tollway.control.model import Page, Position
from tollway.control.service_accounts.model import ServiceAccountFilter
from tollway.control.sessions.model import User
from tollway.control.teams.model import Team


class ServiceAccountStore(Protocol):
    """Accounts in the config database. Every method raises management.unavailable; writes only inside a transaction."""

    def add(self, user: User) -> None:
        """Store a new account."""
        ...

    def names(self, user_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist or existed."""
        ...

    def put(self, user: User) -> None:
        """Store a changed account."""
        ...

    def find(self, user_id: str) -> User | None:
        """Return the account, also a deleted one, and also a person."""
        ...

    def find_named(self, name_key: str) -> User | None:
        """Return the account or person with this canonical name; never a deleted one."""
        ...

    def is_member(self, team_id: str, user_id: str) -> bool:
        """Return whether the person is in the team."""
        ...

    def page_of_services(
        self, wanted: ServiceAccountFilter, *, sight: Sight, after: Position | None, limit: int
    ) -> Page[User]:
        """Return the service accounts in sight, newest first."""
        ...

    def owned_services(self, owner_id: str) -> tuple[User, ...]:
        """Return the service accounts that a person is the owner of, but for deleted ones."""
        ...

    def count_ownerless(self) -> int:
        """Return how many service accounts that are not deleted have no owner."""
        ...


class TeamDirectory(Protocol):
    """The teams that accounts may belong to."""

    def find(self, team_id: str) -> Team | None:
        """Return the team."""
        ...

    def names(self, team_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist."""
        ...


class RoleDirectory(Protocol):
    """The roles that accounts may have."""

    def find(self, role_id: str) -> Role | None:
        """Return the role, built-in or custom."""
        ...


class AccountTokens(Protocol):
    """The tokens of accounts. Joins the transaction of the caller."""

    def end_personal(self, user_id: str, actor: Actor, *, reason: str) -> int:
        """Revoke all of them and return how many there were."""
        ...
