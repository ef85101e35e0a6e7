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
from tollway.gateway.answer_facts import facts_of, find_header, label_json
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
from tollway.wire.http1 import header_line

log = logging.getLogger(__name__)

_BAD_KEY = "API_KEY_INVALID"
NOT_KEPT = "response-not-kept"
_encode = msgspec.json.Encoder().encode
_object: msgspec.json.Decoder[dict[str, msgspec.Raw]] = msgspec.json.Decoder(dict[str, msgspec.Raw])
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
) -> Coroutine[Any, Any, None] | None:
    """Answer a call that generates: at once, or by what is returned. Raises upstream.* while nothing has reached the
    caller.
    """
    if call.is_stream and answer.status == 200 and _is_event_stream(answer):
        return relay_stream(exchange, answer, relayed, call, gw)
    raw = answer.take_whole(gw.bounds.answer_bytes_max) if relayed.plan.continuing is None else None
    if raw is None:
        return _respond_later(exchange, answer, relayed, call, gw)
    send_whole(exchange, answer, _tell_whole(raw, answer, relayed, call), relayed, call)
    return None


async def _respond_later(exchange: Exchange, answer: Answer, relayed: Relayed, call: Call, gw: Gateway) -> None:
    """Read a whole answer, keep one that is to be kept, and pass it on."""
    told = _tell_whole(await read_whole(answer, call, gw), answer, relayed, call)
    if relayed.plan.continuing is not None and answer.status == 200:
        await _keep_whole(told, relayed, call, gw)
    send_whole(exchange, answer, told, relayed, call)


def _tell_whole(raw: bytes, answer: Answer, relayed: Relayed, call: Call) -> bytes:
    """Return what the caller is told of a whole answer. Raises upstream.*."""
    if answer.status != 200:
        return tell_fault(raw, answer, relayed, call)
    if relayed.prepared.request is None:
        return _pass_whole(raw, relayed, call)
    told = _translate_whole(raw, relayed, call)
    label_json(answer)
    return told


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
    headers, lines = answer_head(answer, relayed, call)
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
            label_json(answer)
            return raw
        text = f"The upstream answered {status} without a readable error."
        label_json(answer)
        return plan.dialect.write_error(TollwayError("upstream.protocol", public=text), call.request_id)
    if status < 400:
        raise TollwayError("upstream.protocol", internal=f"status {status} is no answer of this dialect")
    fault = prepared.dialect.read_error(status, raw)
    if fault.retry_after_seconds is None or find_header(answer, b"retry-after"):
        label_json(answer)
    else:
        label_json(answer, (b"retry-after", b"%d" % math.ceil(fault.retry_after_seconds)))
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
    dialect, name = plan.dialect, plan.model.name
    read_usage = dialect.read_usage
    usage = read_usage(raw)
    if usage is None:
        usage = dialect.estimate_usage(raw, plan.bounds.input_tokens_estimate)
    settle_price(usage, relayed.tariff, call)
    if usage.is_estimated and plan.continuing is not None and plan.continuing.continued.links.is_background:
        _settle_background(call)
    return raw if relayed.route.upstream_model == name else dialect.rename(raw, name)


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
    if relayed.plan.is_array:
        label_json(answer)
    headers, lines = answer_head(answer, relayed, call)
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


def answer_head(answer: Answer, relayed: Relayed, call: Call) -> tuple[Headers, bytes]:
    """Return the head of an AI answer: headers, and lines.

    They hold the upstream's content headers, and say who answered, what was not passed on as it was meant, and where
    time went until it had answered.
    """
    facts = facts_of(answer)
    own = f"x-request-id: {call.request_id}\r\nserver-timing: {server_timing(call)}\r\n".encode()
    lines = facts.lines + relayed.route.lines + own + call.limit_lines
    if relayed.plan.dialect is MESSAGES:
        lines += b"request-id: %b\r\n" % call.request_id.encode()
    if relayed.admission.output_cap is not None:
        lines += b"x-tollway-output-cap: %d\r\n" % relayed.admission.output_cap
    if call.notes:
        lines += b"x-tollway-translation-notes: %b\r\n" % ", ".join(dict.fromkeys(call.notes)).encode("ascii")
    upstream_id = call.attempts[-1].upstream_request_id
    if upstream_id:
        lines += header_line((b"x-tollway-upstream-request-id", upstream_id.encode("latin-1")))
    return list(call.answer_headers), lines


def _is_object(raw: bytes) -> bool:
    """Whether a body is a JSON object, whatever it is called."""
    try:
        _object.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _is_event_stream(answer: Answer) -> bool:
    return find_header(answer, b"content-type").lower().startswith("text/event-stream")
