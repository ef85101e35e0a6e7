"""Bring plans, and the limits of levels, to what the document says. Who has no limits has an empty set of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec import UNSET

from tollway.contract.limits import Limits
from tollway.control.actor import Actor
from tollway.control.configuration.applying import read_all
from tollway.control.configuration.entries import LevelEntry, PlanEntry
from tollway.control.configuration.limits_shown import show_limits
from tollway.control.configuration.shown import Shown
from tollway.control.faults import refuse
from tollway.control.limits.model import GLOBAL, NO_RULES, Level
from tollway.control.limits.owners import LimitOwners, Owned
from tollway.control.paging import PAGE_SIZE_MAX
from tollway.control.plans.model import NewPlan, Plan, PlanChange
from tollway.control.plans.service import Plans
from tollway.control.rights.ports import UserDirectory
from tollway.control.services.service import RestServices
from tollway.control.teams.service import Teams
from tollway.control.upstreams.service import Providers

INSTALLATION = "installation"


class PlanStep:
    """Implements Step for plans; their rights are a kind of their own."""

    def __init__(self, plans: Plans) -> None:
        self._plans = plans

    def find(self, entry: PlanEntry) -> Plan | None:
        """Return the plan of that name."""
        return self._plans.find_named(entry.name)

    def create(self, entry: PlanEntry, actor: Actor) -> tuple[Plan, None]:
        """Make the plan."""
        description = "" if entry.description is UNSET else entry.description
        limits = NO_RULES if entry.limits is UNSET else entry.limits
        return self._plans.create(NewPlan(entry.name, description, limits=limits), actor), None

    def change(self, found: Plan, entry: PlanEntry, actor: Actor) -> Plan:
        """Bring the plan to what the entry states."""
        change = PlanChange(name=entry.name, description=entry.description, limits=entry.limits)
        return self._plans.change(found.id, change, actor)

    def remove(self, found: Plan, actor: Actor) -> None:
        """Delete the plan."""
        self._plans.delete(found.id, actor)

    def show(self, item: Plan) -> Shown:
        """Return the entry."""
        description: Shown = {"description": item.description} if item.description else {}
        return {"name": item.name} | description | show_limits(item.limits)

    def show_all(self) -> Iterator[Shown]:
        """Return all plans."""
        return map(self.show, read_all(lambda after: self._plans.page(after=after, limit=PAGE_SIZE_MAX)))


@dataclass(frozen=True, slots=True)
class LevelParts:
    """Whose limits there are."""

    owners: LimitOwners
    teams: Teams
    users: UserDirectory
    services: RestServices
    providers: Providers


@dataclass(frozen=True, slots=True)
class HeldLimits:
    """The limits of one owner under its name in the document."""

    level: Level
    id: str
    name: str
    limits: Limits


class LevelStep:
    """Implements Step for the limits of levels; an entry is named `team payments`, `model gpt-4o` or `installation`."""

    def __init__(self, parts: LevelParts) -> None:
        self._parts = parts

    def find(self, entry: LevelEntry) -> HeldLimits | None:
        """Return the owner's limits. Raises management.invalid when there is no such owner."""
        owner_id = self._owner_id(entry.level, entry.owner)
        if owner_id is None:
            if entry.state == "absent":
                return None
            raise refuse("/name", f"there is no {entry.level} {entry.owner!r}")
        return _held(entry.name, self._parts.owners.get(entry.level, owner_id))

    def create(self, entry: LevelEntry, actor: Actor) -> tuple[HeldLimits, None]:
        """Never asked: everybody who is there has limits, if only none."""
        raise AssertionError(entry.name)

    def change(self, found: HeldLimits, entry: LevelEntry, actor: Actor) -> HeldLimits:
        """Bring the limits to what the entry says."""
        rules = NO_RULES if entry.limits is UNSET else entry.limits
        return _held(found.name, self._parts.owners.change(found.level, found.id, rules, actor))

    def remove(self, found: HeldLimits, actor: Actor) -> None:
        """Take all limits away."""
        self._parts.owners.change(found.level, found.id, NO_RULES, actor)

    def show(self, item: HeldLimits) -> Shown:
        """Return the entry."""
        shown: Shown = {"name": item.name}
        return shown | show_limits(item.limits)

    def show_all(self) -> Iterator[Shown]:
        """Return the limits of everybody who has some."""
        for name, item in self._parts.owners.levels.all():
            shown = INSTALLATION if item.level == "global" else f"{item.level} {name}"
            yield self.show(HeldLimits(item.level, item.owner_id, shown, item.limits))

    def _owner_id(self, level: Level, name: str) -> str | None:
        parts = self._parts
        match level:
            case "global":
                return GLOBAL
            case "user":
                return parts.users.find_id(name)
            case "model":
                return name if parts.owners.levels.is_there(level, name) else None
            case "team":
                found: object = parts.teams.find_named(name)
            case "service":
                found = parts.services.find_named(name)
            case "provider":
                found = parts.providers.find_named(name)
        return None if found is None else str(found.id)  # type: ignore[attr-defined]  # all of them have one


def _held(name: str, owned: Owned) -> HeldLimits:
    assert owned.level != "token" and owned.level != "application", "these keep their limits themselves"
    return HeldLimits(owned.level, owned.owner_id, name, owned.limits)
