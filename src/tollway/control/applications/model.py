"""Applications: the consumers that own tokens. Their limits hold over all their tokens together."""

from dataclasses import dataclass

from msgspec import UNSET, UnsetType

from tollway.contract.policy import Limits, State
from tollway.control.limits.model import NO_RULES, LimitRules


@dataclass(frozen=True, slots=True)
class Application:
    """One consumer; names are unique (case ignored). `state` is active or disabled. `version` is the ETag."""

    id: str
    name: str
    team_id: str
    state: State
    limits: Limits
    created_ns: int
    created_by: str
    updated_ns: int
    updated_by: str
    version: int = 1
    plan_id: str | None = None
    plan_name: str | None = None


@dataclass(frozen=True, slots=True)
class NewApplication:
    """What is asked for. `team_id` None: the default team."""

    name: str
    team_id: str | None = None
    limits: LimitRules = NO_RULES
    plan_id: str | None = None


@dataclass(frozen=True, slots=True)
class ApplicationChange:
    """Fields to change; UNSET leaves a field as it is."""

    name: str | UnsetType = UNSET
    team_id: str | UnsetType = UNSET
    limits: LimitRules | UnsetType = UNSET
    plan_id: str | UnsetType | None = UNSET
