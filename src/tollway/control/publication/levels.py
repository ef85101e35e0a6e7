"""Put plans and the limits of levels into a snapshot. Pure.

What is limited and is not part of the snapshot (a model that nobody offers, a team that is gone) is left out.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from msgspec import structs

from tollway.contract.limits import NO_LIMITS, Limits
from tollway.contract.policy import ModelRecord, OwnerRecord, PlanRecord, ProviderRecord, ServiceRecord, Snapshot
from tollway.control.limits.model import GLOBAL, Level, LevelLimits
from tollway.control.plans.model import Plan
from tollway.control.publication.ports import PublishedLimits

FindName = Callable[[Level, str], str | None]
Limited = TypeVar("Limited", ServiceRecord, ProviderRecord, ModelRecord)


def put_levels(
    snapshot: Snapshot, plans: Iterable[Plan], levels: Iterable[LevelLimits], find_name: FindName
) -> Snapshot:
    """Return the snapshot with every plan, and with every level's limits on the record they belong to."""
    limits: dict[Level, dict[str, Limits]] = {}
    for item in levels:
        if not item.limits.is_empty:
            limits.setdefault(item.level, {})[item.owner_id] = item.limits
    return structs.replace(
        snapshot,
        plans=tuple(PlanRecord(plan.id, plan.name, plan.rights, plan.limits) for plan in plans),
        owners=_put_owners(snapshot.owners, limits, find_name),
        limits=limits.get("global", {}).get(GLOBAL, NO_LIMITS),
        services=_put(snapshot.services, limits.get("service", {}), lambda record: record.id),
        providers=_put(snapshot.providers, limits.get("provider", {}), lambda record: record.id),
        models=_put(snapshot.models, limits.get("model", {}), lambda record: record.name),
    )


def _put_owners(
    owners: tuple[OwnerRecord, ...], limits: Mapping[Level, Mapping[str, Limits]], find_name: FindName
) -> tuple[OwnerRecord, ...]:
    """Add limits to owners that have rights, and a record for those that have limits only."""
    found = {(owner.kind, owner.id): owner for owner in owners}
    for kind in ("team", "user"):
        for owner_id, own in limits.get(kind, {}).items():
            known = found.get((kind, owner_id))
            name = known.name if known else find_name(kind, owner_id)
            if name is not None:
                record = known or OwnerRecord(kind, owner_id, name)
                found[kind, owner_id] = structs.replace(record, limits=own)
    return tuple(found.values())


def _put(
    records: tuple[Limited, ...], limits: Mapping[str, Limits], key: Callable[[Limited], str]
) -> tuple[Limited, ...]:
    if not limits:
        return records
    return tuple(
        structs.replace(record, limits=limits[key(record)]) if key(record) in limits else record for record in records
    )


class NoLimits:
    """A source without plans and limits, for what is built without them."""

    def plans(self) -> tuple[Plan, ...]:
        """Return nothing."""
        return ()

    def levels(self) -> tuple[LevelLimits, ...]:
        """Return nothing."""
        return ()

    def find_name(self, level: Level, owner_id: str) -> str | None:
        """Return None."""
        return None


_: type[PublishedLimits] = NoLimits
