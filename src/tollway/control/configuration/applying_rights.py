"""Bring groups of models and rights to what the document says. An owner's rights are there always; absent silences."""

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec import UNSET

from tollway.contract.rights import ALL_RIGHTS, Rights
from tollway.control.actor import Actor
from tollway.control.applications.service import Applications
from tollway.control.configuration.applying import read_all
from tollway.control.configuration.entries import GroupEntry, RightsEntry
from tollway.control.configuration.rights_fields import RightsLevel
from tollway.control.configuration.rights_shown import show_rights
from tollway.control.configuration.shown import Shown
from tollway.control.faults import refuse
from tollway.control.paging import PAGE_SIZE_MAX
from tollway.control.plans.model import PlanChange
from tollway.control.plans.service import Plans
from tollway.control.rights.groups import ModelGroups
from tollway.control.rights.model import INSTALLATION, Group, OwnerLevel, RightsChange
from tollway.control.rights.ports import UserDirectory
from tollway.control.rights.service import RightsDesk
from tollway.control.services.service import RestServices
from tollway.control.teams.service import Teams
from tollway.control.tokens.service import Tokens


class GroupStep:
    """Implements Step for groups of models."""

    def __init__(self, groups: ModelGroups) -> None:
        self._groups = groups

    def find(self, entry: GroupEntry) -> Group | None:
        """Return the group of that name."""
        return next((group for group in self._groups.all() if group.name == entry.name), None)

    def create(self, entry: GroupEntry, actor: Actor) -> tuple[Group, None]:
        """Make the group."""
        models = () if entry.models is UNSET else tuple(dict.fromkeys(entry.models))
        description = "" if entry.description is UNSET else entry.description
        return self._groups.create(Group(entry.name, models, description), actor), None

    def change(self, found: Group, entry: GroupEntry, actor: Actor) -> Group:
        """Bring the group to what the entry states."""
        models = found.models if entry.models is UNSET else entry.models
        description = found.description if entry.description is UNSET else entry.description
        return self._groups.change(found.name, models, description, actor)

    def remove(self, found: Group, actor: Actor) -> None:
        """Delete the group."""
        self._groups.delete(found.name, actor)

    def show(self, item: Group) -> Shown:
        """Return the entry."""
        shown: Shown = {"name": item.name, "models": list(item.models)}
        return shown | ({"description": item.description} if item.description else {})

    def show_all(self) -> Iterator[Shown]:
        """Return all groups."""
        return map(self.show, self._groups.all())


@dataclass(frozen=True, slots=True)
class RightsParts:
    """Whose rights there are, and what keeps them."""

    desk: RightsDesk
    plans: Plans
    teams: Teams
    users: UserDirectory
    applications: Applications
    tokens: Tokens
    services: RestServices


@dataclass(frozen=True, slots=True)
class Held:
    """The rights of one owner, whatever they say."""

    level: RightsLevel
    owner_id: str
    name: str
    rights: Rights

    @property
    def id(self) -> str:
        """The id of the owner."""
        return self.owner_id


class RightsStep:
    """Implements Step for the rights of owners."""

    def __init__(self, parts: RightsParts) -> None:
        self._parts = parts

    def find(self, entry: RightsEntry) -> Held | None:
        """Return the rights of the owner. Raises management.invalid when there is no such owner to give any to."""
        level, parts = entry.level, self._parts
        if level == "plan":
            plan = parts.plans.find_named(entry.owner)
            if plan is not None:
                return Held("plan", plan.id, entry.name, plan.rights)
        elif (owner_id := self._owner_id(level, entry.owner)) is not None:
            return Held(level, owner_id, entry.name, parts.desk.get(level, owner_id).rights)
        if entry.state == "absent":
            return None
        raise refuse("/name", f"there is no {level} {entry.owner!r}")

    def create(self, entry: RightsEntry, actor: Actor) -> tuple[Held, None]:
        """Never asked: everybody who is there has rights."""
        raise AssertionError(entry.name)

    def change(self, found: Held, entry: RightsEntry, actor: Actor) -> Held:
        """Bring the owner's rights to what the entry says."""
        return self._give(found, entry.rights, actor)

    def remove(self, found: Held, actor: Actor) -> None:
        """Have the owner's rights say nothing."""
        self._give(found, ALL_RIGHTS, actor)

    def show(self, item: Held) -> Shown:
        """Return the entry."""
        named = (*(item.rights.services.allow or ()), *item.rights.services.deny)
        return show_rights(item.name, item.rights, self._parts.services.names(named))

    def show_all(self) -> Iterator[Shown]:
        """Return the rights of everybody whose say something."""
        parts = self._parts
        for plan in read_all(lambda after: parts.plans.page(after=after, limit=PAGE_SIZE_MAX)):
            if plan.rights != ALL_RIGHTS:
                yield self.show(Held("plan", plan.id, f"plan {plan.name}", plan.rights))
        levels: tuple[OwnerLevel, ...] = ("installation", "team", "user", "application", "token")
        for level in levels:
            for item in parts.desk.all(level):
                name = self._owner_name(level, item.owner_id) if item.rights != ALL_RIGHTS else None
                if name is not None:
                    yield self.show(Held(level, item.owner_id, name, item.rights))

    def _give(self, found: Held, rights: Rights, actor: Actor) -> Held:
        parts = self._parts
        if found.level == "plan":
            checked = parts.desk.checked(rights)
            parts.desk.check_grant(checked, actor)
            plan = parts.plans.change(found.owner_id, PlanChange(rights=checked), actor)
            return Held("plan", plan.id, found.name, plan.rights)
        change = RightsChange(
            rights.scopes,
            rights.models,
            rights.services,
            rights.routes,
            rights.networks,
            rights.hours,
            rights.parameters,
        )
        saved = parts.desk.change(found.level, found.owner_id, change, actor)
        return Held(found.level, found.owner_id, found.name, saved.rights)

    def _owner_id(self, level: OwnerLevel, name: str) -> str | None:
        parts = self._parts
        match level:
            case "installation":
                return INSTALLATION
            case "team":
                team = parts.teams.find_named(name)
                return None if team is None else team.id
            case "user":
                return parts.users.find_id(name)
            case "application":
                application = parts.applications.find_named(name)
                return None if application is None else application.id
            case "token":
                token = parts.tokens.find_named(name)
                return None if token is None else token.id

    def _owner_name(self, level: OwnerLevel, owner_id: str) -> str | None:
        """Return what the document calls the owner; None when they are gone, or a token was revoked."""
        if level == "installation":
            return level
        found = self._parts.desk.find_owner(level, owner_id)
        return None if found is None or not found.is_live else f"{level} {found.name}"
