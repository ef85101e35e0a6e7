"""Bring one object of a kind to what its entry says, through the services of its domain.

An object that an entry does not fully describe keeps what is not described. Each step raises the errors of its
service, with pointers relative to the entry.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol, TypeVar

from msgspec import UNSET, UnsetType

from tollway.control.actor import Actor
from tollway.control.applications.model import Application, ApplicationChange, NewApplication
from tollway.control.applications.service import Applications
from tollway.control.configuration.entries import ApplicationEntry, Place, ProviderEntry, ServiceEntry
from tollway.control.configuration.entry import Entry
from tollway.control.configuration.shown import Shown, show_application, show_provider, show_service, show_team
from tollway.control.faults import refuse
from tollway.control.model import Page, Position
from tollway.control.paging import PAGE_SIZE_MAX
from tollway.control.plans.service import Plans
from tollway.control.services.model import Behaviour, NewService, Service, ServiceChange
from tollway.control.services.service import RestServices
from tollway.control.teams.model import Team
from tollway.control.teams.service import Teams
from tollway.control.upstreams.model import ALL_MODELS, NewProvider, Provider, ProviderChange
from tollway.control.upstreams.service import Providers
from tollway.kernel.secret import Secret

T = TypeVar("T")
EntryT = TypeVar("EntryT", bound=Entry, contravariant=True)
ObjectT = TypeVar("ObjectT")

PRIORITY = 100


class Step(Protocol[EntryT, ObjectT]):
    """What applying and exporting do for one kind of object."""

    def find(self, entry: EntryT) -> ObjectT | None:
        """Return the object that has the entry's name."""
        ...

    def create(self, entry: EntryT, actor: Actor) -> tuple[ObjectT, Secret[str] | None]:
        """Make the object; return it with the secret that is shown once, if it has one."""
        ...

    def change(self, found: ObjectT, entry: EntryT, actor: Actor) -> ObjectT:
        """Bring the object to what the entry states."""
        ...

    def remove(self, found: ObjectT, actor: Actor) -> None:
        """Delete the object."""
        ...

    def show(self, item: ObjectT) -> Shown:
        """Return the object in the document's words."""
        ...

    def show_all(self) -> Iterator[Shown]:
        """Return all objects of the kind, oldest first."""
        ...


class TeamStep:
    """Implements Step for teams."""

    def __init__(self, teams: Teams) -> None:
        self._teams = teams

    def find(self, entry: Entry) -> Team | None:
        """Return the team of that name."""
        return self._teams.find_named(entry.name)

    def create(self, entry: Entry, actor: Actor) -> tuple[Team, None]:
        """Make the team."""
        return self._teams.create(entry.name, actor), None

    def change(self, found: Team, entry: Entry, actor: Actor) -> Team:
        """Change the case of the name, which is all there is."""
        return self._teams.rename(found.id, entry.name, actor)

    def remove(self, found: Team, actor: Actor) -> None:
        """Delete the team."""
        self._teams.delete(found.id, actor)

    def show(self, item: Team) -> Shown:
        """Return the entry."""
        return show_team(item)

    def show_all(self) -> Iterator[Shown]:
        """Return all teams."""
        return map(self.show, read_all(lambda after: self._teams.page(after=after, limit=PAGE_SIZE_MAX)))


class ApplicationStep:
    """Implements Step for applications."""

    def __init__(self, applications: Applications, teams: Teams, plans: Plans) -> None:
        self._applications = applications
        self._teams = teams
        self._plans = plans

    def find(self, entry: ApplicationEntry) -> Application | None:
        """Return the application of that name."""
        return self._applications.find_named(entry.name)

    def create(self, entry: ApplicationEntry, actor: Actor) -> tuple[Application, None]:
        """Make the application."""
        team_id = self._team_id(entry)
        new = NewApplication(entry.name, None if team_id is UNSET else team_id)
        application = self._applications.create(
            _with(new, limits=entry.limits, plan_id=find_plan_id(self._plans, entry.plan)), actor
        )
        return self._switch(application, entry, actor), None

    def change(self, found: Application, entry: ApplicationEntry, actor: Actor) -> Application:
        """Bring the application to what the entry states."""
        plan_id = find_plan_id(self._plans, entry.plan)
        change = ApplicationChange(entry.name, self._team_id(entry), entry.limits, plan_id)
        return self._switch(self._applications.change(found.id, change, actor), entry, actor)

    def remove(self, found: Application, actor: Actor) -> None:
        """Delete the application."""
        self._applications.delete(found.id, actor)

    def show(self, item: Application) -> Shown:
        """Return the entry."""
        return show_application(item, self._teams.get(item.team_id).name)

    def show_all(self) -> Iterator[Shown]:
        """Return all applications."""
        return map(self.show, read_all(lambda after: self._applications.page(after=after, limit=PAGE_SIZE_MAX)))

    def _team_id(self, entry: ApplicationEntry) -> str | UnsetType:
        if entry.team is UNSET:
            return UNSET
        return _find_team(self._teams, entry.team)

    def _switch(self, item: Application, entry: ApplicationEntry, actor: Actor) -> Application:
        if entry.state in (UNSET, item.state):
            return item
        act = self._applications.disable if entry.state == "disabled" else self._applications.enable
        return act(item.id, actor)


