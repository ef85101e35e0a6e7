"""Permissions with their reaches, as the management API takes and shows them: shared by roles and sessions."""

from typing import Annotated

from pydantic import Field

from tollway.control.access.model import REGISTRY, Permission, Reach, Rights
from tollway.web.fields import Input, Output


class Right(Output):
    """One permission, and over which rows it holds."""

    permission: Permission
    reach: Reach


class RightInput(Input):
    """One permission, and over which rows it is to hold."""

    permission: Annotated[Permission, Field(strict=False)]
    reach: Annotated[Reach, Field(strict=False)]


RightList = Annotated[list[RightInput], Field(max_length=100)]


def limit_rights(rights: Rights, *, needs_factor: bool) -> Rights:
    """Return the rights of a role, or of them only one's own account while its second factor is missing."""
    if not needs_factor:
        return rights
    return {name: reach for name, reach in rights.items() if name is Permission.ACCOUNT_USE}


def read_rights(rights: list[RightInput]) -> Rights:
    """Turn rights that the caller sent into the domain's; of a permission named twice the last one counts."""
    return {right.permission: right.reach for right in rights}


def show_rights(rights: Rights) -> list[Right]:
    """Write rights in the registry's order."""
    return [Right(permission=permission, reach=rights[permission]) for permission in REGISTRY if permission in rights]
