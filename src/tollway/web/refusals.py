"""Writes every refused act of a known caller into the audit log.

Acts are what changes something, and whatever needs a permission that the caller does not have; of refused reads, which
pages repeat by themselves, one is written in ten minutes for each caller and operation. A caller who is not known
leaves no entry here, so that nobody can fill the log from outside; failed sign-ins write their own, as far as
the throttle lets them be tried.
"""

import logging

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Send

from tollway.control.actor import OPERATOR, Actor
from tollway.control.audit.model import Refusal, Subject
from tollway.control.audit.service import Audit
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.errors import TollwayError
from tollway.web.csrf import SAFE_METHODS
from tollway.web.identity import REFUSED, Caller, Scope, find_caller, request_id_of, source_of

FORBIDDEN = 403
READ_AGAIN_NS = 600 * NANOS_PER_SECOND
READS_MAX = 10_000
"""Refused reads that are remembered; when there are more, the oldest is forgotten and may be written again."""

_log = logging.getLogger(__name__)


class Refusals:
    """Wraps everything that may refuse."""

    def __init__(self, app: ASGIApp, audit: Audit, clock: Clock) -> None:
        self._app = app
        self._audit = audit
        self._clock = clock
        self._reads: dict[tuple[str, str], int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except TollwayError as error:
            await self._note(scope, error.status, error.code.name)
            raise
        await self._note(scope, status, str(scope.get(REFUSED, "")))

    async def _note(self, scope: Scope, status: int, code: str) -> None:
        caller = find_caller(scope)
        is_act = scope["method"] not in SAFE_METHODS or status == FORBIDDEN
        if caller is None or not 400 <= status < 500 or not is_act or not code:
            return
        refusal = Refusal(_action(scope), _subject(scope), code)
        if scope["method"] in SAFE_METHODS and not self._is_new(caller, refusal.action):
            return
        try:
            await run_in_threadpool(self._audit.refuse, _actor(caller, scope), refusal)
        except TollwayError:
            # The answer stands whether or not it could be written down; the log says that it was not.
            _log.exception("a refusal could not be written to the audit log request_id=%s", request_id_of(scope))

    def _is_new(self, caller: Caller, action: str) -> bool:
        """Return whether this read was not written lately, and remember it. Runs in the event loop only."""
        key, now_ns = (caller.subject, action), self._clock.now_ns()
        if now_ns - self._reads.get(key, -READ_AGAIN_NS) < READ_AGAIN_NS:
            return False
        self._reads.pop(key, None)
        self._reads[key] = now_ns
        if len(self._reads) > READS_MAX:
            self._reads.pop(next(iter(self._reads)))
        return True


def _action(scope: Scope) -> str:
    """Name what was asked for: the operation, or the method where no route was reached."""
    route = scope.get("route")
    name = getattr(route, "name", None)
    return f"{scope['method']} {name}" if name else str(scope["method"])


def _subject(scope: Scope) -> Subject:
    """Return what the path names: the last id in it, and its kind."""
    parameters = scope.get("path_params") or {}
    named = [(name, str(value)) for name, value in parameters.items() if name.endswith("_id")]
    if not named:
        return Subject("")
    kind, object_id = named[-1]
    return Subject(kind.removesuffix("_id"), object_id)


def _actor(caller: Caller, scope: Scope) -> Actor:
    kind = OPERATOR.kind if caller.kind == "local" else "user"
    return Actor(
        OPERATOR.id if caller.kind == "local" else caller.user_id,
        kind,
        name=caller.name,
        role=caller.role,
        address=source_of(scope),
        request_id=request_id_of(scope),
        token_id=caller.token_id,
    )
