"""Finds out who is calling and refuses forged requests, before anything is routed.

The operator is known by the socket, a person by the session cookie. Nothing else makes a caller known,
and in particular nothing that a gateway token could do.
"""

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Send

from tollway.control.access.service import Roles
from tollway.control.sessions.service import Service as Sessions
from tollway.kernel.errors import TollwayError
from tollway.web import csrf
from tollway.web.cookies import find_session
from tollway.web.identity import OPERATOR, Caller, Scope, is_local, set_caller

_WITHOUT_CALLER = ("/assets/", "/static/", "/healthz", "/readyz", "/metrics", "/docs/")


class Guard:
    """Identifies the caller of each request."""

    def __init__(self, app: ASGIApp, sessions: Sessions, roles: Roles) -> None:
        self._app = app
        self._sessions = sessions
        self._roles = roles

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises management.csrf."""
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
        is_unsafe = scope["method"] not in csrf.SAFE_METHODS
        if is_unsafe and not csrf.comes_from_here(headers):
            raise TollwayError("management.csrf")
        caller = await self._find_caller(scope)
        if caller is None:
            return
        set_caller(scope, caller)
        if is_unsafe and not _begins_session(scope) and not csrf.repeats(headers.get(csrf.HEADER), caller.csrf):
            raise TollwayError("management.csrf")

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
            rights=self._roles.rights_of(found.role),
            team_ids=found.team_ids,
        )


def _begins_session(scope: Scope) -> bool:
    """Signing in replaces whatever session there was, and a form on a page without script has no header to set.

    The check of where the request comes from has passed; a browser in which somebody is signed in already
    may sign in anew.
    """
    return scope["method"] == "POST" and scope["path"] in (
        "/api/v1/session",
        "/api/v1/setup",
        "/api/v1/welcome",
        "/sign-in",
        "/setup",
        "/welcome",
    )
