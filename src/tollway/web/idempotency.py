"""Idempotency-Key: the same POST twice does the work once (see control/idempotency for the rules).

The first answer below 500 is kept for a day and repeated with `idempotency-replayed: true`. Keys belong
to the caller, the path and its query.
"""

import hashlib
import re
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Send

from tollway.control.idempotency.model import Remembered
from tollway.control.idempotency.service import IdempotencyKeys
from tollway.kernel.clock import Clock
from tollway.kernel.errors import TollwayError
from tollway.web.bodies import read_body, replay_body
from tollway.web.identity import REFUSED, SHOWN_ONCE, Caller, Scope, find_caller

HEADER = "idempotency-key"
_KEY = re.compile(r"[!-~]{1,200}", re.ASCII)
_ANSWER_BYTES_MAX = 262_144
_KEPT_HEADERS = frozenset({b"content-type", b"etag"})
_SERVER_FAULT = 500
_STEP_UP = "management.step_up"
"""The one refusal that is not kept: nothing was done, and the same request is sent again after a confirmation."""


class Idempotency:
    """Wraps the routes of the management API."""

    def __init__(self, app: ASGIApp, keys: IdempotencyKeys, clock: Clock) -> None:
        self._app = app
        self._keys = keys
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises management.idempotency."""
        key = _find_key(scope)
        caller = find_caller(scope) if key is not None else None
        if key is None or caller is None:
            await self._app(scope, receive, send)
            return
        body = await read_body(receive)
        taken = _Taken(_place(scope, caller), key, hashlib.sha256(body).digest())
        found = await run_in_threadpool(self._keys.begin, taken.place, key, taken.body_hash)
        if found is not None:
            await _repeat(found)(scope, receive, send)
            return
        await self._run(scope, replay_body(body, receive), send, taken)

    async def _run(self, scope: Scope, receive: Receive, send: Send, taken: "_Taken") -> None:
        copy = _Copy(send)
        try:
            await self._app(scope, receive, copy.send)
        finally:
            # Also when the caller left: a key that stays taken would block the repetition that is then needed.
            if copy.is_whole and copy.status < _SERVER_FAULT and scope.get(REFUSED) != _STEP_UP:
                is_bare = copy.is_too_long or (SHOWN_ONCE in scope and copy.status < 300)
                answer = copy.remember(taken.body_hash, self._clock.now_ns(), is_secret=is_bare)
                await run_in_threadpool(self._keys.finish, taken.place, taken.key, answer)
            else:
                await run_in_threadpool(self._keys.release, taken.place, taken.key)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A key that was taken for a request."""

    place: str
    key: str
    body_hash: bytes


class _Copy:
    """Passes an answer on and keeps a bounded copy of it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._body = bytearray()
        self._headers: list[tuple[bytes, bytes]] = []
        self.status = 0
        self.is_whole = False

    async def send(self, message: Message) -> None:
        """Pass one message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._headers = [(name, value) for name, value in message["headers"] if name in _KEPT_HEADERS]
        elif message["type"] == "http.response.body":
            if not self.is_too_long:
                self._body += message.get("body", b"")
            self.is_whole = not message.get("more_body", False)
        await self._send(message)

    @property
    def is_too_long(self) -> bool:
        """Whether the answer is longer than what is kept."""
        return len(self._body) > _ANSWER_BYTES_MAX

    def remember(self, body_hash: bytes, now_ns: int, *, is_secret: bool) -> Remembered:
        """Return what was sent."""
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in self._headers)
        return Remembered(body_hash, self.status, headers, bytes(self._body), is_secret, now_ns)


def _find_key(scope: Scope) -> str | None:
    if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith("/api/v1/"):
        return None
    key = Headers(scope=scope).get(HEADER)
    if key is not None and _KEY.fullmatch(key) is None:
        raise TollwayError("management.idempotency", public="An idempotency key has 1 to 200 visible ASCII characters.")
    return key


def _place(scope: Scope, caller: Caller) -> str:
    return f"{caller.subject} {scope['path']}?{scope['query_string'].decode('latin-1')}"


def _repeat(found: Remembered) -> Response:
    if found.status is None:
        raise TollwayError("management.idempotency", public="The first request with this key has not been answered.")
    if found.is_secret:
        raise TollwayError(
            "management.idempotency", public="The request was carried out; what its answer showed is shown only once."
        )
    return Response(found.body, found.status, {**dict(found.headers), "idempotency-replayed": "true"})
