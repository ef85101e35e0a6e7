"""Request bodies of the console: read whole, and bounded, before any route sees them."""

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Send

from tollway.kernel.errors import TollwayError
from tollway.web.identity import Scope

BYTES_MAX = 1_048_576


class BodyLimit:
    """Refuses bodies over BYTES_MAX, by their declared length or as they arrive."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises request.body_too_large."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isascii() or not declared.isdigit() or int(declared[:20]) > BYTES_MAX:
            raise _too_large()
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > BYTES_MAX:
                raise _too_large()
            return message

        await self._app(scope, counted, send)


async def read_body(receive: Receive) -> bytes:
    """Read the whole body; its size is bounded by BodyLimit outside. Raises ClientDisconnect."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


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
