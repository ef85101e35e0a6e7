"""Builds the rights domain: who has rights, what is published of them, and what answers about them."""

import msgspec

from tollway.adapters.storage.published_rights import StoredOwners, StoredRights, StoredUsers
from tollway.adapters.storage.rights import SQLGroupStore, SQLRightsStore
from tollway.compose.stores import Stores
from tollway.control.applications.service import Applications
from tollway.control.configuration.applying_rights import RightsParts
from tollway.control.plans.service import Plans
from tollway.control.ports import Trail
from tollway.control.publication.service import Publisher
from tollway.control.rights.blocking import Blocking
from tollway.control.rights.effective import Effective, EffectiveParts
from tollway.control.rights.groups import GroupParts, ModelGroups
from tollway.control.rights.office import RightsOffice
from tollway.control.rights.service import RightsDesk
from tollway.control.rights.service import RightsParts as DeskParts
from tollway.control.services.service import RestServices
from tollway.control.teams.service import Teams
from tollway.control.tokens.service import Tokens
from tollway.control.usage.service import Usage
from tollway.kernel.clock import Clock


class Ruled(msgspec.Struct, frozen=True):
    """The services that rights are given by, and explained from."""

    publisher: Publisher
    tokens: Tokens
    applications: Applications
    desk: RightsDesk
    groups: ModelGroups


class Named(msgspec.Struct, frozen=True):
    """The services by which a document's names are found."""

    plans: Plans
    teams: Teams
    services: RestServices


def build_published_rights(stores: Stores) -> StoredRights:
    """Return what publication reads of rights and groups of models."""
    database = stores.database
    return StoredRights(SQLRightsStore(database), SQLGroupStore(database), _owners(stores))


def build_rights_desk(stores: Stores, publisher: Publisher, trail: Trail, clock: Clock) -> RightsDesk:
    """Return what reads and changes rights."""
    database = stores.database
    return RightsDesk(
        DeskParts(
            store=SQLRightsStore(database),
            groups=SQLGroupStore(database),
            owners=_owners(stores),
            services=stores.services,
            touching=publisher,
            transactions=database,
            trail=trail,
            clock=clock,
        )
    )


def build_model_groups(stores: Stores, publisher: Publisher, trail: Trail, clock: Clock) -> ModelGroups:
    """Return what reads and changes groups of models."""
    database = stores.database
    return ModelGroups(GroupParts(SQLGroupStore(database), publisher, database, trail, clock))


def build_rights_office(stores: Stores, ruled: Ruled, usage: Usage, clock: Clock) -> RightsOffice:
    """Return everything of the domain."""
    store = SQLRightsStore(stores.database)
    parts = EffectiveParts(store, ruled.tokens, ruled.applications, ruled.publisher, clock)
    return RightsOffice(ruled.desk, ruled.groups, Effective(parts), Blocking(usage, clock))


def build_configured_rights(stores: Stores, ruled: Ruled, named: Named) -> RightsParts:
    """Return whose rights a configuration may say."""
    return RightsParts(
        desk=ruled.desk,
        plans=named.plans,
        teams=named.teams,
        users=StoredUsers(stores.accounts),
        applications=ruled.applications,
        tokens=ruled.tokens,
        services=named.services,
    )


def _owners(stores: Stores) -> StoredOwners:
    return StoredOwners(stores.teams, stores.accounts, stores.applications, stores.tokens)
