"""Plans: named sets of rights, limits and budgets that tokens and applications have, changed in one place."""

from dataclasses import dataclass

from msgspec import UNSET, UnsetType

from tollway.contract.limits import Limits
from tollway.contract.rights import ALL_RIGHTS, Rights
from tollway.control.limits.model import NO_RULES, LimitRules


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan; names are unique (case ignored). `version` is the ETag.

    Its limits count for each token or application that has it by itself; its rights hold beside their own.
    """

    id: str
    name: str
    description: str
    rights: Rights
    limits: Limits
    created_ns: int
    created_by: str
    updated_ns: int
    updated_by: str
    version: int = 1


@dataclass(frozen=True, slots=True)
class NewPlan:
    """What is asked for."""

    name: str
    description: str = ""
    rights: Rights = ALL_RIGHTS
    limits: LimitRules = NO_RULES


@dataclass(frozen=True, slots=True)
class PlanChange:
    """Fields to change; UNSET leaves a field as it is."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    rights: Rights | UnsetType = UNSET
    limits: LimitRules | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class Use:
    """Who has a plan: tokens that are not revoked, and applications. A count at its bound means that many or more."""

    tokens: int
    applications: int

    @property
    def is_any(self) -> bool:
        """Whether anybody has it."""
        return bool(self.tokens or self.applications)


USE_MAX = 10_000
"""How far the use of a plan is counted: up to here it is exact."""