class ProviderStep:
    """Implements Step for providers."""

    def __init__(self, providers: Providers, teams: Teams) -> None:
        self._providers = providers
        self._teams = teams

    def find(self, entry: ProviderEntry) -> Provider | None:
        """Return the provider of that name."""
        return self._providers.find_named(entry.name)

    def create(self, entry: ProviderEntry, actor: Actor) -> tuple[Provider, None]:
        """Configure the provider."""
        if entry.kind is UNSET:
            raise refuse("", "a new provider needs `kind`")
        stated = {name: getattr(entry.connection, name) for name in entry.connection.__slots__}
        new = NewProvider(entry.name, entry.kind, models=ALL_MODELS, priority=PRIORITY)
        new = _with(new, credentials=entry.credentials, models=entry.models, priority=entry.priority, **stated)
        new = _with(new, environment=entry.place.environment, team_id=_place_team(self._teams, entry.place))
        return self._switch(self._providers.create(new, actor), entry, actor), None

    def change(self, found: Provider, entry: ProviderEntry, actor: Actor) -> Provider:
        """Bring the provider to what the entry states."""
        if entry.kind not in (UNSET, found.kind):
            raise refuse("/kind", f"this provider is of the kind {found.kind!r}; delete it to change that")
        change = ProviderChange(entry.name, entry.credentials, entry.models, entry.priority, entry.connection)
        change = replace(change, environment=entry.place.environment, team_id=_place_team(self._teams, entry.place))
        return self._switch(self._providers.change(found.id, change, actor).provider, entry, actor)

    def remove(self, found: Provider, actor: Actor) -> None:
        """Delete the provider."""
        self._providers.delete(found.id, actor)

    def show(self, item: Provider) -> Shown:
        """Return the entry."""
        return show_provider(item, _name_team(self._teams, item.team_id))

    def show_all(self) -> Iterator[Shown]:
        """Return all providers."""
        return map(self.show, read_all(lambda after: self._providers.page(after=after, limit=PAGE_SIZE_MAX)))

    def _switch(self, item: Provider, entry: ProviderEntry, actor: Actor) -> Provider:
        if entry.state in (UNSET, item.state):
            return item
        act = self._providers.disable if entry.state == "disabled" else self._providers.enable
        return act(item.id, actor)


class ServiceStep:
    """Implements Step for services."""

    def __init__(self, services: RestServices, teams: Teams) -> None:
        self._services = services
        self._teams = teams

    def find(self, entry: ServiceEntry) -> Service | None:
        """Return the service of that name."""
        return self._services.find_named(entry.name)

    def create(self, entry: ServiceEntry, actor: Actor) -> tuple[Service, None]:
        """Publish the service."""
        if entry.path_prefix is UNSET or entry.connection.base_url is UNSET:
            raise refuse("", "a new service needs `path_prefix` and `base_url`")
        new = NewService(
            name=entry.name,
            path_prefix=entry.path_prefix,
            connection=entry.connection,
            credential=None if entry.credential is UNSET else entry.credential,
            behaviour=_with(Behaviour(), **entry.behaviour),
        )
        new = _with(new, environment=entry.place.environment, team_id=_place_team(self._teams, entry.place))
        return self._switch(self._services.create(new, actor), entry, actor), None

    def change(self, found: Service, entry: ServiceEntry, actor: Actor) -> Service:
        """Bring the service to what the entry states."""
        behaviour = _with(found.behaviour, **entry.behaviour)
        change = ServiceChange(entry.name, entry.path_prefix, entry.credential, behaviour, entry.connection)
        change = replace(change, environment=entry.place.environment, team_id=_place_team(self._teams, entry.place))
        return self._switch(self._services.change(found.id, change, actor).service, entry, actor)

    def remove(self, found: Service, actor: Actor) -> None:
        """Delete the service."""
        self._services.delete(found.id, actor)

    def show(self, item: Service) -> Shown:
        """Return the entry."""
        return show_service(item, _name_team(self._teams, item.team_id))

    def show_all(self) -> Iterator[Shown]:
        """Return all services."""
        return map(self.show, read_all(lambda after: self._services.page(after=after, limit=PAGE_SIZE_MAX)))

    def _switch(self, item: Service, entry: ServiceEntry, actor: Actor) -> Service:
        if entry.state in (UNSET, item.state):
            return item
        act = self._services.disable if entry.state == "disabled" else self._services.enable
        return act(item.id, actor)


def read_all(page: Callable[[Position | None], Page[T]]) -> list[T]:
    """Return every item of a paged list, oldest first."""
    items: list[T] = []
    after: Position | None = None
    while True:
        found = page(after)
        items += found.items
        after = found.next
        if after is None:
            items.reverse()
            return items


def _find_team(teams: Teams, name: str) -> str:
    team = teams.find_named(name)
    if team is None:
        raise refuse("/team", f"there is no team {name!r}")
    return team.id


def _place_team(teams: Teams, place: Place) -> str | UnsetType | None:
    """Return the id of the team that is named; None stands for the installation."""
    return _find_team(teams, place.team) if isinstance(place.team, str) else place.team


def _name_team(teams: Teams, team_id: str | None) -> str | None:
    return None if team_id is None else teams.get(team_id).name


def find_plan_id(plans: Plans, name: str | UnsetType | None) -> str | UnsetType | None:
    """Return the id of a plan by its name. Raises management.invalid when there is none of that name."""
    if name is UNSET or name is None:
        return name
    plan = plans.find_named(name)
    if plan is None:
        raise refuse("/plan", f"there is no plan {name!r}")
    return plan.id


def _with(item: T, **stated: object) -> T:
    """Return the dataclass with those fields that are not UNSET."""
    return replace(item, **{name: value for name, value in stated.items() if value is not UNSET})  # type: ignore[type-var]  # a dataclass
