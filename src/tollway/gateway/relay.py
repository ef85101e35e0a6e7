"""Stage 6: pass an upstream's answer to the caller, in the caller's own dialect.

Answers in that dialect pass as they came, others are translated; what is learnt on the way (usage, the first byte's
instant, how it ended) goes into the call.
"""

import logging
import math
from collections.abc import Coroutine
from typing import Any

import msgspec

from tollway.contract.response_states import ResponseState
from tollway.contract.usage import Usage
from tollway.formats.chat.bounds import wants_stream_usage
from tollway.formats.dialect import Shown, Watch
from tollway.formats.dialects import CHAT, GEMINI, MESSAGES
from tollway.gateway.admit import Admission
from tollway.gateway.call import Call
from tollway.gateway.context import Gateway
from tollway.gateway.continuing import Continuing, KeepingWatch, kept_at, state_of, whole_response
from tollway.gateway.ports import Answer, Exchange, Headers
from tollway.gateway.prepare import Prepared
from tollway.gateway.resolve import Plan
from tollway.gateway.respond import server_timing
from tollway.gateway.snapshot import Route
from tollway.gateway.translation import ArrayWatch, TranslatingWatch
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.errors import TollwayError
from tollway.policy.tariff import Tariff

log = logging.getLogger(__name__)

_BAD_KEY = "API_KEY_INVALID"
NOT_KEPT = "response-not-kept"
_encode = msgspec.json.Encoder().encode
_object: msgspec.json.Decoder[dict[str, msgspec.Raw]] = msgspec.json.Decoder(dict[str, msgspec.Raw])
_JSON = b"application/json"
_PASSED_BACK = (b"content-type", b"retry-after", b"openai-processing-ms", b"openai-version")
_NO_BUFFERING = b"x-accel-buffering: no\r\n"


class Relayed(msgspec.Struct, frozen=True, gc=False):
    """What an answer is read and written by: the call's plan, the route that was asked, and how."""

    plan: Plan
    route: Route
    """The route that was asked."""
    tariff: Tariff | None
    """What the route costs; None: not known."""
    prepared: Prepared
    admission: Admission

    @property
    def is_renamed(self) -> bool:
        """Whether the caller knows the model by another name than the upstream."""
        return self.route.upstream_model != self.plan.model.name

    def shown(self, call: Call) -> Shown:
        """Return what a translated answer says about itself."""
        request, continuing = self.prepared.request, self.plan.continuing
        assert request is not None
        return Shown(
            request_id=call.request_id,
            model=self.plan.model.name,
            created_seconds=call.started_ns // NANOS_PER_SECOND,
            request=request,
            states_usage=self.plan.dialect is not CHAT or wants_stream_usage(self.plan.body),
            previous_response_id=None if continuing is None else continuing.continued.links.previous,
        )


def respond_ai(
    exchange: Exchange, answer: Answer, relayed: Relayed, call: Call, gw: Gateway
) -> Coroutine[Any, Any, None]:
    """Answer a call that generates. Raises upstream.* while nothing has reached the caller."""
    if call.is_stream and answer.status == 200 and _is_event_stream(answer):
        return relay_stream(exchange, answer, relayed, call, gw)
    return respond_whole(exchange, answer, relayed, call, gw)


async def respond_whole(exchange: Exchange, answer: Answer, relayed: Relayed, call: Call, gw: Gateway) -> None:
    """Read an upstream's whole answer and pass it on. Raises upstream.* while nothing has reached the caller."""
    raw = await read_whole(answer, call, gw)
    if answer.status != 200:
        raw = tell_fault(raw, answer, relayed, call)
    elif relayed.prepared.request is None:
        raw = _pass_whole(raw, relayed, call)
    else:
        raw = _translate_whole(raw, relayed, call)
        answer.headers = with_json_type(answer.headers)
    if relayed.plan.continuing is not None and answer.status == 200:
        await _keep_whole(raw, relayed, call, gw)
    send_whole(exchange, answer, raw, relayed, call)


async def read_whole(answer: Answer, call: Call, gw: Gateway) -> bytes:
    """Read a whole answer and note how long it took. Raises upstream.*."""
    started = call.answered_at
    raw = await answer.read(gw.bounds.answer_bytes_max)
    now = call.answered_at = gw.monotonic_ns()
    call.upstream_wait_ns += now - started
    return raw


def send_whole(exchange: Exchange, answer: Answer, raw: bytes, relayed: Relayed, call: Call) -> None:
    """Answer the caller with what was read and, where needed, translated."""
    call.status = answer.status
    call.outcome = "ok"
    call.code = ""
    call.first_byte_at = call.answered_at
    headers, lines = answer_head(answer, relayed, call, call.answered_at)
    exchange.respond(answer.status, headers, raw, lines)


