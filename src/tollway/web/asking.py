"""What a route needs, as one parameter: the console's services, who is asking, and the answer under way.

A route takes one of the names below (`ReadTokens`, `WriteTeams`, …); by that it declares its policy (see access.py).
The names with `Fresh` are for sensitive acts, which docs/guides/sign-in.md tells from all others by one rule.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from tollway.control.access.model import Permission, Sight
from tollway.control.actor import Actor
from tollway.control.paging import Page as Found
from tollway.control.paging import Position
from tollway.web.access import Needs, NeedsFresh
from tollway.web.etags import etag_of
from tollway.web.identity import SHOWN_ONCE, Caller, request_id_of, source_of
from tollway.web.paging import Page, PageQuery, place_of
from tollway.web.services import ConsoleServices

T = TypeVar("T")
S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Asking:
    """One request of a caller who holds `permission`."""

    services: ConsoleServices
    caller: Caller
    permission: Permission
    request: Request
    response: Response

    @property
    def actor(self) -> Actor:
        """Who makes the change, from where, and over which rows they may make it."""
        scope = self.request.scope
        return self.caller.actor(self.permission, address=source_of(scope), request_id=request_id_of(scope))

    @property
    def sight(self) -> Sight:
        """The rows that the permission holds over."""
        return self.caller.sight(self.permission)

    def tag(self, version: int) -> None:
        """Put the object's ETag on the answer."""
        self.response.headers["etag"] = etag_of(version)

    def show_once(self) -> None:
        """Mark the answer as one whose content must never be kept or repeated."""
        self.request.scope[SHOWN_ONCE] = True

    def page(
        self, query: PageQuery, fetch: Callable[[Position | None, int], Found[T]], show: Callable[[T], S]
    ) -> Page[S]:
        """Read the query's cursor, fetch the page after it, and write the cursor of the next."""
        place = place_of(self.request.scope["path"], query)
        cursors = self.services.cursors
        after = Position(*cursors.read(query.cursor, place, tuple[int, str])) if query.cursor else None
        found = fetch(after, query.limit)
        following = (found.next.created_ns, found.next.id) if found.next else None
        return Page(
            items=[show(item) for item in found.items],
            next_cursor=cursors.write(place, following) if following else None,
        )


def services_of(request: Request) -> ConsoleServices:
    """Return what the app was built from."""
    services = request.app.state.services
    assert isinstance(services, ConsoleServices)
    return services


def _asking(permission: Permission) -> Callable[..., Awaitable[Asking]]:
    """Return the dependency of the routes that need this permission."""
    return _asking_by(Needs(permission))


def _asking_fresh(permission: Permission) -> Callable[..., Awaitable[Asking]]:
    """Return the dependency of the sensitive routes that need this permission and a proof given lately."""
    return _asking_by(NeedsFresh(permission))


def _asking_by(needs: Needs) -> Callable[..., Awaitable[Asking]]:
    async def ask(request: Request, response: Response, caller: Annotated[Caller, Depends(needs)]) -> Asking:
        return Asking(services_of(request), caller, needs.permission, request, response)

    return ask


