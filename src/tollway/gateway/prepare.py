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
    headers: Headers
    dialect: Dialect
    hides_usage: bool = False
    notes: tuple[str, ...] = ()
    request: hub.Request | None = None
    lines: bytes = b""
    """The headers, as they are sent."""


class Way(msgspec.Struct, frozen=True, gc=False):
    """Where, and with which headers, the calls with one head are passed through to a route."""

    route: Route
    is_stream: bool
    target: bytes
    headers: Headers
    lines: bytes


class Preparation:
    """The requests of one call, each made when it is first asked for."""

    __slots__ = ("_cap", "_inbound", "_made", "_plan", "_refusal", "_request")

    def __init__(self, plan: Plan, inbound: Inbound, output_cap: int | None) -> None:
        self._plan = plan
        self._inbound = inbound
        self._cap = output_cap
        self._made: dict[int, Prepared | None] = {}
        self._request: hub.Request | None = None
        self._refusal: TollwayError | None = None

    def find(self, place: int) -> Prepared | None:
        """Return the request for the route at `place`; None when its dialect cannot say what the call says.

        Raises request.field_invalid or request.untranslatable when the body cannot be understood.
        """
        if place not in self._made:
            self._made[place] = self._make(self._plan.model.routes[place])
        return self._made[place]

    def refusal(self) -> TollwayError:
        """Return why the first candidate that was left out cannot be asked."""
        assert self._refusal is not None
        return self._refusal

    def _make(self, route: Route) -> Prepared | None:
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

    def _pass_through(self, route: Route, target: Target) -> Prepared:
        plan, inbound = self._plan, self._inbound
        dialect, is_stream, body = plan.dialect, plan.is_stream, plan.body.copy()
        hides_usage = dialect.adapt(body, target, is_stream=is_stream)
        way = inbound.way
        if not isinstance(way, Way) or way.route is not route or way.is_stream is not is_stream:
            where = request_target(route.provider.destination.base_path, dialect.name, target.model, is_stream)
            headers = passed_headers(inbound, route, dialect)
            way = inbound.way = Way(route, is_stream, where, headers, write_passed_fields(headers))
        return Prepared(way.target, body.encode(), way.headers, dialect, hides_usage, (), None, way.lines)

    def _translate(self, dialect: Dialect, route: Route, target: Target) -> Prepared:
        request = self._understood()
        written = dialect.write_request(request, target)
        headers = own_headers(self._inbound, route, list(written.headers))
        base_path = route.provider.destination.base_path
        where = request_target(base_path, dialect.name, target.model, self._plan.is_stream)
        return Prepared(
            where, written.body, headers, dialect, False, written.notes, request, write_passed_fields(headers)
        )

    def _understood(self) -> hub.Request:
        if self._request is None:
            plan = self._plan
            self._request = plan.dialect.read_request(plan.body, model=plan.model.name, is_stream=plan.is_stream)
        return self._request


def passed_headers(inbound: Inbound, route: Route, dialect: Dialect) -> Headers:
    """Return the headers of a call that is passed through: an allow-list of the caller's, and the provider's own."""
    return own_headers(inbound, route, passed_on(inbound, dialect))


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
