"""The entries of custom roles and service accounts, typed. What is not stated reads as UNSET."""

from dataclasses import dataclass

from msgspec import UNSET, UnsetType

from tollway.control.configuration.entry import Entry, read_presence, read_state
from tollway.control.configuration.fields import Fields


@dataclass(frozen=True, slots=True)
class RoleEntry(Entry):
    """One custom role; `rights` maps permissions to reaches, as they were written."""

    description: str | UnsetType
    rights: dict[str, str] | UnsetType


@dataclass(frozen=True, slots=True)
class ServiceAccountEntry(Entry):
    """One service account; role, team and owner are names."""

    role: str | UnsetType
    team: str | UnsetType
    owner: str | UnsetType


def read_role(fields: Fields, name: str) -> RoleEntry:
    """Read a custom role."""
    stated = fields.mapping("rights")
    rights: dict[str, str] | UnsetType = UNSET
    if stated is not None:
        reaches = {permission: stated.text(permission) for permission in stated.names()}
        rights = {permission: reach for permission, reach in reaches.items() if isinstance(reach, str)}
    return RoleEntry(name, fields.path, read_presence(fields, "a role"), fields.text("description"), rights)


def read_service_account(fields: Fields, name: str) -> ServiceAccountEntry:
    """Read a service account."""
    named = (fields.text("role"), fields.text("team"), fields.text("owner"))
    return ServiceAccountEntry(name, fields.path, read_state(fields), *named)
