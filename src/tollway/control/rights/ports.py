"""What the rights domain needs from outside."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from tollway.contract.rights import Rights
from tollway.control.access.model import Sight
from tollway.control.rights.model import Group, OwnedRights, OwnerLevel


class RightsStore(Protocol):
    """Rights in the config database. Every method raises management.unavailable."""

    def put(self, item: OwnedRights) -> None:
        """Store the rights of one owner. Only inside a transaction."""
        ...

    def find(self, level: OwnerLevel, owner_id: str) -> OwnedRights | None:
        """Return what was stored for the owner."""
        ...

    def many(self, level: OwnerLevel, owner_ids: Collection[str]) -> dict[str, Rights]:
        """Return the rights of those owners that have any."""
        ...

    def of_level(self, level: OwnerLevel) -> tuple[OwnedRights, ...]:
        """Return everything stored for a level, by owner. For levels with few owners."""
        ...


class GroupStore(Protocol):
    """Groups of models in the config database. Every method raises management.unavailable."""

    def add(self, group: Group) -> None:
        """Store a new group. Only inside a transaction, like `put` and `remove`."""
        ...

    def put(self, group: Group) -> None:
        """Store a changed group."""
        ...

    def remove(self, name: str) -> None:
        """Delete the group."""
        ...

    def find(self, name: str) -> Group | None:
        """Return the group."""
        ...

    def all(self) -> tuple[Group, ...]:
        """Return every group by name."""
        ...

    def find_user(self, name: str) -> str | None:
        """Return one place whose rights name the group, in words; None when none does."""
        ...


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has rights: its name, and what decides who sees it."""

    name: str
    owner_id: str | None = None
    team_id: str | None = None
    is_live: bool = True
    """False for a token that was revoked."""


class RightsOwners(Protocol):
    """Who rights can be given to."""

    def find(self, level: OwnerLevel, owner_id: str) -> Owner | None:
        """Return the owner; None when there is none of that id."""
        ...


class UserDirectory(Protocol):
    """The people that a document may name."""

    def find_id(self, name: str) -> str | None:
        """Return the id of the person of that name (case ignored), unless they were deleted."""
        ...


class ServiceDirectory(Protocol):
    """The services that rights may name."""

    def find_id(self, reference: str) -> str | None:
        """Return the id of the service of that id or name."""
        ...


class PublishedRights(Protocol):
    """Rights and groups to publish."""

    def many(self, level: OwnerLevel, owner_ids: Collection[str]) -> dict[str, Rights]:
        """Return the rights of those owners that have any."""
        ...

    def of_level(self, level: OwnerLevel) -> tuple[OwnedRights, ...]:
        """Return the rights of every owner of a level with few owners."""
        ...

    def groups(self) -> tuple[Group, ...]:
        """Return every group of models."""
        ...

    def find_name(self, level: OwnerLevel, owner_id: str) -> str | None:
        """Return the name of who has rights; None when they are gone."""
        ...


class NoPublishedRights:
    """A source without rights, for what is built without them."""

    def many(self, level: OwnerLevel, owner_ids: Collection[str]) -> dict[str, Rights]:
        """Return nothing."""
        return {}

    def of_level(self, level: OwnerLevel) -> tuple[OwnedRights, ...]:
        """Return nothing."""
        return ()

    def groups(self) -> tuple[Group, ...]:
        """Return nothing."""
        return ()

    def find_name(self, level: OwnerLevel, owner_id: str) -> str | None:
        """Return None."""
        return None


def sees(sight: Sight, level: OwnerLevel, owner_id: str, owner: Owner) -> bool:
    """Whether somebody with this sight sees the rights of an owner."""
    if level == "team":
        return sight.covers(team_id=owner_id)
    if level == "user":
        return sight.covers(owner_id=owner_id)
    return sight.covers(owner_id=owner.owner_id, team_id=owner.team_id)


_: type[PublishedRights] = NoPublishedRights
