"""Builds plans, the limits of levels and what is done with them."""

from collections.abc import Callable

import msgspec

from tollway.adapters.storage.bulk import SQLBulkStore
from tollway.adapters.storage.published_limits import StoredLimits
from tollway.compose.stores import Stores
from tollway.control.applications.service import Applications
from tollway.control.bulk.acting import extend_within
from tollway.control.bulk.service import Bulk, BulkParts
from tollway.control.gateway.ports import MeterReader
from tollway.control.limits.levels import LevelParts, Levels
from tollway.control.limits.model import Level
from tollway.control.limits.naming import NamedOwners
from tollway.control.limits.owners import LimitOwners
from tollway.control.limits.top_ups import TopUps
from tollway.control.limits.watch import UsedLimits
from tollway.control.plans.desk import LimitDesk
from tollway.control.plans.service import PlanParts, Plans
from tollway.control.ports import Trail
from tollway.control.publication.service import Publisher
from tollway.control.tokens.lifetimes import LifetimeBook
from tollway.control.tokens.service import Tokens
from tollway.control.usage.service import Usage
from tollway.kernel.clock import Clock

Find = Callable[[str], str | None]


class Limited(msgspec.Struct, frozen=True):
    """The services that limits are given by or to."""

    publisher: Publisher
    tokens: Tokens
    applications: Applications
    trail: Trail


def build_published_limits(stores: Stores) -> StoredLimits:
    """Return what publication reads of plans and limits."""
    return StoredLimits(stores.plans, stores.levels, NamedOwners(_finders(stores)))


def build_limit_desk(stores: Stores, limited: Limited, clock: Clock) -> LimitDesk:
    """Return the services of plans and limits."""
    publisher, database = limited.publisher, stores.database
    finders = _finders(stores) | {"model": lambda name: name if publisher.has_model(name) else None}
    levels = Levels(LevelParts(stores.levels, NamedOwners(finders), publisher, database, limited.trail, clock))
    owners = LimitOwners(levels, limited.tokens, limited.applications)
    return LimitDesk(
        plans=Plans(PlanParts(stores.plans, publisher, database, limited.trail, clock)),
        levels=levels,
        owners=owners,
        top_ups=TopUps(owners, clock),
    )


def build_bulk(stores: Stores, limited: Limited, lifetimes: LifetimeBook, clock: Clock) -> Bulk:
    """Return the service of acts on many tokens."""
    return Bulk(
        BulkParts(
            store=SQLBulkStore(stores.database, stores.tokens),
            plans=stores.plans,
            touching=limited.publisher,
            transactions=stores.database,
            trail=limited.trail,
            clock=clock,
            may_give=limited.tokens.may_give,
            extend=extend_within(lifetimes),
        )
    )


def build_used_limits(stores: Stores, levels: Levels, usage: Usage, meters: MeterReader, *, clock: Clock) -> UsedLimits:
    """Return what knows how much of limits is used."""
    return UsedLimits(usage, meters, levels, stores.tokens, stores.applications, stores.plans, clock)


def _finders(stores: Stores) -> dict[Level, Find]:
    return {
        "team": lambda team_id: _name(stores.teams.find(team_id)),
        "user": lambda user_id: _name(stores.accounts.find(user_id)),
        "service": lambda service_id: _name(stores.services.find(service_id)),
        "provider": lambda provider_id: _name(stores.providers.find(provider_id)),
    }


def _name(found: object) -> str | None:
    """Return the name of what was found; None for nothing, and for somebody who was deleted."""
    if found is None or getattr(found, "state", None) == "deleted":
        return None
    name: str = found.name  # type: ignore[attr-defined]  # everything that has limits has a name
    return name