def tell_fault(raw: bytes, answer: Answer, relayed: Relayed, call: Call) -> bytes:
    """Return what the upstream said was wrong: as it came in the caller's own dialect, else translated.

    Raises upstream.protocol for a status below 400 that is no answer of any dialect, and upstream.auth for Google's
    way of refusing a key, which is 400 (https://ai.google.dev/gemini-api/docs/troubleshooting).
    """
    plan, prepared = relayed.plan, relayed.prepared
    status = answer.status
    if status == 400 and prepared.dialect is GEMINI and prepared.dialect.read_error(status, raw).code == _BAD_KEY:
        raise TollwayError("upstream.auth", upstream_request_id=call.attempts[-1].upstream_request_id or None)
    if prepared.dialect is plan.dialect:
        if status < 400:
            return raw
        if _is_object(raw):
            # Some vendors label their errors as bytes of no kind; it is the words that count.
            answer.headers = with_json_type(answer.headers)
            return raw
        text = f"The upstream answered {status} without a readable error."
        answer.headers = with_json_type(answer.headers)
        return plan.dialect.write_error(TollwayError("upstream.protocol", public=text), call.request_id)
    if status < 400:
        raise TollwayError("upstream.protocol", internal=f"status {status} is no answer of this dialect")
    fault = prepared.dialect.read_error(status, raw)
    answer.headers = with_json_type(answer.headers)
    if fault.retry_after_seconds is not None and not find_header(answer, b"retry-after"):
        answer.headers.append((b"retry-after", b"%d" % math.ceil(fault.retry_after_seconds)))
    return plan.dialect.write_fault(fault, call.request_id)


async def _keep_whole(raw: bytes, relayed: Relayed, call: Call, gw: Gateway) -> None:
    """Keep an answer for later. One that cannot be kept is noted, and passed on: it was paid for all the same."""
    kept = _state_of(raw, relayed, call)
    if kept is None:
        return
    continuing, state, item_ids = kept
    try:
        is_kept = await gw.states.put(continuing.owner, state, item_ids)
    except TollwayError as error:
        log.warning("the response of call %s could not be kept: %s", call.request_id, error)
        is_kept = False
    if not is_kept:
        call.notes += (NOT_KEPT,)


def _state_of(
    response: bytes, relayed: Relayed, call: Call
) -> tuple[Continuing, ResponseState, tuple[str, ...]] | None:
    """Return whose it is and what is to be kept of a response, with its items' ids; None for nothing."""
    plan, route = relayed.plan, relayed.route
    if plan.continuing is None:
        return None
    vendor, upstream = "", None
    if relayed.prepared.request is None:
        vendor = route.provider.kind.ways
        upstream = kept_at(route.provider, call.attempts[-1].key_id, route.upstream_model)
    kept = state_of(response, plan.continuing, model=plan.model.name, vendor=vendor, upstream=upstream)
    return None if kept is None else (plan.continuing, *kept)


def _pass_whole(raw: bytes, relayed: Relayed, call: Call) -> bytes:
    """Learn what an answer in the caller's own dialect says, and return it as the caller may see it."""
    plan = relayed.plan
    usage = plan.dialect.read_usage(raw)
    if usage is None:
        usage = plan.dialect.estimate_usage(raw, plan.bounds.input_tokens_estimate)
    settle_price(usage, relayed.tariff, call)
    if usage.is_estimated and plan.continuing is not None and plan.continuing.continued.links.is_background:
        _settle_background(call)
    return plan.dialect.rename(raw, plan.model.name) if relayed.is_renamed else raw


def _settle_background(call: Call) -> None:
    """A call that goes on at its upstream will state its usage to nobody: all that was reserved for it is spent."""
    if call.hold is not None and call.cost_nanos is not None:
        call.cost_nanos = max(call.cost_nanos, call.hold.granted_nanos)
    call.spends_hold = True


def _translate_whole(raw: bytes, relayed: Relayed, call: Call) -> bytes:
    """Return the answer in the caller's dialect. Raises upstream.protocol when it is none."""
    source = relayed.prepared.dialect
    estimate = relayed.plan.bounds.input_tokens_estimate
    try:
        reply = source.read_reply(raw, relayed.route.provider.kind.ways)
    except ValueError as error:
        # It may have been paid for all the same; what it consumed is the best guess there is.
        settle_price(source.estimate_usage(raw, estimate), relayed.tariff, call)
        raise TollwayError("upstream.protocol", internal=f"an answer that cannot be read: {error}") from error
    usage = reply.usage or source.estimate_usage(raw, estimate)
    settle_price(usage, relayed.tariff, call)
    call.notes += reply.notes
    return relayed.plan.dialect.write_reply(reply, relayed.shown(call))


