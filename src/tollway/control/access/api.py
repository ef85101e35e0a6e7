"""Roles and the registry of permissions over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path
from msgspec import UNSET

from tollway.control.access.model import REGISTRY, Permission, Reach, Role, RoleChange
from tollway.control.access.roles import BUILT_IN
from tollway.web.asking import Asking, FreshRoles, ReadRoles
from tollway.web.etags import ExpectedVersion
from tollway.web.fields import Input, Instant, Name, Output, Text, absent, format_instant
from tollway.web.rights import Right, RightList, read_rights, show_rights

router = APIRouter(prefix="/roles", tags=["roles"])

RoleId = Annotated[str, Path(pattern=r"^[0-9A-Za-z_]{1,64}$")]


class RoleInput(Input):
    """A role to make."""

    name: Name
    description: Text = ""
    rights: RightList


class RolePatch(Input):
    """Fields to change; those left out stay as they are. `rights` replaces all of them."""

    name: Name = absent()
    description: Text = absent()
    rights: RightList = absent()


class RoleOutput(Output):
    """A role. Built-in roles cannot be changed. `holders`: how many people have it."""

    id: str
    name: str
    description: str
    is_built_in: bool
    rights: list[Right]
    holders: int
    created_at: Instant | None
    created_by: str | None


class RoleList(Output):
    """Every role: built-in ones first."""

    items: list[RoleOutput]


class PermissionOutput(Output):
    """A permission, what it lets its holder do, and the reaches it may be given with, narrowest first."""

    name: Permission
    area: str
    meaning: str
    reaches: list[Reach]


class PermissionList(Output):
    """Every permission that a role may have, in the order of the matrix."""

    items: list[PermissionOutput]


@router.get("")
def list_roles(ask: ReadRoles) -> RoleList:
    """List all roles, built-in ones first."""
    holders = ask.services.roles.count_holders()
    return RoleList(items=[show_role(role, holders.get(role.id, 0)) for role in ask.services.roles.all()])


@router.post("", status_code=201)
def create_role(body: RoleInput, ask: FreshRoles) -> RoleOutput:
    """Make a role. It cannot permit more than you may do yourself."""
    return _answer(ask.services.roles.create(body.name, body.description, read_rights(body.rights), ask.actor), ask)


@router.get("/permissions")
def list_permissions(ask: ReadRoles) -> PermissionList:
    """List every permission that a role may have."""
    shown = [(name, one) for name, one in REGISTRY.items() if name is not Permission.MACHINE_OPERATE]
    return PermissionList(
        items=[
            PermissionOutput(name=name, area=one.area, meaning=one.meaning, reaches=list(one.reaches))
            for name, one in shown
        ]
    )


@router.get("/{role_id}")
def get_role(role_id: RoleId, ask: ReadRoles) -> RoleOutput:
    """Show a role."""
    return _answer(ask.services.roles.get(role_id), ask)


@router.patch("/{role_id}")
def change_role(role_id: RoleId, body: RolePatch, expected: ExpectedVersion, ask: FreshRoles) -> RoleOutput:
    """Change a role. In force at the next request of everybody who holds it."""
    rights = read_rights(body.rights) if "rights" in body.model_fields_set else UNSET
    change = RoleChange(body.name, body.description, rights)
    return _answer(ask.services.roles.change(role_id, change, ask.actor, expected_version=expected), ask)


@router.delete("/{role_id}", status_code=204)
def delete_role(role_id: RoleId, expected: ExpectedVersion, ask: FreshRoles) -> None:
    """Delete a role that nobody holds."""
    ask.services.roles.delete(role_id, ask.actor, expected_version=expected)


def show_role(role: Role, holders: int) -> RoleOutput:
    """Write a role for the API."""
    is_built_in = role.id in BUILT_IN
    return RoleOutput(
        id=role.id,
        name=role.name,
        description=role.description,
        is_built_in=is_built_in,
        rights=show_rights(role.rights),
        holders=holders,
        created_at=None if is_built_in else format_instant(role.created_ns),
        created_by=None if is_built_in else role.created_by,
    )


def _answer(role: Role, ask: Asking) -> RoleOutput:
    ask.tag(role.version)
    return show_role(role, ask.services.roles.count_holders().get(role.id, 0))
