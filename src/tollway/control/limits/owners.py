"""Everybody who can have limits, behind one face: tokens and applications keep theirs, levels are kept here."""

from dataclasses import dataclass
from typing import Literal

from tollway.contract.limits import Limits
from tollway.control.access.model import EVERYWHERE, Sight
from tollway.control.actor import Actor
from tollway.control.faults import Faults
from tollway.control.limits.checks import find_faults
from tollway.control.limits.levels import Levels
from tollway.control.limits.model import LimitRules, meter_owner_id
from tollway.control.limits.ports import Deed, Edit, LimitedOwners
from tollway.control.limits.service import compile_limits

OwnerLevel = Literal["global", "team", "user", "service", "model", "provider", "application", "token"]


@dataclass(frozen=True, slots=True)
class Owned:
    """The limits of one owner, with its name and the version that is its ETag (0: none were ever given)."""

    level: OwnerLevel
    owner_id: str
    name: str
    limits: Limits
    version: int


@dataclass(frozen=True, slots=True)
class LimitOwners:
    """Reads and edits limits at every level. Thread-safe."""

    levels: Levels
    tokens: LimitedOwners
    applications: LimitedOwners

    def get(self, level: OwnerLevel, owner_id: str, sight: Sight = EVERYWHERE) -> Owned:
        """Return the owner's limits. Raises management.not_found, also for one that is out of sight."""
        match level:
            case "token" | "application":
                name, limits, version = self._domain(level).find_limits(owner_id, sight)
            case _:
                name = self.levels.name_of(level, owner_id, sight)
                found = self.levels.get(level, owner_id, sight)
                limits, version = found.limits, found.version
        return Owned(level, owner_id, name, limits, version)

    def change(
        self, level: OwnerLevel, owner_id: str, rules: LimitRules, actor: Actor, *, expected_version: int | None = None
    ) -> Owned:
        """Give the owner these limits instead of those it has; top-ups stay, and nothing spent is lost.

        Raises management.not_found, .precondition, .invalid, .conflict (a revoked token).
        """

        def edit(before: Limits) -> Limits:
            faults = Faults()
            faults.extend("", find_faults(rules))
            faults.check()
            return compile_limits(meter_owner_id(level, owner_id), rules, before)

        self.edit(level, owner_id, edit, Deed(actor, "change", expected_version))
        return self.get(level, owner_id, actor.sight)

    def edit(self, level: OwnerLevel, owner_id: str, edit: Edit, deed: Deed) -> tuple[Limits, int]:
        """Bring the owner's limits to what `edit` returns; return them with the version. Raises as `change`."""
        match level:
            case "token" | "application":
                return self._domain(level).edit_limits(owner_id, edit, deed)
            case _:
                saved = self.levels.edit(level, owner_id, edit, deed)
                return saved.limits, saved.version

    def _domain(self, level: Literal["token", "application"]) -> LimitedOwners:
        return self.tokens if level == "token" else self.applications
