"""Who may do what: the one table of permissions, and how a route declares the one it needs.

Every route under /api/v1 depends on `needs(permission)` or is declared `open_to_all(reason)`; a
test walks the routes and fails when one does neither. Roles come from the session, or from the
local socket, whose caller is the operator.
"""

from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant

from tollway.kernel.errors import TollwayError
from tollway.web.identity import Caller, find_caller


class Permission(StrEnum):
    """What a route asks for."""

    READ = "read"
    """See tokens' metadata, providers without secrets, usage and calls."""
    WRITE = "write"
    """Change what the gateway does: tokens, applications, teams, providers, services, limits."""
    OWN_SESSION = "own_session"
    """See or end one's own session."""
    OPERATE = "operate"
    """Touch the machine: backups. The local socket only."""


ROLES: dict[Permission, frozenset[str]] = {
    Permission.READ: frozenset({"operator", "owner", "admin", "viewer"}),
    Permission.WRITE: frozenset({"operator", "owner", "admin"}),
    Permission.OWN_SESSION: frozenset({"owner", "admin", "viewer"}),
    Permission.OPERATE: frozenset({"operator"}),
}


class Needs:
    """A dependency that lets callers through who hold `permission`, and is the route's declared policy."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> Caller:
        """Return the caller. Raises management.unauthenticated or management.forbidden."""
        caller = find_caller(request.scope)
        if caller is None:
            raise TollwayError("management.unauthenticated")
        if caller.role not in ROLES[self.permission]:
            raise TollwayError("management.forbidden")
        return caller


class Open:
    """Declares that a route answers anyone, and why that is right."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    async def __call__(self) -> None:
        """Let everyone through."""


def may(role: str, permission: Permission) -> bool:
    """Return whether the role holds the permission."""
    return role in ROLES[permission]


Policy = Needs | Open
read = Needs(Permission.READ)
write = Needs(Permission.WRITE)
own_session = Needs(Permission.OWN_SESSION)
operate = Needs(Permission.OPERATE)


def policies_of(dependant: Dependant) -> list[Policy]:
    """Return every policy among a route's dependencies, also the nested ones."""
    own = [dependant.call] if isinstance(dependant.call, Needs | Open) else []
    return own + [policy for part in dependant.dependencies for policy in policies_of(part)]


Reader = Annotated[Caller, Depends(read)]
Writer = Annotated[Caller, Depends(write)]
Person = Annotated[Caller, Depends(own_session)]
Operator = Annotated[Caller, Depends(operate)]
