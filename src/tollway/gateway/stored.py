"""Responses that are kept: retrieve, cancel, delete, and the items they answered (OpenAI's Responses alone).

https://platform.openai.com/docs/api-reference/responses — what an upstream keeps is asked of the very provider that
keeps it, under the key it was made with; what is kept here is answered from the store. Law: what another owner kept is
as unknown as what never was.
"""

from functools import partial

import msgspec

from tollway.contract.response_states import KeptUpstream, ResponseState
from tollway.formats.dialects import RESPONSES
from tollway.formats.responses import listing
from tollway.gateway.accept import Inbound
from tollway.gateway.admit import enter_kept
from tollway.gateway.answer_facts import find_header, passed_back
from tollway.gateway.call import Call
from tollway.gateway.context import Gateway
from tollway.gateway.continuing import key_of
from tollway.gateway.operations import RESPONSE_CANCEL, RESPONSE_INPUT_ITEMS
from tollway.gateway.patience import until_free
from tollway.gateway.ports import Answer, Exchange, Headers
from tollway.gateway.prepare import passed_on
from tollway.gateway.relay import read_whole
from tollway.gateway.response_states import owner_of
from tollway.gateway.rights import may_use
from tollway.gateway.room import MetersBusy
from tollway.gateway.snapshot import Compiled, Provider
from tollway.gateway.subjects import Caller
from tollway.kernel.errors import TollwayError
from tollway.policy.rights import Way

_JSON = (b"content-type", b"application/json")


async def carry_stored(
    exchange: Exchange, inbound: Inbound, caller: Caller, compiled: Compiled, call: Call, gw: Gateway
) -> None:
    """Answer a call about a kept response.

    Raises response.not_found, response.not_cancellable, request.field_invalid, gateway.states_unavailable, upstream.*,
    or the refusals of the provider's limits.
    """
    owner = owner_of(caller.token)
    # Whoever asks may have read the last byte of its stream just now.
    state = await gw.states.find_patiently(owner, inbound.argument)
    if state is None or not _is_permitted(state, caller, compiled, gw):
        raise TollwayError("response.not_found")
    call.model = state.model
    is_delete = inbound.method == "DELETE"
    if not isinstance(state, KeptUpstream):
        if inbound.operation is RESPONSE_CANCEL:
            listing.refuse_cancel()
        elif inbound.operation is RESPONSE_INPUT_ITEMS:
            body = listing.write_input_items(state, listing.read_page(inbound.query))
        elif is_delete:
            await gw.states.delete(owner, state.id)
            body = listing.write_deleted(state.id)
        else:
            body = listing.write_retrieved(state, inbound.query)
        call.status, call.outcome = 200, "ok"
        headers = [_JSON, (b"x-request-id", call.request_id.encode()), *call.answer_headers]
        exchange.respond(200, headers, body, call.limit_lines)
        return
    provider = compiled.providers.get(state.provider_id)
    if provider is None:
        raise TollwayError("response.not_found")
    if provider.claims is not None:
        try:
            enter_kept(provider.claims, call, gw)
        except MetersBusy:
            await until_free(partial(enter_kept, provider.claims, call, gw), gw)
    _open(provider, state, call, gw)
    answer = await _send(inbound, provider, state, call, gw)
    if answer.status == 200 and is_delete:
        await gw.states.delete(owner, state.id)
    await _pass_back(exchange, answer, state, call, gw)


def _is_permitted(state: ResponseState, caller: Caller, compiled: Compiled, gw: Gateway) -> bool:
    """Whether the caller may use the model that made a response, and the provider that keeps it."""
    if not (caller.is_ruled or compiled.levels.is_ruled):
        return True
    chain = gw.chains.find(caller, compiled.levels)
    way = None
    if isinstance(state, KeptUpstream) and (provider := compiled.providers.get(state.provider_id)) is not None:
        way = Way(provider.name, state.upstream_model)
    return may_use(state.model, way, chain, compiled)


def _open(provider: Provider, state: KeptUpstream, call: Call, gw: Gateway) -> None:
    call.provider_id, call.upstream_model = provider.id, state.upstream_model
    gw.journal.append(call.open(0, provider_id=provider.id, upstream_model=state.upstream_model))
    call.was_opened = True


async def _send(inbound: Inbound, provider: Provider, state: KeptUpstream, call: Call, gw: Gateway) -> Answer:
    key = key_of(provider, state)
    rest = inbound.path.removeprefix("/v1")
    query = f"?{inbound.query}" if inbound.query else ""
    started = gw.monotonic_ns()
    status, code = 0, "disconnected"
    upstream_id = ""
    try:
        answer = await gw.upstreams.send(
            provider.destination,
            method=inbound.method,
            target=f"{provider.destination.base_path}{rest}{query}".encode("ascii"),
            headers=[(b"traceparent", call.traceparent), *passed_on(inbound, RESPONSES)],
            body=b"",
            lines=key.lines,
        )
        status, code = answer.status, ""
        upstream_id = find_header(answer, provider.kind.request_id_header.encode())
    except TollwayError as error:
        code = error.code.name
        raise
    finally:
        way = provider.id, state.upstream_model, key.id
        call.answered_at = gw.monotonic_ns()
        call.note_attempt(started, status, code, upstream_id, way=way)
    if status in (401, 403):
        answer.close()
        raise TollwayError("upstream.auth", upstream_request_id=upstream_id or None)
    return answer


async def _pass_back(exchange: Exchange, answer: Answer, state: KeptUpstream, call: Call, gw: Gateway) -> None:
    """Pass on what the upstream says, a stream too; of the model under the name the caller knows."""
    headers: Headers = [*passed_back(answer), (b"x-request-id", call.request_id.encode()), *call.answer_headers]
    call.status = answer.status
    is_renamed = state.upstream_model != state.model
    if find_header(answer, b"content-type").startswith("text/event-stream"):
        watch = RESPONSES.open_watch(
            clock=gw.monotonic_ns,
            request_id=call.request_id,
            input_tokens_estimate=0,
            hide_usage=False,
            model_json=msgspec.json.encode(state.model) if is_renamed else None,
        )
        call.outcome = "disconnected"
        exchange.start(answer.status, headers, None, call.limit_lines)
        started = gw.monotonic_ns()
        try:
            await answer.relay(exchange, watch)
            exchange.finish()
            call.outcome = "ok" if watch.error_code is None else "truncated"
            call.code = watch.error_code or ""
        finally:
            call.relay_ns = gw.monotonic_ns() - started
        return
    raw = await read_whole(answer, call, gw)
    call.outcome = "ok"
    if answer.status == 200 and is_renamed:
        raw = RESPONSES.rename(raw, state.model)
    exchange.respond(answer.status, headers, raw, call.limit_lines)
