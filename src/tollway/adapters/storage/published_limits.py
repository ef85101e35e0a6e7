"""Plans and limits of levels as publication reads them."""

from dataclasses import dataclass

from tollway.adapters.storage.levels import SQLLevelStore
from tollway.adapters.storage.plans import SQLPlanStore
from tollway.control.limits.model import Level, LevelLimits
from tollway.control.limits.ports import LevelOwners
from tollway.control.plans.model import Plan
from tollway.control.publication.ports import PublishedLimits


@dataclass(frozen=True, slots=True)
class StoredLimits:
    """Implements PublishedLimits over both stores."""

    plan_store: SQLPlanStore
    level_store: SQLLevelStore
    owners: LevelOwners

    def plans(self) -> tuple[Plan, ...]:
        """Return every plan."""
        return self.plan_store.all()

    def levels(self) -> tuple[LevelLimits, ...]:
        """Return the limits of every level."""
        return self.level_store.all()

    def find_name(self, level: Level, owner_id: str) -> str | None:
        """Return the name of who has limits; None when they are gone."""
        return self.owners.find_name(level, owner_id)


_: type[PublishedLimits] = StoredLimits
