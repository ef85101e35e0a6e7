"""Limits of the installation, teams, people, services, models and providers.

Law: ids of limits follow from level, owner, kind and name; so no edit loses what was spent. When a method returns,
every worker's next call sees the change.
"""

from dataclasses import dataclass, replace

from tollway.contract.limits import NO_LIMITS
from tollway.control.access.model import EVERYWHERE, Sight
from tollway.control.audit.model import Subject
from tollway.control.limits.errors import owner_not_found
from tollway.control.limits.model import Level, LevelLimits
from tollway.control.limits.ports import Deed, Edit, LevelOwners, LevelStore
from tollway.control.ports import Touching, Trail, Transactions
from tollway.control.versions import check_version
from tollway.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class LevelParts:
    """What the service is built from."""

    store: LevelStore
    owners: LevelOwners
    touching: Touching
    transactions: Transactions
    trail: Trail
    clock: Clock


class Levels:
    """The limits of every level but tokens, applications and plans. Thread-safe."""

    def __init__(self, parts: LevelParts) -> None:
        self._parts = parts
        self._store = parts.store

    def get(self, level: Level, owner_id: str, sight: Sight = EVERYWHERE) -> LevelLimits:
        """Return the owner's limits, which may be none. Raises management.not_found, also out of sight."""
        self.name_of(level, owner_id, sight)
        return self._store.find(level, owner_id) or LevelLimits(level, owner_id, NO_LIMITS)

    def name_of(self, level: Level, owner_id: str, sight: Sight = EVERYWHERE) -> str:
        """Return the owner's name. Raises management.not_found, also for an owner that is out of sight."""
        name = self._parts.owners.find_name(level, owner_id)
        if name is None or not covers(sight, level, owner_id):
            raise owner_not_found()
        return name

    def is_there(self, level: Level, owner_id: str) -> bool:
        """Whether there is such an owner, which may have no limits."""
        return self._parts.owners.find_name(level, owner_id) is not None

    def all(self, sight: Sight = EVERYWHERE) -> tuple[tuple[str, LevelLimits], ...]:
        """Return everybody in sight who has limits, each with its name, by level and id; who is gone is left out."""
        found = []
        for item in self._store.all():
            if item.limits.is_empty or not covers(sight, item.level, item.owner_id):
                continue
            name = self._parts.owners.find_name(item.level, item.owner_id)
            if name is not None:
                found.append((name, item))
        return tuple(found)

    def edit(self, level: Level, owner_id: str, edit: Edit, deed: Deed) -> LevelLimits:
        """Bring the owner's limits to what `edit` returns. A change of nothing leaves the version.

        Raises management.not_found, .precondition, and what `edit` raises.
        """
        parts = self._parts
        with parts.transactions.write():
            name = self.name_of(level, owner_id, deed.actor.sight)
            before = self.get(level, owner_id)
            check_version(before.version, deed.expected_version)
            after = replace(before, limits=edit(before.limits))
            if after == before:
                return before
            saved = replace(
                after, updated_ns=parts.clock.now_ns(), updated_by=str(deed.actor), version=before.version + 1
            )
            self._store.put(saved)
            parts.touching.touch_snapshot()
            facts = [{"limits": one.limits} for one in (before, saved)]
            parts.trail.record(deed.actor, f"limits.{deed.act}", Subject(level, owner_id, name), *facts)
            return saved


def covers(sight: Sight, level: Level, owner_id: str) -> bool:
    """Whether somebody with this sight sees the limits of an owner: their own, those of their teams, or all."""
    return sight.covers(owner_id=owner_id if level == "user" else None, team_id=owner_id if level == "team" else None)
