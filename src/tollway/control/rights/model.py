"""Rights of every level as the control plane keeps them, and the groups of models that they may name.

What a set of rights says is `contract.rights.Rights`; here is whose it is. The permissions of people at the management
API are another thing (control/access).
"""

from dataclasses import dataclass
from typing import Literal

from msgspec import UNSET, UnsetType, structs

from tollway.contract.rights import (
    ALL_HOURS,
    ALL_NAMES,
    ALL_NETWORKS,
    ALL_PARAMETERS,
    ALL_RIGHTS,
    ALL_ROUTES,
    HourRights,
    NameRights,
    NetworkRights,
    ParameterRights,
    Rights,
    RouteRights,
)

OwnerLevel = Literal["installation", "team", "user", "application", "token"]
"""Who has rights of their own; plans keep theirs themselves."""
INSTALLATION = "installation"
"""The id of the one owner of the level `installation`."""


@dataclass(frozen=True, slots=True)
class OwnedRights:
    """The rights of one owner. `version` is the ETag; 1 where none were ever given."""

    level: OwnerLevel
    owner_id: str
    rights: Rights = ALL_RIGHTS
    updated_ns: int = 0
    updated_by: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class RightsChange:
    """Parts to change; UNSET leaves a part as it is, None makes it say nothing. `services` may name them."""

    scopes: tuple[str, ...] | UnsetType | None = UNSET
    models: NameRights | UnsetType | None = UNSET
    services: NameRights | UnsetType | None = UNSET
    routes: RouteRights | UnsetType | None = UNSET
    networks: NetworkRights | UnsetType | None = UNSET
    hours: HourRights | UnsetType | None = UNSET
    parameters: ParameterRights | UnsetType | None = UNSET

    def apply(self, before: Rights) -> Rights:
        """Return the rights with the parts that are given in place of their own."""
        parts: dict[str, object] = {}
        for name, silent in _SILENT.items():
            value = getattr(self, name)
            if value is not UNSET:
                parts[name] = silent if value is None else value
        return structs.replace(before, **parts) if parts else before


_SILENT: dict[str, object] = {
    "scopes": None,
    "models": ALL_NAMES,
    "services": ALL_NAMES,
    "routes": ALL_ROUTES,
    "networks": ALL_NETWORKS,
    "hours": ALL_HOURS,
    "parameters": ALL_PARAMETERS,
}

NO_CHANGE = RightsChange()


@dataclass(frozen=True, slots=True)
class Group:
    """Models under one name, which rights name as `group:<name>`. Names are slugs; `version` is the ETag."""

    name: str
    models: tuple[str, ...]
    description: str = ""
    created_ns: int = 0
    created_by: str = ""
    updated_ns: int = 0
    updated_by: str = ""
    version: int = 1
