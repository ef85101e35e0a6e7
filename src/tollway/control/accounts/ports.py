"""What the accounts domain needs from outside."""

from collections.abc import Collection, Mapping
from typing import Protocol

from tollway.control.access.model import Role
from tollway.control.accounts.model import Member, UserFilter
from tollway.control.actor import Actor
from tollway.control.model import Page, Position
from tollway.control.sessions.model import User, UserLink
from tollway.control.teams.model import Team


class AccountStore(Protocol):
    """People in the config database. Every method raises management.unavailable; writes only inside a transaction."""

    def add(self, user: User) -> None:
        """Store a new person."""
        ...

    def put(self, user: User) -> None:
        """Store a changed person."""
        ...

    def find(self, user_id: str) -> User | None:
        """Return the person, also a deleted one."""
        ...

    def find_named(self, name_key: str) -> User | None:
        """Return the person with this canonical name; never a deleted one."""
        ...

    def page(self, wanted: UserFilter, *, after: Position | None, limit: int) -> Page[User]:
        """Return people, newest first."""
        ...

    def names(self, user_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist or existed."""
        ...

    def count_owners(self) -> int:
        """Return how many active people are owners."""
        ...

    def replace_link(self, link: UserLink) -> None:
        """Store a link; those of the same person before it stop working."""
        ...

    def end_access(self, user_id: str) -> int:
        """Delete all links and sessions of a person; return how many sessions there were."""
        ...

    def end_sessions(self, user_id: str, session_id: str | None = None) -> int:
        """Delete a session of a person, or all of them with the sign-ins that are half done; return how many sessions
        there were.
        """
        ...

    def teams_of(self, user_ids: Collection[str]) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """Return the teams of each person as (id, name), by name; who is in none is left out."""
        ...

    def members(self, team_id: str, *, after: Position | None, limit: int) -> Page[Member]:
        """Return who is in a team, newest person first."""
        ...

    def is_member(self, team_id: str, user_id: str) -> bool:
        """Return whether the person is in the team."""
        ...

    def join(self, team_id: str, user_id: str, *, now_ns: int, by: str) -> None:
        """Put a person who is not in the team into it."""
        ...

    def leave(self, user_id: str, team_id: str | None = None) -> None:
        """Take a person out of a team, or of all."""
        ...


class FactorDirectory(Protocol):
    """The second factors that people have."""

    def kinds(self, user_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Return which factors each of the people has, `totp` and `passkey`; who has none is left out."""
        ...

    def delete_all(self, user_id: str) -> int:
        """Forget all of a person's, and their recovery codes, in the caller's transaction; return how many."""
        ...


class TeamDirectory(Protocol):
    """The teams that people may be in."""

    def find(self, team_id: str) -> Team | None:
        """Return the team."""
        ...


class RoleDirectory(Protocol):
    """The roles that people may have."""

    def find(self, role_id: str) -> Role | None:
        """Return the role, built-in or custom."""
        ...


class PersonalTokens(Protocol):
    """The tokens that belong to people themselves. Both acts join the transaction of the caller."""

    def end_personal(self, user_id: str, actor: Actor, *, reason: str) -> int:
        """Revoke all of them and return how many there were."""
        ...

    def hand_over(self, user_id: str, to_user_id: str, actor: Actor) -> int:
        """Give all of them to another person and return how many there were."""
        ...


class OwnedServices(Protocol):
    """The service accounts that people answer for. Both acts join the transaction of the caller."""

    def hand_over(self, owner_id: str, to_user_id: str, actor: Actor) -> int:
        """Make another person answer for all of them and return how many there were."""
        ...

    def lose_owner(self, owner_id: str, actor: Actor) -> int:
        """Leave all of them to their teams and return how many there were."""
        ...


class NoServices:
    """Implements OwnedServices where there are none."""

    def hand_over(self, owner_id: str, to_user_id: str, actor: Actor) -> int:
        """Return 0."""
        return 0

    def lose_owner(self, owner_id: str, actor: Actor) -> int:
        """Return 0."""
        return 0
