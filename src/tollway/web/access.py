"""How a route declares the permission it needs, whether its act is sensitive, and who holds it.

Every route under /api/v1 depends on one `Needs(permission)`, on one `NeedsFresh(permission)` or on one `Open(reason)`;
a test walks the routes and fails when one does not, and another lists the sensitive ones. What a caller holds comes
from the role of the session's user, from what a token's scopes and its owner's role both permit, or from the local
socket. Over which rows the permission holds is decided by the services, from the actor's sight.
"""

from fastapi import Request
from fastapi.dependencies.models import Dependant

from tollway.control.access.model import Permission
from tollway.kernel.errors import TollwayError
from tollway.web.identity import Caller, find_caller, find_refusal

LACKS_FACTOR = "Your role asks for a second factor: add one to your account first."
OWNER_LACKS_FACTOR = "The role of the token's owner asks for a second factor, which they have not added yet."


class Needs:
    """A dependency that lets callers through who hold `permission`, and is the route's declared policy."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> Caller:
        """Return the caller. Raises management.unauthenticated, management.forbidden, or what refuses their token."""
        caller = find_caller(request.scope)
        if caller is None:
            raise find_refusal(request.scope) or TollwayError("management.unauthenticated")
        if caller.needs_factor and self.permission not in caller.rights:
            raise TollwayError("management.forbidden", public=OWNER_LACKS_FACTOR if caller.token_id else LACKS_FACTOR)
        if self.permission not in caller.rights:
            raise TollwayError(
                "management.forbidden", public=f"This needs the permission {self.permission}, which you do not have."
            )
        return caller


class NeedsFresh(Needs):
    """The same, for sensitive acts: of people it also asks for a proof, given lately, of who they are.

    Whoever can open the local socket is the machine's owner, and proves nothing more.
    """

    async def __call__(self, request: Request) -> Caller:
        """Return the caller. Raises management.step_up too."""
        caller = await super().__call__(request)
        if not caller.is_fresh(request.app.state.services.clock.now_ns()):
            raise TollwayError("management.step_up")
        return caller


class Open:
    """Declares that a route answers anyone, and why that is right."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    async def __call__(self) -> None:
        """Let everyone through."""


Policy = Needs | Open


def policies_of(dependant: Dependant) -> list[Policy]:
    """Return every policy among a route's dependencies, also the nested ones."""
    own = [dependant.call] if isinstance(dependant.call, Needs | Open) else []
    return own + [policy for part in dependant.dependencies for policy in policies_of(part)]
