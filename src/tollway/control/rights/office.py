"""Everything of the rights domain, under one name for those who use it."""

from dataclasses import dataclass

from tollway.control.rights.blocking import Blocking
from tollway.control.rights.effective import Effective
from tollway.control.rights.groups import ModelGroups
from tollway.control.rights.service import RightsDesk


@dataclass(frozen=True, slots=True)
class RightsOffice:
    """Rights at every level, groups of models, explanations, and trials on recorded calls."""

    desk: RightsDesk
    groups: ModelGroups
    effective: Effective
    blocking: Blocking
