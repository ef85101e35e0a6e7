"""Idempotency-Key: the same POST twice does the work once.

The first answer below 500 is kept for a day and repeated with `idempotency-replayed: true`. The same
key with another body, while the first still runs, or for an answer that showed a secret, is refused;
secrets are never kept. Keys belong to the caller and the path.
"""

import hashlib
import re

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Send

from tollway.control.idempotency.model import Remembered
from tollway.kernel.clock import Clock
from tollway.kernel.errors import TollwayError
from tollway.web.bodies import read_body, replay_body
from tollway.web.identity import Caller, Scope, find_caller
from tollway.web.ports import IdempotencyKeys

HEADER = "idempotency-key"
SHOWN_ONCE = "tollway.shown_once"
"""Scope key: the answer shows something once, so it is not kept."""

_KEY = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)
_ANSWER_BYTES_MAX = 262_144
_KEPT_HEADERS = frozenset({b"content-type", b"etag", b"location"})
_SERVER_FAULT = 500


class Idempotency:
    """Wraps the routes of the management API."""

    def __init__(self, app: ASGIApp, keys: IdempotencyKeys, clock: Clock) -> None:
        self._app = app
        self._keys = keys
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises management.idempotency, management.conflict, management.invalid."""
        key = _find_key(scope)
        caller = find_caller(scope) if key is not None else None
        if key is None or caller is None:
            await self._app(scope, receive, send)
            return
        body = await read_body(receive)
        place, body_hash = _place(scope, caller), hashlib.sha256(body).digest()
        found = await run_in_threadpool(self._keys.begin, place, key, body_hash)
        if found is not None:
            await _repeat(found, body_hash)(scope, receive, send)
            return
        await self._run(scope, replay_body(body, receive), send, (place, key, body_hash))

    async def _run(self, scope: Scope, receive: Receive, send: Send, taken: tuple[str, str, bytes]) -> None:
        place, key, body_hash = taken
        answer = _Answer(send)
        try:
            await self._app(scope, receive, answer.send)
        finally:
            # Also when the caller left: the work may be done, and a key that stays taken would block the repetition.
            if answer.is_whole and answer.status < _SERVER_FAULT:
                remembered = answer.remember(body_hash, self._clock.now_ns(), is_secret=SHOWN_ONCE in scope)
                await run_in_threadpool(self._keys.finish, place, key, remembered)
            else:
                await run_in_threadpool(self._keys.release, place, key)


class _Answer:
    """Passes an answer on and keeps a bounded copy."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._body = bytearray()
        self._headers: list[tuple[bytes, bytes]] = []
        self.status = 0
        self.is_whole = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._headers = [(name, value) for name, value in message["headers"] if name in _KEPT_HEADERS]
        elif message["type"] == "http.response.body":
            if len(self._body) <= _ANSWER_BYTES_MAX:
                self._body += message.get("body", b"")
            self.is_whole = not message.get("more_body", False)
        await self._send(message)

    def remember(self, body_hash: bytes, now_ns: int, *, is_secret: bool) -> Remembered:
        """Build what is kept; an answer that showed a secret, or is too long, is kept without its content."""
        is_bare = (is_secret and self.status < 300) or len(self._body) > _ANSWER_BYTES_MAX
        return Remembered(
            body_hash=body_hash,
            status=self.status,
            headers=() if is_bare else tuple((name.decode(), value.decode("latin-1")) for name, value in self._headers),
            body=b"" if is_bare else bytes(self._body),
            is_secret=is_bare,
            created_ns=now_ns,
        )


def _find_key(scope: Scope) -> str | None:
    if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith("/api/v1/"):
        return None
    key = Headers(scope=scope).get(HEADER)
    if key is not None and _KEY.fullmatch(key) is None:
        raise TollwayError("management.idempotency", public="An idempotency key has 1 to 200 visible ASCII characters.")
    return key


def _place(scope: Scope, caller: Caller) -> str:
    query = scope["query_string"].decode("latin-1")
    return f"{caller.actor} {scope['path']}?{query}"


def _repeat(found: Remembered, body_hash: bytes) -> Response:
    if found.body_hash != body_hash:
        raise TollwayError("management.idempotency")
    if found.status is None:
        raise TollwayError(
            "management.conflict", public="The request with this idempotency key has not been answered yet."
        )
    if found.is_secret:
        raise TollwayError(
            "management.idempotency",
            public="The request was carried out, and its answer showed a secret, which is shown once only.",
        )
    headers = {**dict(found.headers), "idempotency-replayed": "true"}
    return Response(found.body, status_code=found.status, headers=headers)
