"""Stage 6: answer the caller, in its own dialect.

Answers pass as they came; what is learnt on the way (usage, the first byte's instant, how it ended) goes into the call.
"""

from functools import lru_cache

from tollway.contract.usage import Usage
from tollway.formats.chat.errors import error_body
from tollway.formats.chat.generated import estimate_usage
from tollway.formats.chat.stream_watch import StreamWatch
from tollway.formats.chat.usage import read_usage
from tollway.formats.json_object import JSONObject
from tollway.gateway.admit import Admission
from tollway.gateway.call import Call
from tollway.gateway.context import Gateway
from tollway.gateway.ports import Answer, Exchange, Headers
from tollway.gateway.resolve import Plan
from tollway.gateway.snapshot import Route
from tollway.kernel.codes import Retry
from tollway.kernel.errors import TollwayError
from tollway.policy.tariff import Tariff

_JSON = b"application/json"
_PASSED_BACK = frozenset({b"content-type", b"retry-after", b"openai-processing-ms", b"openai-version"})
_NOSNIFF = (b"x-content-type-options", b"nosniff")
_NO_BUFFERING = b"x-accel-buffering: no\r\n"


async def respond_whole(
    exchange: Exchange, answer: Answer, plan: Plan, place: int, admission: Admission, call: Call, gw: Gateway
) -> None:
    """Read an upstream's whole answer and pass it on. Raises upstream.* while nothing has reached the caller."""
    route = plan.model.routes[place]
    started = gw.monotonic_ns()
    raw = await answer.read(gw.bounds.answer_bytes_max)
    now = call.answered_at = gw.monotonic_ns()
    call.upstream_wait_ns += now - started
    status = answer.status
    if status == 200:
        usage = read_usage(raw)
        if usage is None:
            usage = estimate_usage(raw, plan.bounds.input_tokens_estimate)
        settle_price(usage, plan.tariffs[place], call)
        if route.upstream_model != plan.model.name:
            raw = _rename(raw, plan.model.name)
    elif status >= 400 and not _is_json(answer):
        text = f"The upstream answered {status} without a readable error."
        raw = error_body(TollwayError("upstream.protocol", public=text), call.request_id)
        answer.headers = [item for item in answer.headers if item[0] != b"content-type"]
        answer.headers.append((b"content-type", _JSON))
    call.status = status
    call.outcome = "ok"
    call.code = ""
    call.first_byte_at = now
    headers, lines = answer_head(answer, route, admission, call, now)
    exchange.respond(status, headers, raw, lines)


async def relay_stream(
    exchange: Exchange,
    answer: Answer,
    plan: Plan,
    place: int,
    admission: Admission,
    call: Call,
    gw: Gateway,
    *,
    hides_usage: bool,
) -> None:
    """Pass an event stream on as it arrives. A cut stream ends in an error event and is billed for what was relayed."""
    route = plan.model.routes[place]
    watch = StreamWatch(
        clock=gw.monotonic_ns,
        request_id=call.request_id,
        input_tokens_estimate=plan.bounds.input_tokens_estimate,
        hide_usage=hides_usage,
        model_json=_json_string(plan.model.name) if route.upstream_model != plan.model.name else None,
    )
    call.status = 200
    call.outcome = "disconnected"
    call.code = ""
    started = call.answered_at
    headers, lines = answer_head(answer, route, admission, call, started)
    exchange.start(200, headers, None, lines + _NO_BUFFERING)
    try:
        await answer.relay(exchange, watch)
        exchange.finish()
        call.outcome = "ok" if watch.error_code is None else "truncated"
        call.code = watch.error_code or ""
    finally:
        call.relay_ns = gw.monotonic_ns() - started
        call.first_byte_at = watch.first_ns
        settle_price(watch.usage(), plan.tariffs[place], call)


def settle_price(usage: Usage, tariff: Tariff | None, call: Call) -> None:
    """Note what the call consumed and costs; an unpriced model costs None, which is not zero."""
    call.usage = usage
    if tariff is None:
        call.cost_nanos = None
        return
    call.cost_nanos = tariff.cost(usage)
    call.price_source = tariff.price.source


