"""Cross-origin calls from browsers (https://fetch.spec.whatwg.org/#http-cors-protocol), by setting; off by default.

Credentials in cookies are never allowed: tokens travel in headers only.
"""

from tollway.gateway.accept import Inbound
from tollway.gateway.call import Call
from tollway.gateway.ports import Exchange, Headers
from tollway.gateway.snapshot import Compiled
from tollway.kernel.errors import TollwayError

_MAX_AGE = (b"access-control-max-age", b"7200")
_EXPOSED = (
    b"access-control-expose-headers",
    b"x-request-id, x-tollway-provider, x-tollway-upstream-model, x-tollway-upstream-request-id, "
    b"x-tollway-output-cap, server-timing, retry-after",
)


def cors_headers(inbound: Inbound, compiled: Compiled) -> Headers:
    """Return what an answer to an allowed origin carries; nothing for others and for calls without an origin."""
    origin = inbound.fields.get(b"origin")
    if origin is None or not _is_allowed(origin, compiled):
        return []
    return [(b"access-control-allow-origin", origin), (b"vary", b"origin"), _EXPOSED]


def respond_preflight(exchange: Exchange, inbound: Inbound, compiled: Compiled, call: Call) -> None:
    """Answer a preflight. Raises route.not_found for an origin that is not allowed."""
    allowed = cors_headers(inbound, compiled)
    if not allowed:
        raise TollwayError("route.not_found", public="Cross-origin calls are not allowed from this origin.")
    asked = inbound.fields.get(b"access-control-request-headers", b"authorization, content-type")
    headers = [
        *allowed[:2],
        (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
        (b"access-control-allow-headers", asked),
        _MAX_AGE,
    ]
    call.status, call.outcome = 204, "ok"
    exchange.respond(204, headers, b"")


def _is_allowed(origin: bytes, compiled: Compiled) -> bool:
    origins = compiled.cors_origins
    return bool(origins) and ("*" in origins or origin.decode("latin-1") in origins)
