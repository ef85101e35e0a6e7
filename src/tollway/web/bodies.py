"""Request bodies of the console: read whole, and bounded, before any route sees them."""

import asyncio

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Send

from tollway.kernel.errors import TollwayError
from tollway.web.identity import Scope

BYTES_MAX = 1_048_576
BODY_SECONDS = 30.0
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})


class BodyLimit:
    """Reads bodies of up to BYTES_MAX within BODY_SECONDS, and refuses the others."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises request.body_too_large, request.timeout."""
        if scope["type"] != "http" or scope["method"] in _WITHOUT_BODY:
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isascii() or not declared.isdigit() or int(declared[:20]) > BYTES_MAX:
            raise _too_large()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await read_body(receive)
        except TimeoutError as error:
            raise TollwayError("request.timeout") from error
        except ClientDisconnect:
            return
        await self._app(scope, replay_body(body, receive), send)


async def read_body(receive: Receive) -> bytes:
    """Read the whole body. Raises request.body_too_large; ClientDisconnect when the caller has left."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > BYTES_MAX:
            raise _too_large()
        if not message.get("more_body", False):
            return bytes(body)


def replay_body(body: bytes, receive: Receive) -> Receive:
    """Return a receive that gives the body once and then goes on with the connection's own events."""
    is_given = False

    async def give() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give


def _too_large() -> TollwayError:
    return TollwayError("request.body_too_large", public=f"A body has at most {BYTES_MAX} bytes here.")