async def relay_stream(exchange: Exchange, answer: Answer, relayed: Relayed, call: Call, gw: Gateway) -> None:
    """Pass an event stream on as it arrives. A cut stream ends in an error event and is billed for what was relayed."""
    watch = open_watch(relayed, call, gw)
    call.status = 200
    call.outcome = "disconnected"
    call.code = ""
    started = call.answered_at
    headers, lines = answer_head(answer, relayed, call, started)
    if relayed.plan.is_array:
        headers = with_json_type(headers)
    exchange.start(200, headers, None, lines + _NO_BUFFERING)
    try:
        await answer.relay(exchange, watch)
        exchange.finish()
        call.outcome = "ok" if watch.error_code is None else "truncated"
        call.code = watch.error_code or ""
    finally:
        call.relay_ns = gw.monotonic_ns() - started
        call.first_byte_at = watch.first_ns
        settle_price(watch.usage(), relayed.tariff, call)


def open_watch(relayed: Relayed, call: Call, gw: Gateway) -> Watch:
    """Return the tap of a stream: a watch where it passes as it is, else the translation."""
    watch = _open_events_watch(relayed, call, gw)
    if relayed.plan.continuing is not None:
        return _keeping(watch, relayed, call, gw)
    return ArrayWatch(watch) if relayed.plan.is_array else watch


def _keeping(watch: Watch, relayed: Relayed, call: Call, gw: Gateway) -> Watch:
    """Return the tap of a stream whose response is to be kept once it is whole."""

    def put(response: bytes) -> None:
        kept = _state_of(response, relayed, call)
        if kept is None:
            return
        continuing, state, item_ids = kept
        if not gw.states.put_soon(continuing.owner, state, item_ids):
            log.warning("the response of call %s is too large to be kept, or too many wait", call.request_id)

    return KeepingWatch(watch, lambda: whole_response(watch), put)


def _open_events_watch(relayed: Relayed, call: Call, gw: Gateway) -> Watch:
    plan, prepared = relayed.plan, relayed.prepared
    estimate = plan.bounds.input_tokens_estimate
    if prepared.request is None:
        return plan.dialect.open_watch(
            clock=gw.monotonic_ns,
            request_id=call.request_id,
            input_tokens_estimate=estimate,
            hide_usage=prepared.hides_usage,
            model_json=_encode(plan.model.name) if relayed.is_renamed else None,
        )
    return TranslatingWatch(
        prepared.dialect,
        relayed.route.provider.kind.ways,
        plan.dialect,
        relayed.shown(call),
        clock=gw.monotonic_ns,
        estimate=estimate,
    )


def settle_price(usage: Usage, tariff: Tariff | None, call: Call) -> None:
    """Note what the call consumed and costs; an unpriced model costs None, which is not zero."""
    call.usage = usage
    if tariff is None:
        call.cost_nanos = None
        return
    call.cost_nanos = tariff.cost(usage)
    call.price_source = tariff.price.source


def answer_head(answer: Answer, relayed: Relayed, call: Call, now: int) -> tuple[Headers, bytes]:
    """Return the head of an AI answer: the upstream's content headers, and our own lines.

    The lines say who answered, what was not passed on as it was meant, and where time went; they hold nothing that
    came from outside.
    """
    headers = passed_back(answer)
    upstream_id = call.attempts[-1].upstream_request_id
    if upstream_id:
        headers.append((b"x-tollway-upstream-request-id", upstream_id.encode("latin-1")))
    if call.answer_headers:
        headers += call.answer_headers
    lines = b"%bx-request-id: %b\r\nserver-timing: %b\r\n" % (
        relayed.route.lines,
        call.request_id.encode(),
        server_timing(call, now),
    )
    if relayed.plan.dialect is MESSAGES:
        lines += b"request-id: %b\r\n" % call.request_id.encode()
    if call.limit_lines:
        lines += call.limit_lines
    if relayed.admission.output_cap is not None:
        lines += b"x-tollway-output-cap: %d\r\n" % relayed.admission.output_cap
    if call.notes:
        lines += b"x-tollway-translation-notes: %b\r\n" % ", ".join(dict.fromkeys(call.notes)).encode("ascii")
    return headers, lines


def passed_back(answer: Answer) -> Headers:
    """Return the upstream's headers that reach the caller, the first of each name."""
    fields = _first_fields(answer)
    return [(name, fields[name]) for name in _PASSED_BACK if name in fields]


def with_json_type(headers: Headers) -> Headers:
    """Return the headers of an answer whose body was written anew, as JSON."""
    return [item for item in headers if item[0] != b"content-type"] + [(b"content-type", _JSON)]


def find_header(answer: Answer, name: bytes) -> str:
    """Return the first value of a header of an answer, "" when it is absent."""
    return _first_fields(answer).get(name, b"").decode("latin-1")


def _first_fields(answer: Answer) -> dict[bytes, bytes]:
    """Return the first value of each header."""
    return dict(reversed(answer.headers))


def _is_object(raw: bytes) -> bool:
    """Whether a body is a JSON object, whatever it is called."""
    try:
        _object.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _is_event_stream(answer: Answer) -> bool:
    return find_header(answer, b"content-type").lower().startswith("text/event-stream")
