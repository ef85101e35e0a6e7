"""Stage 5: send the call to its candidates, in order, while nothing has reached the caller.

Every attempt is recorded. A candidate is left for the next one when it cannot be reached, refuses our own credential
or says that it is busy or broken; what it says about the request itself is the answer.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

from tollway.contract.stats import INDEX
from tollway.contract.usage import Usage
from tollway.gateway.admit import Admission, enter_provider
from tollway.gateway.answer_facts import find_header
from tollway.gateway.call import Call
from tollway.gateway.context import Gateway
from tollway.gateway.limit_refusals import refuse
from tollway.gateway.patience import until_free
from tollway.gateway.ports import Answer, Exchange
from tollway.gateway.prepare import Prepared
from tollway.gateway.relay import Relayed
from tollway.gateway.resolve import Plan
from tollway.gateway.room import Amounts, MetersBusy, NoRoom
from tollway.gateway.snapshot import ProviderKey, Route
from tollway.kernel.errors import TollwayError

ATTEMPTS_MAX = 6
USUAL_ID = "x-request-id"
TRY_NEXT_STATUSES = frozenset({401, 403, 408, 429, 500, 502, 503, 504, 529})
_ATTEMPTS, _FAILURES = INDEX["upstream_attempts_total"], INDEX["upstream_failures_total"]


class Preparations(Protocol):
    """What each candidate of a call is sent."""

    def find(self, place: int) -> Prepared | None:
        """Return the request for the route at `place`; None when that route cannot be asked for it."""
        ...

    def refusal(self) -> TollwayError:
        """Return why no route can be asked."""
        ...


Respond = Callable[[Exchange, Answer, Relayed, Call, Gateway], Awaitable[None] | None]
"""Answers the caller; None: it is done, else what is to be awaited."""


async def dispatch(
    exchange: Exchange,
    plan: Plan,
    preparations: Preparations,
    respond: Respond,
    admission: Admission,
    call: Call,
    gw: Gateway,
) -> None:
    """Send the call and answer it. Raises the error of the last candidate when none could answer.

    Raises what `preparations` raises or refuses with, before anything is sent or recorded.
    """
    found = [(place, key, preparations.find(place)) for place, key in order(plan, gw)]
    candidates = [(place, key, prepared) for place, key, prepared in found if prepared is not None]
    if not candidates:
        raise preparations.refusal()
    open_call(plan, call, gw)
    last = min(len(candidates), ATTEMPTS_MAX) - 1
    full: tuple[NoRoom, Amounts] | None = None
    for at, (place, key, prepared) in enumerate(candidates):
        route = plan.model.routes[place]
        call.provider_id = route.provider.id
        call.upstream_model = route.upstream_model
        call.notes = prepared.notes
        if call.attempt_hold is not None or route.provider.claims is not None:
            # One without room is left out as if its breaker were open.
            no_room = await _enter(plan, place, call, gw)
            if no_room is not None:
                full = full or no_room
                if at == last:
                    raise TollwayError("upstream.exhausted") if call.attempts else refuse(*full, gw.now_ns())
                continue
        try:
            answer = await _send(route, key, prepared, call, gw)
            if answer.status in TRY_NEXT_STATUSES and not _is_final(answer, route, key, call, gw, is_last=at == last):
                continue
            relayed = Relayed(plan, route, plan.tariffs[place], prepared, admission)
            rest = respond(exchange, answer, relayed, call, gw)
            if rest is not None:
                await rest
            gw.health.worked(route.provider.id, key.id)
            return
        except TollwayError as error:
            call.code = error.code.name
            if at == last or exchange.has_started or error.code.source != "upstream":
                raise
    raise TollwayError("upstream.exhausted")  # pragma: no cover - a plan has at least one candidate


def order(plan: Plan, gw: Gateway) -> tuple[tuple[int, ProviderKey], ...]:
    """Return each candidate with each of its keys, in order of preference, the resting ones last."""
    candidates = plan.model.candidates
    if len(candidates) == 1 or not gw.health.has_resting:
        return candidates
    now = gw.monotonic_ns()
    routes = plan.model.routes
    awake: list[tuple[int, ProviderKey]] = []
    resting: list[tuple[int, ProviderKey]] = []
    for place, key in candidates:
        is_resting = gw.health.is_resting(routes[place].provider.id, key.id, now)
        (resting if is_resting else awake).append((place, key))
    return (*awake, *resting)


def open_call(plan: Plan, call: Call, gw: Gateway) -> None:
    """Write the open record, so that a crash from here on is accounted for. Raises gateway.journal_unavailable."""
    route = plan.model.routes[0]
    tariff = plan.tariffs[0]
    bounds = plan.bounds
    output = bounds.output_tokens_expected
    hold = call.hold
    if hold is not None and hold.granted_nanos:
        estimate: int | None = hold.granted_nanos
    else:
        estimate = None if tariff is None else tariff.worst_case(bounds.input_tokens_estimate, output)
    gw.journal.append(
        call.open(
            estimate,
            provider_id=route.provider.id,
            upstream_model=route.upstream_model,
            estimate=Usage(bounds.input_tokens_estimate, output, is_estimated=True),
        )
    )
    call.was_opened = True


async def _enter(plan: Plan, place: int, call: Call, gw: Gateway) -> tuple[NoRoom, Amounts] | None:
    try:
        return enter_provider(plan, place, call, gw)
    except MetersBusy:
        return await until_free(partial(enter_provider, plan, place, call, gw), gw)


async def _send(route: Route, key: ProviderKey, prepared: Prepared, call: Call, gw: Gateway) -> Answer:
    started = gw.monotonic_ns()
    gw.counters[_ATTEMPTS] += 1
    status, code, upstream_id = 0, "", ""
    destination = route.provider.destination
    try:
        answer = await gw.upstreams.send(
            destination,
            method="POST",
            target=prepared.target,
            headers=[(b"traceparent", call.traceparent), *prepared.headers],
            body=prepared.body,
            lines=key.lines,
        )
        status = answer.status
        upstream_id = find_request_id(answer, route)
        return answer
    except TollwayError as error:
        code = error.code.name
        gw.counters[_FAILURES] += 1
        gw.health.failed(route.provider.id, key.id, gw.monotonic_ns())
        raise
    finally:
        way = route.provider.id, route.upstream_model, key.id
        code = code or ("" if status else "disconnected")
        call.answered_at = gw.monotonic_ns()
        call.note_attempt(started, status, code, upstream_id, way=way)


def _is_final(answer: Answer, route: Route, key: ProviderKey, call: Call, gw: Gateway, *, is_last: bool) -> bool:
    """Whether a busy or broken upstream's answer goes to the caller. Raises upstream.auth when it refused our key."""
    rest_ns = _retry_after_ns(answer)
    now = gw.monotonic_ns()
    if rest_ns is None:
        gw.health.failed(route.provider.id, key.id, now)
    else:
        gw.health.failed(route.provider.id, key.id, now, rest_ns)
    if answer.status in (401, 403):
        answer.close()
        upstream_id = call.attempts[-1].upstream_request_id
        raise TollwayError("upstream.auth", upstream_request_id=upstream_id or None)
    if is_last:
        return True
    answer.close()
    return False


def _retry_after_ns(answer: Answer) -> int | None:
    value = find_header(answer, b"retry-after")
    if value.isascii() and value.isdigit() and len(value) <= 6:
        return int(value) * 1_000_000_000
    return None


def find_request_id(answer: Answer, route: Route) -> str:
    """Return the upstream's own id of the request: from its kind's header, else from the usual one."""
    name = route.provider.kind.request_id_header
    return find_header(answer, name.encode()) or (find_header(answer, b"x-request-id") if name != USUAL_ID else "")
