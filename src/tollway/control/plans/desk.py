"""Everything about limits that the console's faces use, in one place."""

from dataclasses import dataclass

from tollway.control.limits.levels import Levels
from tollway.control.limits.owners import LimitOwners
from tollway.control.limits.top_ups import TopUps
from tollway.control.plans.service import Plans


@dataclass(frozen=True, slots=True)
class LimitDesk:
    """Plans, the limits of every level, and top-ups."""

    plans: Plans
    levels: Levels
    owners: LimitOwners
    top_ups: TopUps
