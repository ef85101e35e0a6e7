"""Bring custom roles and service accounts to what the document says.

A role is named by its name, and where it is given also by its id, as the built-in ones are. People are no part of a
document: who answers for an account is named and must be there. No secret is: an account has none of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from msgspec import UNSET, UnsetType

from tollway.control.access.model import REGISTRY, Permission, Reach, Rights, Role, RoleChange
from tollway.control.access.roles import BUILT_IN
from tollway.control.access.service import Roles
from tollway.control.actor import Actor
from tollway.control.configuration.account_fields import RoleEntry, ServiceAccountEntry
from tollway.control.configuration.applying import read_all
from tollway.control.configuration.shown import Shown
from tollway.control.faults import Faults, refuse
from tollway.control.model import name_key
from tollway.control.paging import PAGE_SIZE_MAX
from tollway.control.rights.ports import UserDirectory
from tollway.control.service_accounts.model import NewServiceAccount, ServiceAccountChange, ServiceAccountFilter
from tollway.control.service_accounts.service import ServiceAccounts
from tollway.control.sessions.model import User
from tollway.control.teams.service import Teams


@dataclass(frozen=True, slots=True)
class AccountConfigurationParts:
    """Whose services are called, and who is named."""

    roles: Roles
    accounts: ServiceAccounts
    teams: Teams
    users: UserDirectory = field(kw_only=True)


class RoleStep:
    """Implements Step for custom roles."""

    def __init__(self, parts: AccountConfigurationParts) -> None:
        self._roles = parts.roles

    def find(self, entry: RoleEntry) -> Role | None:
        """Return the custom role of that name. Raises management.invalid for a built-in one."""
        found = find_role(self._roles, entry.name)
        if found is not None and found.id in BUILT_IN:
            raise refuse("/name", "this role is built in and stays as it is")
        return found

    def create(self, entry: RoleEntry, actor: Actor) -> tuple[Role, None]:
        """Make the role."""
        if entry.rights is UNSET:
            raise refuse("/rights", "a new role needs `rights`")
        description = "" if entry.description is UNSET else entry.description
        return self._roles.create(entry.name, description, _read_rights(entry.rights), actor), None

    def change(self, found: Role, entry: RoleEntry, actor: Actor) -> Role:
        """Bring the role to what the entry states."""
        rights = UNSET if entry.rights is UNSET else _read_rights(entry.rights)
        return self._roles.change(found.id, RoleChange(entry.name, entry.description, rights), actor)

    def remove(self, found: Role, actor: Actor) -> None:
        """Delete the role."""
        self._roles.delete(found.id, actor)

    def show(self, item: Role) -> Shown:
        """Return the entry, without the permission that every role has."""
        shown: Shown = {"name": item.name}
        if item.description:
            shown["description"] = item.description
        held = {name: reach for name, reach in item.rights.items() if name is not Permission.ACCOUNT_USE}
        return shown | {"rights": {name.value: held[name].value for name in REGISTRY if name in held}}

    def show_all(self) -> Iterator[Shown]:
        """Return all custom roles."""
        return (self.show(role) for role in self._roles.all() if role.id not in BUILT_IN)


class ServiceAccountStep:
    """Implements Step for service accounts."""

    def __init__(self, parts: AccountConfigurationParts) -> None:
        self._parts = parts

    def find(self, entry: ServiceAccountEntry) -> User | None:
        """Return the account of that name."""
        return self._parts.accounts.find_named(entry.name)

    def create(self, entry: ServiceAccountEntry, actor: Actor) -> tuple[User, None]:
        """Make the account."""
        if entry.role is UNSET or entry.team is UNSET:
            raise refuse("", "a new service account needs `role` and `team`")
        owner_id = self._owner_id(entry.owner)
        new = NewServiceAccount(
            entry.name, self._role_id(entry.role), self._team_id(entry.team), None if owner_id is UNSET else owner_id
        )
        return self._switch(self._parts.accounts.create(new, actor), entry, actor), None

    def change(self, found: User, entry: ServiceAccountEntry, actor: Actor) -> User:
        """Bring the account to what the entry states. Its team is said when it is made."""
        if entry.team is not UNSET and self._team_id(entry.team) != found.team_id:
            raise refuse("/team", "the team of a service account is said when it is made: delete it and make another")
        change = ServiceAccountChange(
            entry.name, UNSET if entry.role is UNSET else self._role_id(entry.role), self._owner_id(entry.owner)
        )
        return self._switch(self._parts.accounts.change(found.id, change, actor), entry, actor)

    def remove(self, found: User, actor: Actor) -> None:
        """Delete the account; its tokens are revoked."""
        self._parts.accounts.delete(found.id, actor)

    def show(self, item: User) -> Shown:
        """Return the entry; an account whose owner has left has none."""
        role = self._parts.roles.find(item.role)
        is_custom = role is not None and role.id not in BUILT_IN
        shown: Shown = {"name": item.name, "role": role.name if role is not None and is_custom else item.role}
        if item.team_id is not None:
            shown["team"] = self._parts.teams.get(item.team_id).name
        if item.owner_id is not None:
            shown["owner"] = self._parts.accounts.names((item.owner_id,)).get(item.owner_id, item.owner_id)
        return shown if item.state == "active" else shown | {"state": "disabled"}

    def show_all(self) -> Iterator[Shown]:
        """Return all accounts."""
        accounts = self._parts.accounts
        return map(
            self.show,
            read_all(lambda after: accounts.page(ServiceAccountFilter(), after=after, limit=PAGE_SIZE_MAX)),
        )

    def _switch(self, item: User, entry: ServiceAccountEntry, actor: Actor) -> User:
        if entry.state == "disabled" and item.state == "active":
            return self._parts.accounts.deactivate(item.id, actor).account
        if entry.state == "active" and item.state == "deactivated":
            return self._parts.accounts.reactivate(item.id, actor)
        return item

    def _role_id(self, name: str) -> str:
        role = find_role(self._parts.roles, name)
        if role is None:
            raise refuse("/role", f"there is no role {name!r}")
        return role.id

    def _team_id(self, name: str) -> str:
        team = self._parts.teams.find_named(name)
        if team is None:
            raise refuse("/team", f"there is no team {name!r}")
        return team.id

    def _owner_id(self, name: str | UnsetType) -> str | UnsetType:
        if name is UNSET:
            return UNSET
        owner_id = self._parts.users.find_id(name)
        if owner_id is None:
            raise refuse("/owner", f"there is no person {name!r}")
        return owner_id


def find_role(roles: Roles, name: str) -> Role | None:
    """Return the role of that id or name (case ignored)."""
    key = name_key(name)
    return next((role for role in roles.all() if name == role.id or key == name_key(role.name)), None)


def _read_rights(stated: dict[str, str]) -> Rights:
    """Return the rights that a mapping of permissions to reaches states. Raises management.invalid."""
    faults, rights = Faults(), {}
    for permission, reach in stated.items():
        if permission not in {one.value for one in REGISTRY}:
            faults.add(f"/rights/{permission}", "there is no such permission; `tollway role permissions` lists them")
        elif reach not in {one.value for one in Reach}:
            faults.add(f"/rights/{permission}", "use own, team or all")
        else:
            rights[Permission(permission)] = Reach(reach)
    faults.check()
    return cast("Rights", rights)
