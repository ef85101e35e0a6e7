"""Stage 1: what is asked for.

Reads the head once: the operation its path names, the request id, the trace context, the caller's address. The head's
grammar and framing were checked before; nothing here looks at the body or the token.
"""

import msgspec

from tollway.gateway.address import client_address, is_secure
from tollway.gateway.call import Call
from tollway.gateway.context import Gateway
from tollway.gateway.operations import Operation, dialect_of, find_operation
from tollway.gateway.ports import Exchange, Headers, RequestHead
from tollway.gateway.trace import read_traceparent
from tollway.kernel.errors import TollwayError
from tollway.policy.token import ParsedToken

CREDENTIAL_HEADERS = (b"authorization", b"x-api-key", b"api-key", b"x-goog-api-key")
_SINGLE = frozenset({*CREDENTIAL_HEADERS, b"content-type", b"content-encoding", b"origin"})


class Inbound(msgspec.Struct, gc=False):
    """A request head whose meaning is known. `fields` holds one value a header name; credentials occur at most once.

    All of it follows from the head alone, so it is kept with the head for requests that repeat it. It takes the
    head's own fields over by name, since a reference back would keep both alive for ever.
    """

    method: str
    path: str
    query: str
    headers: Headers
    body_bytes: int | None
    is_tls: bool
    host: str
    websocket_key: str | None
    operation: Operation
    argument: str
    """What the path carries beside the operation: a model or an id."""
    fields: dict[bytes, bytes]
    client_address: str
    client_agent: str
    trace: tuple[str, str] | None
    credential: bytes | None = None
    token: ParsedToken | None = None
    cut: str = ""
    """The code that ended the call from outside, if one did; see endings.py."""
    proof: object = None
    """The stored record against which `credential` was proven; see subjects.py."""
    is_plain_json: bool = False
    """Whether the head was found to announce a body of plain JSON; see resolve.py."""
    way: object = None
    """The way to the route that was asked last; see prepare.py."""
    is_method_taken: bool = True
    """Whether the operation is asked for by one of its methods."""
    recorded_address: str = ""
    """What records show of the caller's address: itself, or nothing by setting."""


def recall(head: RequestHead) -> Inbound | None:
    """Return what a head that was sent before means; None when it is new."""
    facts = head.facts
    if facts:
        inbound = facts[0]
        if isinstance(inbound, Inbound):
            return inbound
    return None


def new_call(exchange: Exchange, inbound: Inbound | None, started_ns: int, gw: Gateway) -> Call:
    """Return the facts of a call that begins, as far as its head tells; `inbound` is what `recall` returns."""
    if inbound is None:
        head = exchange.head
        return Call(
            gw.ids.new(started_ns),
            started_ns,
            method=head.method,
            accepted_at=exchange.accepted_ns,
            dialect=dialect_of(head.path),
        )
    operation = inbound.operation
    trace_id, traceparent = gw.traces.join(inbound.trace)
    return Call(
        gw.ids.new(started_ns),
        started_ns,
        operation=operation.name,
        client_address=inbound.recorded_address,
        client_agent=inbound.client_agent,
        method=inbound.method,
        route=operation.route,
        trace_id=trace_id,
        accepted_at=exchange.accepted_ns,
        dialect=operation.dialect,
        traceparent=traceparent,
    )


def accept(head: RequestHead, known: Inbound | None, call: Call, gw: Gateway) -> Inbound:
    """Return what the request asks for; when that was not known before, note it in `call` and with the head.

    Raises route.not_found, route.method, token.ambiguous (a credential header given twice) or request.malformed.
    """
    inbound = _understand(head, call, gw) if known is None else known
    if not inbound.is_method_taken:
        operation = inbound.operation
        allow = ", ".join(operation.methods)
        raise TollwayError("route.method", public=f"{operation.route} takes {allow}.", headers={"allow": allow})
    return inbound


def find_cut(head: RequestHead) -> str | None:
    """Return the code that ended the request from outside; None: the caller left."""
    inbound = recall(head)
    return None if inbound is None else inbound.cut or None


def _understand(head: RequestHead, call: Call, gw: Gateway) -> Inbound:
    inbound = _read(head, gw)
    head.facts.append(inbound)
    operation = inbound.operation
    call.client_address = inbound.recorded_address
    call.client_agent = inbound.client_agent
    call.trace_id, call.traceparent = gw.traces.join(inbound.trace)
    call.dialect = operation.dialect
    call.operation = operation.name
    call.route = operation.route
    return inbound


def _read(head: RequestHead, gw: Gateway) -> Inbound:
    fields = dict(head.headers)
    if len(fields) != len(head.headers):
        _refuse_repeated(head)
    asked = find_operation(head, fields)
    methods = asked.operation.methods
    address = client_address(head.peer, head.headers, gw.bounds.trusted_proxies)
    return Inbound(
        head.method,
        head.path,
        head.query,
        head.headers,
        head.body_bytes,
        is_secure(head, gw.bounds.trusted_proxies),
        head.host,
        head.websocket_key,
        asked.operation,
        asked.argument,
        fields,
        address,
        fields.get(b"user-agent", b"")[:200].decode("latin-1"),
        read_traceparent(fields.get(b"traceparent")),
        is_method_taken=not methods or head.method in methods,
        recorded_address=address if gw.bounds.record_addresses else gw.bounds.stand_in(address),
    )


def _refuse_repeated(head: RequestHead) -> None:
    seen: set[bytes] = set()
    for name, _ in head.headers:
        if name in _SINGLE and name in seen:
            code = "token.ambiguous" if name in CREDENTIAL_HEADERS else "request.malformed"
            raise TollwayError(code, public=f"The header {name.decode()} was sent twice.")
        seen.add(name)
