"""Rights and groups of models as publication reads them, and who has rights."""

from collections.abc import Collection
from dataclasses import dataclass

from tollway.adapters.storage.accounts import SQLAccountStore
from tollway.adapters.storage.applications import SQLApplicationStore
from tollway.adapters.storage.rights import SQLGroupStore, SQLRightsStore
from tollway.adapters.storage.teams import SQLTeamStore
from tollway.adapters.storage.tokens import SQLTokenStore
from tollway.contract.rights import Rights
from tollway.control.model import name_key
from tollway.control.rights.model import INSTALLATION, Group, OwnedRights, OwnerLevel
from tollway.control.rights.ports import Owner, PublishedRights, RightsOwners, UserDirectory

INSTALLATION_NAME = "the installation"


@dataclass(frozen=True, slots=True)
class StoredOwners:
    """Implements RightsOwners over the stores of everybody who can have rights."""

    teams: SQLTeamStore
    accounts: SQLAccountStore
    applications: SQLApplicationStore
    tokens: SQLTokenStore

    def find(self, level: OwnerLevel, owner_id: str) -> Owner | None:
        """Return the owner; None when there is none of that id."""
        match level:
            case "installation":
                return Owner(INSTALLATION_NAME) if owner_id == INSTALLATION else None
            case "team":
                team = self.teams.find(owner_id)
                return None if team is None else Owner(team.name, team_id=owner_id)
            case "user":
                account = self.accounts.find(owner_id)
                return None if account is None or account.state == "deleted" else Owner(account.name, owner_id=owner_id)
            case "application":
                application = self.applications.find(owner_id)
                return None if application is None else Owner(application.name, team_id=application.team_id)
            case "token":
                token = self.tokens.find(owner_id)
                if token is None:
                    return None
                return Owner(token.name, token.owner_id, token.team_id, token.state != "revoked")


@dataclass(frozen=True, slots=True)
class StoredRights:
    """Implements PublishedRights over both stores."""

    rights: SQLRightsStore
    group_store: SQLGroupStore
    owners: RightsOwners

    def many(self, level: OwnerLevel, owner_ids: Collection[str]) -> dict[str, Rights]:
        """Return the rights of those owners that have any."""
        return self.rights.many(level, owner_ids)

    def of_level(self, level: OwnerLevel) -> tuple[OwnedRights, ...]:
        """Return the rights of every owner of a level."""
        return self.rights.of_level(level)

    def groups(self) -> tuple[Group, ...]:
        """Return every group of models."""
        return self.group_store.all()

    def find_name(self, level: OwnerLevel, owner_id: str) -> str | None:
        """Return the name of who has rights; None when they are gone."""
        owner = self.owners.find(level, owner_id)
        return None if owner is None else owner.name


@dataclass(frozen=True, slots=True)
class StoredUsers:
    """Implements UserDirectory over the store of people."""

    accounts: SQLAccountStore

    def find_id(self, name: str) -> str | None:
        """Return the id of the person of that name (case ignored), unless they were deleted."""
        user = self.accounts.find_named(name_key(name))
        return None if user is None or user.state == "deleted" else user.id


_: type[PublishedRights] = StoredRights
_owners: type[RightsOwners] = StoredOwners
_users: type[UserDirectory] = StoredUsers