def respond_error(exchange: Exchange, error: TollwayError, call: Call) -> None:
    """Answer a refusal or failure; a started answer is broken off instead, so that it cannot pass for whole."""
    call.status = call.status if exchange.has_started else error.status
    call.code = error.code.name
    if exchange.has_started:
        exchange.abort()
        return
    headers: Headers = [
        (b"content-type", _JSON),
        (b"x-request-id", call.request_id.encode()),
        _NOSNIFF,
        (b"cache-control", b"no-store"),
    ]
    if error.code.name.startswith("token.") and error.status in (400, 401, 403):
        headers.append((b"www-authenticate", challenge(error)))
    if error.code.name == "budget.exhausted" or (error.status >= 500 and error.code.retry is Retry.NEVER):
        # OpenAI's SDKs would try 429 and 5xx again at once; this header of theirs tells them not to.
        headers.append((b"x-should-retry", b"false"))
    if error.retry_after_seconds is not None:
        headers.append((b"retry-after", b"%d" % max(1, -int(-error.retry_after_seconds // 1))))
    if error.upstream_request_id:
        headers.append((b"x-tollway-upstream-request-id", error.upstream_request_id.encode("latin-1", "ignore")))
    headers += [(name.encode(), value.encode("latin-1")) for name, value in error.headers.items()]
    headers += call.answer_headers
    exchange.respond(error.status, headers, error_body(error, call.request_id))


def challenge(error: TollwayError) -> bytes:
    """Return the RFC 6750 section 3 challenge; without credentials it carries no error code (section 3.1)."""
    if error.code.name == "token.missing":
        return b'Bearer realm="tollway"'
    kind = {400: "invalid_request", 403: "insufficient_scope"}.get(error.status, "invalid_token")
    return f'Bearer realm="tollway", error="{kind}", error_description="{error.code.meaning}"'.encode()


def answer_head(answer: Answer, route: Route, admission: Admission, call: Call, now: int) -> tuple[Headers, bytes]:
    """Return the head of an AI answer: the upstream's content headers, and our own lines.

    The lines say who answered and where time went; they hold nothing that came from outside.
    """
    headers: Headers = [item for item in answer.headers if item[0] in _PASSED_BACK]
    upstream_id = call.attempts[-1].upstream_request_id
    if upstream_id:
        headers.append((b"x-tollway-upstream-request-id", upstream_id.encode("latin-1")))
    if call.answer_headers:
        headers += call.answer_headers
    lines = b"%bx-request-id: %b\r\nserver-timing: %b\r\n" % (
        route.lines,
        call.request_id.encode(),
        server_timing(call, now),
    )
    if admission.output_cap is not None:
        lines += b"x-tollway-output-cap: %d\r\n" % admission.output_cap
    return headers, lines


def server_timing(call: Call, now: int) -> bytes:
    """Return the stages so far (contract.records.STAGES) in milliseconds (https://www.w3.org/TR/server-timing/)."""
    one, two, three, four, five, _ = call.stages_us(now)
    return b"authenticate;dur=%b, body;dur=%b, resolve;dur=%b, admit;dur=%b, upstream;dur=%b" % (
        _milliseconds(one),
        _milliseconds(two),
        _milliseconds(three),
        _milliseconds(four),
        _milliseconds(five),
    )


@lru_cache(maxsize=16_384)
def _milliseconds(microseconds: int) -> bytes:
    """Write a duration; most are below 16 ms, so that nearly all are found in the cache."""
    return b"%d.%03d" % divmod(microseconds, 1000)


def _is_json(answer: Answer) -> bool:
    return any(name == b"content-type" and b"json" in value.lower() for name, value in answer.headers)


def _rename(raw: bytes, model: str) -> bytes:
    try:
        body = JSONObject.parse(raw)
    except TollwayError:
        return raw
    if "model" in body:
        body.set("model", model)
    return body.encode()


def _json_string(text: str) -> bytes:
    probe = JSONObject.parse(b"{}")
    probe.set("m", text)
    return probe.raw("m")
