"""Who limits can be given to: one look-up a level."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tollway.control.limits.model import GLOBAL, Level
from tollway.control.limits.ports import LevelOwners

GLOBAL_NAME = "the installation"


@dataclass(frozen=True, slots=True)
class NamedOwners:
    """Implements LevelOwners over one function a level, each of which returns a name or None."""

    finders: Mapping[Level, Callable[[str], str | None]]

    def find_name(self, level: Level, owner_id: str) -> str | None:
        """Return the name of the owner; None when there is none of that id."""
        if level == "global":
            return GLOBAL_NAME if owner_id == GLOBAL else None
        find = self.finders.get(level)
        return find(owner_id) if find else None


_: type[LevelOwners] = NamedOwners
