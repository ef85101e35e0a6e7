"""Finds out who is calling and refuses forged requests, before anything is routed.

The operator is known by the socket, a person by the session cookie, and a gateway token that was given scopes by the
Authorization header alone: never by a query, a cookie or a body. A request that brings a token is judged by it and by
nothing else it brings. No browser adds that header by itself, so that such a request needs no proof of its origin.
"""

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Send

from tollway.control.access.service import Roles
from tollway.control.bearers.service import Bearers
from tollway.control.sessions.keeping import Origin
from tollway.control.sessions.service import Service as Sessions
from tollway.kernel.errors import TollwayError
from tollway.web import csrf
from tollway.web.cookies import find_session
from tollway.web.identity import (
    OPERATOR,
    Caller,
    Scope,
    is_local,
    request_id_of,
    set_caller,
    set_refusal,
    source_of,
)
from tollway.web.rights import limit_rights

_API = "/api/"
UNAVAILABLE = 500
_WITHOUT_CALLER = ("/assets/", "/static/", "/healthz", "/readyz", "/metrics", "/docs/")


class Guard:
    """Identifies the caller of each request."""

    def __init__(self, app: ASGIApp, sessions: Sessions, roles: Roles, bearers: Bearers) -> None:
        self._app = app
        self._sessions = sessions
        self._roles = roles
        self._bearers = bearers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises management.csrf, token.ambiguous."""
        if scope["type"] == "http":
            if is_local(scope):
                set_caller(scope, OPERATOR)
            else:
                await self._check(scope)
        await self._app(scope, receive, send)

    async def _check(self, scope: Scope) -> None:
        if str(scope["path"]).startswith(_WITHOUT_CALLER):
            return
        headers = Headers(scope=scope)
        if (presented := _find_bearer(scope, headers)) is not None:
            await run_in_threadpool(self._admit, scope, presented)
            return
        is_unsafe = scope["method"] not in csrf.SAFE_METHODS
        if is_unsafe and not csrf.comes_from_here(headers):
            raise TollwayError("management.csrf")
        caller = await self._find_caller(scope)
        if caller is None:
            return
        set_caller(scope, caller)
        if is_unsafe and not _begins_session(scope) and not csrf.repeats(headers.get(csrf.HEADER), caller.csrf):
            raise TollwayError("management.csrf")

    def _admit(self, scope: Scope, presented: str) -> None:
        """Set who the token's owner is and what it may do, or why it is refused; routes that need nobody answer it."""
        try:
            found = self._bearers.identify(presented, _origin_of(scope))
        except TollwayError as refusal:
            if refusal.status >= UNAVAILABLE:
                raise
            set_refusal(scope, refusal)
            return
        needs_factor = self._sessions.lacks_factor(found.owner)
        caller = Caller(
            kind="user",
            role=found.owner.role,
            name=found.owner.name,
            user_id=found.owner.id,
            needs_factor=needs_factor,
            rights=limit_rights(found.rights, needs_factor=needs_factor),
            team_ids=found.team_ids,
            token_id=found.token_id,
            bound=found.bound,
        )
        set_caller(scope, caller)

    async def _find_caller(self, scope: Scope) -> Caller | None:
        secret = find_session(HTTPConnection(scope))
        if secret is None:
            return None
        return await run_in_threadpool(self._identify, secret)

    def _identify(self, secret: str) -> Caller | None:
        found = self._sessions.find_signed_in(secret)
        if found is None:
            return None
        return Caller(
            kind="user",
            role=found.role,
            name=found.user_name,
            user_id=found.user_id,
            session_id=found.session_id,
            csrf=found.csrf,
            session_expires_ns=found.expires_ns,
            fresh_until_ns=found.fresh_until_ns,
            needs_factor=found.needs_factor,
            rights=limit_rights(self._roles.rights_of(found.role), needs_factor=found.needs_factor),
            team_ids=found.team_ids,
        )


def _origin_of(scope: Scope) -> Origin:
    return Origin(source_of(scope), Headers(scope=scope).get("user-agent", ""), request_id_of(scope))


def _find_bearer(scope: Scope, headers: Headers) -> str | None:
    """Return the credential of an Authorization header of the scheme Bearer (RFC 6750), at the management API alone.

    Raises token.ambiguous for two such headers, also equal ones: another program may have read the other.
    """
    if not str(scope["path"]).startswith(_API):
        return None
    values = headers.getlist("authorization")
    if len(values) > 1:
        raise TollwayError("token.ambiguous", public="The header authorization was sent twice.")
    return values[0][7:] if values and values[0][:7].lower() == "bearer " else None


def _begins_session(scope: Scope) -> bool:
    """Signing in replaces whatever session there was, and a form on a page without script has no header to set.

    The check of where the request comes from has passed; a browser in which somebody is signed in already
    may sign in anew.
    """
    return scope["method"] == "POST" and scope["path"] in (
        "/api/v1/session",
        "/api/v1/session/passkey",
        "/api/v1/session/passkey/options",
        "/api/v1/session/second-step",
        "/api/v1/session/second-step/options",
        "/api/v1/setup",
        "/api/v1/welcome",
        "/sign-in",
        "/sign-in/second-step",
        "/setup",
        "/welcome",
        "/report-token",
        "/collect",
    )
