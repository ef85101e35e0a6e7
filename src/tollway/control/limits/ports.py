"""What the limits domain needs from outside."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tollway.contract.limits import Limits
from tollway.control.access.model import Sight
from tollway.control.actor import Actor
from tollway.control.limits.model import Level, LevelLimits

Edit = Callable[[Limits], Limits]
"""Returns what the limits are to be. Raises management.invalid."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Who edits, what the audit log calls it, and the version they expect (None: any)."""

    actor: Actor
    act: str
    expected_version: int | None = None


class LevelStore(Protocol):
    """Limits of levels in the config database. Every method raises management.unavailable."""

    def put(self, item: LevelLimits) -> None:
        """Store the limits of one owner. Only inside a transaction."""
        ...

    def find(self, level: Level, owner_id: str) -> LevelLimits | None:
        """Return what was stored for the owner."""
        ...

    def all(self) -> tuple[LevelLimits, ...]:
        """Return everything stored, by level and owner."""
        ...


class LevelOwners(Protocol):
    """Who limits can be given to."""

    def find_name(self, level: Level, owner_id: str) -> str | None:
        """Return the name of the owner; None when there is none of that id."""
        ...


class LimitedOwners(Protocol):
    """A domain whose objects keep their limits themselves: tokens, applications."""

    def find_limits(self, owner_id: str, sight: Sight) -> tuple[str, Limits, int]:
        """Return the owner's name, its limits and its version. Raises management.not_found."""
        ...

    def edit_limits(self, owner_id: str, edit: Edit, deed: Deed) -> tuple[Limits, int]:
        """Change the owner's limits and return them with the new version.

        Raises management.not_found, .precondition, .conflict (revoked), and what `edit` raises.
        """
        ...
