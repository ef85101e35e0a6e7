"""The data plane's table of contents: one function, the stages in order.

Each stage returns what the next one needs or raises TollwayError. However a call ends (answer, refusal, caller gone,
fault of ours), it is settled and recorded exactly once.
"""

from asyncio import CancelledError
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from tollway.contract.stats import INDEX
from tollway.gateway import cors
from tollway.gateway.accept import Inbound, accept, find_cut, new_call, recall
from tollway.gateway.account import account
from tollway.gateway.admit import Admission, admit_ai, admit_anonymous, admit_free
from tollway.gateway.authenticate import authenticate
from tollway.gateway.call import Call
from tollway.gateway.context import Gateway
from tollway.gateway.counting import count_tokens
from tollway.gateway.dispatch import dispatch
from tollway.gateway.embedding import EmbedPreparation
from tollway.gateway.models import respond_model, respond_models
from tollway.gateway.operations import AI_KINDS, CREATE_RESPONSE, HEALTH, PREFLIGHT, SERVICE
from tollway.gateway.patience import until_free
from tollway.gateway.ports import Exchange, PolicyView
from tollway.gateway.prepare import Preparation
from tollway.gateway.relay import respond_ai
from tollway.gateway.resolve import (
    find_asked,
    plan_call,
    plan_response,
    refuse_media_type,
    refuse_service,
    resolve_service,
)
from tollway.gateway.respond import respond_error
from tollway.gateway.rights import permit_anonymous, permit_call, permit_service
from tollway.gateway.room import Hold, MetersBusy
from tollway.gateway.services import dispatch_service
from tollway.gateway.snapshot import EMPTY, Compiled, Service
from tollway.gateway.stored import carry_stored
from tollway.gateway.subjects import Caller
from tollway.kernel.errors import TollwayError

_IN_FLIGHT = INDEX["requests_in_flight"]


async def handle(exchange: Exchange, gw: Gateway) -> None:
    """Carry one request to a settled account. Raises only CancelledError (the caller left) and faults of ours."""
    known = recall(exchange.head)
    call = new_call(exchange, known, gw.now_ns(), gw)
    gw.counters[_IN_FLIGHT] += 1
    try:
        rest = _begin(exchange, known, call, gw)
        if rest is not None:
            await rest
    except TollwayError as error:
        if call.was_opened and not exchange.has_started:
            call.outcome = "failed"
        respond_error(exchange, error, call, gw.explained)
    except CancelledError:
        call.outcome = "disconnected"
        if (cut := find_cut(exchange.head)) is not None:
            call.outcome, call.code = "failed", cut
        raise
    except BaseException:
        call.outcome, call.code, call.status = "failed", "gateway.internal", call.status or 500
        raise
    finally:
        account(call, exchange.bytes_sent, gw)
        gw.counters[_IN_FLIGHT] -= 1  # last, so that with none in flight every answered call is in the counters


def _begin(exchange: Exchange, known: Inbound | None, call: Call, gw: Gateway) -> Coroutine[Any, Any, None] | None:
    """Answer what needs no waiting, and return what is to be awaited of all else.

    The look at the policy store ends with this function: one that a waiting call held would take one of the few
    places for readers, and keep pages from being used again.
    """
    inbound = accept(exchange.head, known, call, gw)  # 400 404 405
    operation = inbound.operation
    if operation is HEALTH:
        call.status, call.outcome = 200, "ok"
        exchange.respond(200, [(b"content-type", b"text/plain")], b"ok\n")
        return None
    view = gw.policy.view()  # 503
    compiled = gw.compiled(view)
    if compiled.cors_origins:
        call.answer_headers = tuple(cors.cors_headers(inbound, compiled))
    if operation is SERVICE:
        service, take = _enter_service(inbound, view, compiled, call, gw)
        return _admitted(take, partial(dispatch_service, exchange, inbound, service, call, gw), call, gw)
    if operation is PREFLIGHT:
        cors.respond_preflight(exchange, inbound, compiled, call)
        return None
    caller = authenticate(inbound, call, gw, view)  # 400 401 403 503
    call.authenticated_at = gw.monotonic_ns()
    if caller.token.environment != "live":
        # The providers and models of the environment that the token is for.
        compiled = compiled.test or EMPTY
    if operation.kind in AI_KINDS:
        return _carry_ai(exchange, inbound, caller, compiled, call, gw)
    chain = permit_call(inbound, caller, compiled, call, gw)  # 403
    if operation.kind == "stored":
        call.resolved_at = gw.monotonic_ns()
        carry = partial(carry_stored, exchange, inbound, caller, compiled, call, gw)
        return _admitted(partial(admit_free, caller, compiled, call, gw), carry, call, gw)
    respond = respond_models if operation.kind == "models" else respond_model
    respond(exchange, inbound, chain, compiled, call)
    return None


