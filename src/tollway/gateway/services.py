"""REST services: a call to a published path, passed to its upstream as it is.

Bodies stream both ways with back-pressure. Nothing of the caller's credentials or claimed identity travels on.
"""

from urllib.parse import unquote_plus

from tollway.gateway.accept import Inbound, find_cut
from tollway.gateway.call import Call
from tollway.gateway.context import Gateway
from tollway.gateway.headers import answer_headers, fold, request_headers
from tollway.gateway.ports import Answer, Exchange, Headers
from tollway.gateway.respond import server_timing
from tollway.gateway.snapshot import Service
from tollway.kernel.errors import TollwayError

SMALL_ANSWER_BYTES = 65_536
"""Answers of a known length up to this are read whole and sent in one write."""


async def dispatch_service(exchange: Exchange, inbound: Inbound, service: Service, call: Call, gw: Gateway) -> None:
    """Send the call to the service's upstream and answer it. Raises upstream.* while nothing has reached the caller."""
    is_upgrade = inbound.websocket_key is not None
    if is_upgrade and not service.record.allow_websocket:
        raise TollwayError("request.upgrade", public="This service does not take WebSocket connections.")
    if inbound.body_bytes is not None and inbound.body_bytes > service.record.body_bytes_max:
        raise TollwayError("request.body_too_large")
    gw.journal.append(call.open(0))
    call.was_opened = True
    headers = build_headers(inbound, service, call)
    answer = await _send(exchange, inbound, service, headers, call, gw)
    started = call.answered_at
    call.outcome = "disconnected"
    try:
        if answer.status == 101:
            await _tunnel(exchange, answer, call, is_upgrade=is_upgrade)
            return
        await _pass_back(exchange, answer, service, call, gw)
    finally:
        call.relay_ns = gw.monotonic_ns() - started


def build_target(inbound: Inbound, service: Service) -> bytes:
    """Return the origin-form target at the upstream; the query loses the parameter that carried a token."""
    path = inbound.path
    if service.record.strip_prefix:
        path = path[len(service.record.path_prefix) :] or "/"
    base = service.destination.base_path
    target = f"{base}{path}" if path != "/" or not base else base
    query = inbound.query
    parameter = service.record.query_token_parameter
    if query and parameter is not None:
        # By the name that it is read by: an escaped one carries the token just as well.
        query = "&".join(pair for pair in query.split("&") if unquote_plus(pair.partition("=")[0]) != parameter)
    return (f"{target}?{query}" if query else target).encode("ascii")


def build_headers(inbound: Inbound, service: Service, call: Call) -> Headers:
    """Return the upstream's request headers: what may pass, the service's own, and who is calling.

    What the caller sends under a name of the service's own is left out, in whatever spelling.
    """
    headers = [item for item in request_headers(inbound.headers) if item[0] != b"traceparent"]
    if service.headers:
        own = {fold(name) for name, _ in service.headers}
        headers = [item for item in headers if fold(item[0]) not in own]
    if inbound.websocket_key is not None:
        headers += [(b"connection", b"upgrade"), (b"upgrade", b"websocket")]
        headers += [item for item in inbound.headers if item[0].startswith(b"sec-websocket-")]
    headers += service.headers
    headers.append((b"x-forwarded-for", inbound.client_address.encode()))
    headers.append((b"x-forwarded-proto", b"https" if inbound.is_tls else b"http"))
    headers.append((b"x-forwarded-host", inbound.host.encode("ascii", "replace")))
    headers.append((b"x-request-id", call.request_id.encode()))
    headers.append((b"traceparent", call.traceparent))
    if call.token_id:
        headers.append((b"x-tollway-token-id", call.token_id.encode()))
    if call.application_id:
        headers.append((b"x-tollway-application-id", call.application_id.encode()))
    return headers


async def _send(
    exchange: Exchange, inbound: Inbound, service: Service, headers: Headers, call: Call, gw: Gateway
) -> Answer:
    started = gw.monotonic_ns()
    status, code = 0, "disconnected"
    body: bytes | Exchange = b"" if inbound.body_bytes == 0 else exchange
    try:
        answer = await gw.upstreams.send(
            service.destination,
            method=inbound.method,
            target=build_target(inbound, service),
            headers=headers,
            body=body,
        )
        status, code = answer.status, ""
        return answer
    except TollwayError as error:
        code = error.code.name
        raise
    finally:
        call.answered_at = gw.monotonic_ns()
        call.note_attempt(started, status, code)
        if inbound.body_bytes is None:
            call.request_bytes = exchange.bytes_received


async def _pass_back(exchange: Exchange, answer: Answer, service: Service, call: Call, gw: Gateway) -> None:
    record = service.record
    headers = answer_headers(answer.headers, keeps_cookies=record.allow_set_cookie)
    headers.append((b"x-request-id", call.request_id.encode()))
    headers.append((b"server-timing", server_timing(call).encode()))
    if record.sandbox_answers:
        headers.append((b"content-security-policy", b"sandbox"))
        headers.append((b"x-content-type-options", b"nosniff"))
    if call.answer_headers:
        headers = [item for item in headers if not item[0].startswith(b"access-control-")]
        headers += call.answer_headers
    length = _declared_length(answer)
    call.status = answer.status
    call.first_byte_at = call.answered_at
    if (
        length is not None
        and length <= SMALL_ANSWER_BYTES
        and call.method != "HEAD"
        and answer.status not in (204, 304)
    ):
        exchange.respond(answer.status, headers, await answer.read(SMALL_ANSWER_BYTES), call.limit_lines)
        call.outcome = "ok"
        return
    exchange.start(answer.status, headers, length, call.limit_lines)
    error = await answer.relay(exchange, None)
    if error is not None:
        call.outcome, call.code = "truncated", error
        exchange.abort()
        return
    exchange.finish()
    call.outcome = "ok"


async def _tunnel(exchange: Exchange, answer: Answer, call: Call, *, is_upgrade: bool) -> None:
    """RFC 9110 section 7.8: a 101 is only believed when an upgrade was asked for."""
    if not is_upgrade:
        answer.close()
        raise TollwayError("upstream.protocol", public="The upstream switched protocols without being asked.")
    call.operation = "websocket"
    call.status = 101
    call.first_byte_at = call.answered_at
    call.request_bytes, call.response_bytes = await answer.tunnel(exchange)
    cut = find_cut(exchange.head)
    if cut is None:
        call.outcome = "ok"
    else:
        call.outcome, call.code = "failed", cut


def _declared_length(answer: Answer) -> int | None:
    for name, value in answer.headers:
        if name == b"content-length":
            return int(value)  # the client checked the digits
    return None
