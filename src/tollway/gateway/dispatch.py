"""Stage 5: send the call to its candidates, in order, while nothing has reached the caller.

Every attempt is recorded. A candidate is left for the next one when it cannot be reached, refuses our own credential
or says that it is busy or broken; what it says about the request itself is the answer.
"""

from collections.abc import Awaitable, Callable, Sequence
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

    def make(self, route: Route) -> Prepared | None:
        """Return the request for a route; None when that route cannot be asked for it."""
        ...

    def refusal(self) -> TollwayError:
        """Return why no route can be asked."""
        ...


Respond = Callable[[Exchange, Answer, Relayed, Call, Gateway], Awaitable[None] | None]
"""Answers the caller; returns what is to be awaited, if there is anything left to wait for."""


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
    candidates = _prepare(plan, preparations, gw)
    open_call(plan, call, gw)
    last = min(len(candidates), ATTEMPTS_MAX) - 1
    full: tuple[NoRoom, Amounts] | None = None
    for at, (place, key, prepared) in enumerate(candidates):
        route = plan.model.routes[place]
        provider = route.provider
        call.provider_id = provider.id
        call.upstream_model = route.upstream_model
        call.notes = prepared.notes
        if provider.claims is not None or call.attempt_hold is not None:
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
            if (rest := respond(exchange, answer, relayed, call, gw)) is not None:
                await rest
            gw.health.worked(provider.id, key.id)
            return
        except TollwayError as error:
            call.code = error.code.name
            if at == last or exchange.has_started or error.code.source != "upstream":
                raise
    raise TollwayError("upstream.exhausted")  # pragma: no cover - a plan has at least one candidate


def _prepare(plan: Plan, preparations: Preparations, gw: Gateway) -> Sequence[tuple[int, ProviderKey, Prepared]]:
    """Return the candidates that can be asked, each with its request. Raises the refusal when there are none."""
    candidates = plan.model.candidates
    if len(candidates) == 1:
        place, key = candidates[0]
        prepared = preparations.make(plan.model.routes[place])
        if prepared is not None:
            return ((place, key, prepared),)
        raise preparations.refusal()
    made = [preparations.make(route) for route in plan.model.routes]
    found = [(place, key, each) for place, key in order(plan, gw) if (each := made[place]) is not None]
    if not found:
        raise preparations.refusal()
    return found


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
    """Send the call once, and return the answer whose head has come. Raises upstream.* and gateway.overloaded."""
    started = gw.monotonic_ns()
    gw.counters[_ATTEMPTS] += 1
    destination = route.provider.destination
    own_lines = b"traceparent: %b\r\n%b" % (call.traceparent, prepared.lines)
    way = route.provider.id, route.upstream_model, key.id
    try:
        begun = gw.upstreams.begin(destination, prepared.target, key.lines, own_lines, prepared.body)
        if begun is None:
            answer = await gw.upstreams.send(
                destination,
                method="POST",
                target=prepared.target,
                headers=[],
                body=prepared.body,
                lines=key.lines + own_lines,
            )
        else:
            answer = begun
            try:
                await begun.coming
            except BaseException:  # only to clean up: a caller who left must not keep the upstream busy
                begun.close()
                raise
            if not begun.status:
                raise begun.failure()
    except BaseException as error:
        _note_failure(started, error, way, call, gw)
        raise
    call.answered_at = gw.monotonic_ns()
    call.note_attempt(started, answer.status, "", find_request_id(answer, route), way=way)
    return answer


def _note_failure(started: int, error: BaseException, way: tuple[str, str, str], call: Call, gw: Gateway) -> None:
    """Note an attempt that brought no answer: it failed, or the caller left."""
    code = "disconnected"
    call.answered_at = gw.monotonic_ns()
    if isinstance(error, TollwayError):
        code = error.code.name
        gw.counters[_FAILURES] += 1
        gw.health.failed(way[0], way[2], call.answered_at)
    call.note_attempt(started, 0, code, way=way)


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