UseAccount = Annotated[Asking, Depends(_asking(Permission.ACCOUNT_USE))]
Operate = Annotated[Asking, Depends(_asking(Permission.MACHINE_OPERATE))]
ReadApplications = Annotated[Asking, Depends(_asking(Permission.APPLICATIONS_READ))]
ReadAudit = Annotated[Asking, Depends(_asking(Permission.AUDIT_READ))]
ReadBulk = Annotated[Asking, Depends(_asking(Permission.BULK_READ))]
WriteBulk = Annotated[Asking, Depends(_asking(Permission.BULK_WRITE))]
ReadCalls = Annotated[Asking, Depends(_asking(Permission.CALLS_READ))]
ReadConfiguration = Annotated[Asking, Depends(_asking(Permission.CONFIGURATION_READ))]
ReadGateway = Annotated[Asking, Depends(_asking(Permission.GATEWAY_READ))]
ReadLimits = Annotated[Asking, Depends(_asking(Permission.LIMITS_READ))]
WriteLimits = Annotated[Asking, Depends(_asking(Permission.LIMITS_WRITE))]
WriteMembers = Annotated[Asking, Depends(_asking(Permission.MEMBERS_WRITE))]
ReadModels = Annotated[Asking, Depends(_asking(Permission.MODELS_READ))]
ReadNotices = Annotated[Asking, Depends(_asking(Permission.NOTICES_READ))]
WriteNotices = Annotated[Asking, Depends(_asking(Permission.NOTICES_WRITE))]
ReadOverview = Annotated[Asking, Depends(_asking(Permission.OVERVIEW_READ))]
ReadPlans = Annotated[Asking, Depends(_asking(Permission.PLANS_READ))]
ReadProviders = Annotated[Asking, Depends(_asking(Permission.PROVIDERS_READ))]
WriteProviders = Annotated[Asking, Depends(_asking(Permission.PROVIDERS_WRITE))]
ReadRoles = Annotated[Asking, Depends(_asking(Permission.ROLES_READ))]
ReadSecurity = Annotated[Asking, Depends(_asking(Permission.SECURITY_READ))]
WriteSecurity = Annotated[Asking, Depends(_asking(Permission.SECURITY_WRITE))]
ReadServiceAccounts = Annotated[Asking, Depends(_asking(Permission.SERVICE_ACCOUNTS_READ))]
WriteServiceAccounts = Annotated[Asking, Depends(_asking(Permission.SERVICE_ACCOUNTS_WRITE))]
ReadServices = Annotated[Asking, Depends(_asking(Permission.SERVICES_READ))]
WriteServices = Annotated[Asking, Depends(_asking(Permission.SERVICES_WRITE))]
ReadSessions = Annotated[Asking, Depends(_asking(Permission.SESSIONS_READ))]
WriteSessions = Annotated[Asking, Depends(_asking(Permission.SESSIONS_WRITE))]
ReadTeams = Annotated[Asking, Depends(_asking(Permission.TEAMS_READ))]
WriteTeams = Annotated[Asking, Depends(_asking(Permission.TEAMS_WRITE))]
ReadTokens = Annotated[Asking, Depends(_asking(Permission.TOKENS_READ))]
WriteTokens = Annotated[Asking, Depends(_asking(Permission.TOKENS_WRITE))]
ReadUsage = Annotated[Asking, Depends(_asking(Permission.USAGE_READ))]
ReadUsers = Annotated[Asking, Depends(_asking(Permission.USERS_READ))]
WriteUsers = Annotated[Asking, Depends(_asking(Permission.USERS_WRITE))]

FreshAccount = Annotated[Asking, Depends(_asking_fresh(Permission.ACCOUNT_USE))]
FreshApplications = Annotated[Asking, Depends(_asking_fresh(Permission.APPLICATIONS_WRITE))]
FreshBulk = Annotated[Asking, Depends(_asking_fresh(Permission.BULK_WRITE))]
FreshConfiguration = Annotated[Asking, Depends(_asking_fresh(Permission.CONFIGURATION_WRITE))]
FreshLimits = Annotated[Asking, Depends(_asking_fresh(Permission.LIMITS_WRITE))]
FreshMembers = Annotated[Asking, Depends(_asking_fresh(Permission.MEMBERS_WRITE))]
FreshNotices = Annotated[Asking, Depends(_asking_fresh(Permission.NOTICES_WRITE))]
FreshPlans = Annotated[Asking, Depends(_asking_fresh(Permission.PLANS_WRITE))]
FreshProviders = Annotated[Asking, Depends(_asking_fresh(Permission.PROVIDERS_WRITE))]
FreshRoles = Annotated[Asking, Depends(_asking_fresh(Permission.ROLES_WRITE))]
FreshSecurity = Annotated[Asking, Depends(_asking_fresh(Permission.SECURITY_WRITE))]
FreshServiceAccounts = Annotated[Asking, Depends(_asking_fresh(Permission.SERVICE_ACCOUNTS_WRITE))]
FreshServices = Annotated[Asking, Depends(_asking_fresh(Permission.SERVICES_WRITE))]
FreshTeams = Annotated[Asking, Depends(_asking_fresh(Permission.TEAMS_WRITE))]
FreshTokens = Annotated[Asking, Depends(_asking_fresh(Permission.TOKENS_WRITE))]
FreshUsers = Annotated[Asking, Depends(_asking_fresh(Permission.USERS_WRITE))]
