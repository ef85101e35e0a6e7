"""What each candidate of an AI call is sent: passed through in the caller's dialect, or translated into its own.

A candidate that speaks the caller's dialect gets the caller's bytes but for the fields docs/pass-through.md lists. For
any other the body is understood whole, once a call, and written anew. Law: a candidate whose dialect cannot say what
the call says is left out before anything is sent; when none is left, the first reason is told.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from tollway.formats import hub
from tollway.formats.dialect import Dialect, DialectName, Inexpressible, Target
from tollway.formats.dialects import DIALECTS, MESSAGES, request_target
from tollway.formats.messages.headers import passed_headers as passed_headers_of_anthropic
from tollway.gateway.accept import Inbound
from tollway.gateway.ports import Headers
from tollway.gateway.resolve import Plan
from tollway.gateway.snapshot import Route
from tollway.kernel.errors import TollwayError
from tollway.wire.request_fields import write_passed_fields

_PASSED_ON: dict[str, tuple[bytes, ...]] = {
    "chat": (b"accept", b"idempotency-key", b"openai-beta"),
    "responses": (b"accept", b"idempotency-key", b"openai-beta"),
    "messages": (b"accept", b"idempotency-key"),
    "gemini": (b"accept",),
}
"""Headers of the caller that travel on in a call that is passed through; all others stay here."""
CHANGED_POINTERS: Mapping[DialectName, tuple[str, ...]] = MappingProxyType(
    {
        "chat": ("/model", "/messages", "/stream_options", "/max_completion_tokens", "/max_tokens"),
        "responses": ("/model", "/input", "/previous_response_id", "/max_output_tokens"),
        "messages": ("/model", "/messages", "/max_tokens", "/thinking"),
        "gemini": ("/generationConfig/maxOutputTokens",),
    }
)
"""All that may differ between the body a caller sent and the one an upstream of its dialect gets; docs/pass-through.md
says when."""


class Prepared(msgspec.Struct, frozen=True, gc=False):
    """A request for one candidate. `dialect` is the one it is written in; `request` None: it is passed through."""

    target: bytes
    body: bytes
    lines: bytes
    """Its own header lines, well-formed, each ended by CRLF."""
    dialect: Dialect
    hides_usage: bool = False
    notes: tuple[str, ...] = ()
    request: hub.Request | None = None


class Way(msgspec.Struct, frozen=True, gc=False):
    """Where, and with which headers, the calls with one head are passed through to a route."""

    route: Route
    is_stream: bool
    target: bytes
    lines: bytes


class Preparation:
    """The requests of one call, made one for each route."""

    __slots__ = ("_cap", "_inbound", "_plan", "_refusal", "_request")

    def __init__(self, plan: Plan, inbound: Inbound, output_cap: int | None) -> None:
        self._plan = plan
        self._inbound = inbound
        self._cap = output_cap
        self._request: hub.Request | None = None
        self._refusal: TollwayError | None = None

    def make(self, route: Route) -> Prepared | None:
        """Return the request for a route; None when its dialect cannot say what the call says.

        Raises request.field_invalid or request.untranslatable when the body cannot be understood.
        """
        plan = self._plan
        target = route.target
        if self._cap is not None:
            target = msgspec.structs.replace(target, output_cap=self._cap)
        spoken = route.provider.kind.dialects
        if plan.dialect.name in spoken:
            return self._pass_through(route, target)
        for name in spoken:
            try:
                return self._translate(DIALECTS[name], route, target)
            except Inexpressible as reason:
                self._refusal = self._refusal or untranslatable(reason, self._understood().names)
        return None

    def refusal(self) -> TollwayError:
        """Return why the first candidate that was left out cannot be asked."""
        assert self._refusal is not None
        return self._refusal

    def _pass_through(self, route: Route, target: Target) -> Prepared:
        plan, inbound = self._plan, self._inbound
        dialect, is_stream, body = plan.dialect, plan.is_stream, plan.body.copy()
        hides_usage = dialect.adapt(body, target, is_stream=is_stream)
        way = inbound.way
        if not isinstance(way, Way) or way.route is not route or way.is_stream is not is_stream:
            where = request_target(route.provider.destination.base_path, dialect.name, target.model, is_stream)
            way = inbound.way = Way(route, is_stream, where, passed_lines(inbound, route, dialect))
        return Prepared(way.target, body.encode(), way.lines, dialect, hides_usage)

    def _translate(self, dialect: Dialect, route: Route, target: Target) -> Prepared:
        request = self._understood()
        written = dialect.write_request(request, target)
        lines = own_lines(self._inbound, route, list(written.headers))
        base_path = route.provider.destination.base_path
        where = request_target(base_path, dialect.name, target.model, self._plan.is_stream)
        return Prepared(where, written.body, lines, dialect, notes=written.notes, request=request)

    def _understood(self) -> hub.Request:
        if self._request is None:
            plan = self._plan
            self._request = plan.dialect.read_request(plan.body, model=plan.model.name, is_stream=plan.is_stream)
        return self._request


def passed_lines(inbound: Inbound, route: Route, dialect: Dialect) -> bytes:
    """Return the header lines of a call that is passed through: an allow-list of the caller's, the provider's own."""
    return own_lines(inbound, route, passed_on(inbound, dialect))


def own_lines(inbound: Inbound, route: Route, headers: Headers) -> bytes:
    """Return `headers` with those of `own_headers` as lines. Raises ValueError when one cannot be written safely."""
    return write_passed_fields(own_headers(inbound, route, headers))


def passed_on(inbound: Inbound, dialect: Dialect) -> Headers:
    """Return the caller's headers that travel on in its own dialect."""
    fields = inbound.fields
    headers = [(name, fields[name]) for name in _PASSED_ON[dialect.name] if name in fields]
    if dialect is MESSAGES:
        headers += passed_headers_of_anthropic(inbound.headers)
    return headers


def own_headers(inbound: Inbound, route: Route, headers: Headers) -> Headers:
    """Add what the provider's kind wants on every call, unless it is there, and what steers the sandbox."""
    provider = route.provider
    if provider.headers:
        given = {name for name, _ in headers}
        headers += [header for header in provider.headers if header[0] not in given]
    if provider.destination.scheme == "sandbox":
        headers += [item for item in inbound.headers if item[0].startswith(b"x-sandbox-")]
    return headers


def untranslatable(reason: Inexpressible, names: Mapping[str, str]) -> TollwayError:
    """Return the refusal of what a provider cannot be asked for; `names` are what the caller calls the hub's fields."""
    field = reason.at or names.get(reason.field, reason.field)
    text = f"`{field}` cannot be passed to the provider of this model. {reason.advice}"
    return TollwayError("request.untranslatable", public=text, param=field)
