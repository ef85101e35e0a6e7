"""The outermost layer: a request id, the security headers, and a problem for whatever escapes.

Every answer of the console port leaves through here, also those of the layers inside that refuse a
request. Nothing inside sets a weaker header of the same name.
"""

import logging
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Send

from tollway.kernel.clock import Clock
from tollway.kernel.errors import TollwayError
from tollway.kernel.ids import RequestIds
from tollway.web.identity import Scope, set_request_id
from tollway.web.problems import build_problem, log_error

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)

_HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "x-frame-options": "DENY",
}
_HSTS = "max-age=31536000"

_log = logging.getLogger(__name__)


class Envelope:
    """Wraps an ASGI app as described above."""

    def __init__(self, app: ASGIApp, clock: Clock, *, is_behind_tls: bool) -> None:
        self._app = app
        self._clock = clock
        self._ids = RequestIds()
        self._headers = {**_HEADERS, "strict-transport-security": _HSTS} if is_behind_tls else _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._ids.new(self._clock.now_ns())
        set_request_id(scope, request_id)
        has_started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                self._complete(scope, message, request_id)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except TollwayError as error:
            log_error(error, request_id)
            if has_started:
                raise
            await build_problem(error, request_id)(scope, receive, send_with_headers)
        except Exception:
            # The process boundary: a fault of ours must become an answer with an id to report, and a log entry.
            _log.exception("unhandled error request_id=%s", request_id)
            if has_started:
                raise
            await build_problem(TollwayError("gateway.internal"), request_id)(scope, receive, send_with_headers)

    def _complete(self, scope: Scope, message: Message, request_id: str) -> None:
        headers = MutableHeaders(raw=message["headers"])
        for name, value in self._headers.items():
            headers.setdefault(name, value)
        headers["x-request-id"] = request_id
        if _is_api(scope):
            headers.setdefault("cache-control", "no-store")
        message["headers"] = headers.raw


def _is_api(scope: dict[str, Any] | Scope) -> bool:
    return str(scope["path"]).startswith("/api/")