async def _carry_ai(
    exchange: Exchange, inbound: Inbound, caller: Caller, compiled: Compiled, call: Call, gw: Gateway
) -> None:
    chain = permit_call(inbound, caller, compiled, call, gw)  # 403
    if not inbound.is_plain_json:
        refuse_media_type(inbound)  # 415
        inbound.is_plain_json = True
    raw = exchange.take_body(gw.body_bytes_max)  # 413
    if raw is None:
        raw = await exchange.read_body(gw.body_bytes_max)  # 408 413
    body_at = call.body_at = gw.monotonic_ns()
    call.body_wait_ns = body_at - call.authenticated_at
    call.request_bytes = len(raw)
    operation = inbound.operation
    asked = find_asked(raw, inbound, chain, compiled, call)  # 400 403 404
    if operation is CREATE_RESPONSE:
        plan = await plan_response(asked, inbound, caller, call, gw)  # 400 404
    else:
        plan = plan_call(asked, inbound, call, gw)  # 400 403
    call.resolved_at = gw.monotonic_ns()
    if operation.kind == "count":
        admission = await _admit_count(caller, compiled, call, gw)
    else:
        try:
            admission = admit_ai(plan, caller, compiled, call, gw)  # 400 403 429 503
        except MetersBusy:
            admission = await until_free(partial(admit_ai, plan, caller, compiled, call, gw), gw)
    call.hold = admission.hold
    call.admitted_at = gw.monotonic_ns()
    if operation.kind == "generate":  # 400 502 503 504
        if plan.output_cap is not None:
            admission = Admission(admission.hold, plan.output_cap)
        preparation = Preparation(plan, inbound, admission.output_cap)
        await dispatch(exchange, plan, preparation, respond_ai, admission, call, gw)
    elif operation.kind == "embed":
        embedding = EmbedPreparation(plan, inbound)
        await dispatch(exchange, plan, embedding, embedding.respond, admission, call, gw)
    else:
        await count_tokens(exchange, inbound, plan, admission, call, gw)


async def _admit_count(caller: Caller, compiled: Compiled, call: Call, gw: Gateway) -> Admission:
    try:
        return Admission(admit_free(caller, compiled, call, gw), None)  # 429 503
    except MetersBusy:
        return Admission(await until_free(partial(admit_free, caller, compiled, call, gw), gw), None)


def _enter_service(
    inbound: Inbound, view: PolicyView, compiled: Compiled, call: Call, gw: Gateway
) -> tuple[Service, Callable[[], Hold | None]]:
    """Return the service that is called, and what makes room for the call."""
    found = compiled.find_service(inbound.path)
    call.request_bytes = inbound.body_bytes or 0
    if found is not None:
        call.service_id, call.route = found.record.id, found.record.name
    take: Callable[[], Hold | None]
    if found is None or not found.record.allow_anonymous:
        # An unknown path is told apart from a known one only to those who hold a token.
        caller = authenticate(inbound, call, gw, view)
        chain = permit_call(inbound, caller, compiled, call, gw)  # 403, also for what is not there
        service = resolve_service(inbound, compiled, call)  # 404 405
        refuse_service(service, caller)  # 403
        if chain:
            permit_service(service.record.id, chain, call)
        call.authenticated_at = call.resolved_at = gw.monotonic_ns()
        take = partial(admit_free, caller, compiled, call, gw, service_id=service.record.id)
    else:
        service = resolve_service(inbound, compiled, call)
        permit_anonymous(inbound, compiled, call, gw)
        call.environment = service.record.environment
        take = partial(admit_anonymous, service, call, gw)
    return service, take


async def _admitted(
    take: Callable[[], Hold | None], carry: Callable[[], Coroutine[Any, Any, None]], call: Call, gw: Gateway
) -> None:
    """Carry a call on once `take` has made room for it."""
    try:
        call.hold = take()  # 429 503
    except MetersBusy:
        call.hold = await until_free(take, gw)
    call.admitted_at = gw.monotonic_ns()
    await carry()
