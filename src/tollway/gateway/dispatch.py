"""Stage 5: send the call to its candidates, in order, while nothing has reached the caller.

Every attempt is recorded. A candidate is left for the next one when it cannot be reached, refuses our own credential
or says that it is busy or broken; what it says about the request itself is the answer.
"""

from tollway.contract.records import Attempt, OpenRecord
from tollway.contract.stats import INDEX
from tollway.contract.usage import Usage
from tollway.formats.chat.bounds import ask_for_stream_usage
from tollway.formats.json_object import JSONObject
from tollway.gateway.accept import Inbound
from tollway.gateway.admit import Admission
from tollway.gateway.call import Call
from tollway.gateway.context import Gateway
from tollway.gateway.ports import Answer, Exchange, Headers
from tollway.gateway.resolve import Plan
from tollway.gateway.respond import relay_stream, respond_whole
from tollway.gateway.snapshot import ProviderKey, Route
from tollway.kernel.errors import TollwayError

CHANGED_POINTERS = ("/model", "/stream_options", "/max_completion_tokens", "/max_tokens")
"""All that may differ between the body a caller sent and the one an upstream gets; docs/pass-through.md says when."""
ATTEMPTS_MAX = 6
USUAL_ID = "x-request-id"
TRY_NEXT_STATUSES = frozenset({401, 403, 408, 429, 500, 502, 503, 504, 529})
_ATTEMPTS, _FAILURES = INDEX["upstream_attempts_total"], INDEX["upstream_failures_total"]
_PASSED_ON = (b"accept", b"idempotency-key", b"openai-beta")


async def dispatch_ai(
    exchange: Exchange, inbound: Inbound, plan: Plan, admission: Admission, call: Call, gw: Gateway
) -> None:
    """Send the call and answer it. Raises the error of the last candidate when none could answer."""
    open_call(plan, call, gw)
    candidates = order(plan, gw)[:ATTEMPTS_MAX]
    last = len(candidates) - 1
    for at, (place, key) in enumerate(candidates):
        route = plan.model.routes[place]
        hides_usage, body = build_body(plan, route, admission.output_cap, call.is_stream)
        headers = build_headers(inbound, route, call)
        call.provider_id = route.provider.id
        call.upstream_model = route.upstream_model
        try:
            answer = await _send(inbound, route, key, headers, body, call, gw)
            if answer.status in TRY_NEXT_STATUSES and not _is_final(answer, route, key, call, gw, is_last=at == last):
                continue
            if call.is_stream and answer.status == 200 and _is_event_stream(answer):
                await relay_stream(exchange, answer, plan, place, admission, call, gw, hides_usage=hides_usage)
            else:
                await respond_whole(exchange, answer, plan, place, admission, call, gw)
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
        OpenRecord(
            call.request_id,
            call.started_ns,
            call.method,
            call.route,
            call.operation,
            call.token_id,
            call.application_id,
            call.team_id,
            call.environment,
            "",
            call.model,
            route.provider.id,
            route.upstream_model,
            () if hold is None else hold.charges,
            Usage(bounds.input_tokens_estimate, output, is_estimated=True),
            estimate,
            call.trace_id,
        )
    )
    call.was_opened = True


def build_body(plan: Plan, route: Route, output_cap: int | None, is_stream: bool) -> tuple[bool, bytes]:
    """Return whether our own option makes a usage event to hide, and the body for this candidate.

    Changed are only `/model` (when the candidate has another name for it), `/stream_options/include_usage`, and the
    output cap; docs/pass-through.md lists these pointers. With none of them the caller's bytes are sent.
    """
    body = plan.body
    asks_usage = is_stream and route.provider.kind.stream_usage == "option"
    renames = route.upstream_model != plan.model.name
    if not asks_usage and not renames and output_cap is None:
        return False, body.encode()
    changed = body.copy()
    if renames:
        changed.set("model", route.upstream_model)
    if output_cap is not None:
        _set_cap(changed, route, output_cap)
    hides_usage = asks_usage and ask_for_stream_usage(changed)
    return hides_usage, changed.encode()


def build_headers(inbound: Inbound, route: Route, call: Call) -> Headers:
    """Return the headers of an AI request beside those of the provider's key: an allow-list of the caller's."""
    fields = inbound.fields
    headers: Headers = [(b"traceparent", call.traceparent)]
    for name in _PASSED_ON:
        value = fields.get(name)
        if value is not None:
            headers.append((name, value))
    if route.provider.destination.scheme == "sandbox":
        headers += [item for item in inbound.headers if item[0].startswith(b"x-sandbox-")]
    return headers


async def _send(
    inbound: Inbound, route: Route, key: ProviderKey, headers: Headers, body: bytes, call: Call, gw: Gateway
) -> Answer:
    started = gw.monotonic_ns()
    gw.counters[_ATTEMPTS] += 1
    status, code, upstream_id = 0, "", ""
    destination = route.provider.destination
    try:
        answer = await gw.upstreams.send(
            destination,
            method="POST",
            target=f"{destination.base_path}{inbound.operation.upstream_path}".encode("ascii"),
            headers=headers,
            body=body,
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
        now = gw.monotonic_ns()
        call.answered_at = now
        call.upstream_wait_ns += now - started
        call.attempts += (
            Attempt(
                route.provider.id,
                route.upstream_model,
                key.id,
                (started - call.accepted_at) // 1000,
                (now - started) // 1000,
                status,
                code or ("" if status else "disconnected"),
                upstream_id,
            ),
        )


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


def _set_cap(body: JSONObject, route: Route, output_cap: int) -> None:
    """Bound the output in the field the caller used, else in the one the provider prefers."""
    for name in ("max_completion_tokens", "max_tokens"):
        if name in body and body.raw(name) != b"null":
            body.set(name, output_cap)
            return
    body.set(route.provider.kind.cap_field, output_cap)


def _is_event_stream(answer: Answer) -> bool:
    return find_header(answer, b"content-type").lower().startswith("text/event-stream")


def find_request_id(answer: Answer, route: Route) -> str:
    """Return the upstream's own id of the request: from its kind's header, else from the usual one."""
    name = route.provider.kind.request_id_header
    return find_header(answer, name.encode()) or (find_header(answer, b"x-request-id") if name != USUAL_ID else "")


def find_header(answer: Answer, name: bytes) -> str:
    """Return the first value of a header of an answer, "" when it is absent."""
    for key, value in answer.headers:
        if key == name:
            return value.decode("latin-1")
    return ""
