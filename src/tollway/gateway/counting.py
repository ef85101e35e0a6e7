"""Counting the input tokens of a request, in the caller's dialect.

Asked of a provider that can count: as it came where it speaks the caller's dialect, translated where it speaks another
that counts. Where none of the model's providers can, the answer is an estimate from the length of the text, and says
so. Counting costs nothing and takes no budget.
"""

from tollway.formats.dialect import Dialect, Inexpressible
from tollway.formats.dialects import DIALECTS, GEMINI, count_target
from tollway.formats.gemini import count as gemini
from tollway.formats.messages import count as messages
from tollway.gateway.accept import Inbound
from tollway.gateway.admit import Admission
from tollway.gateway.answer_facts import label_json
from tollway.gateway.call import Call
from tollway.gateway.context import Gateway
from tollway.gateway.dispatch import dispatch
from tollway.gateway.ports import Answer, Exchange, Headers
from tollway.gateway.prepare import Prepared, own_lines, passed_lines
from tollway.gateway.relay import Relayed, read_whole, send_whole, tell_fault
from tollway.gateway.resolve import Plan
from tollway.gateway.snapshot import Route
from tollway.kernel.errors import TollwayError

_COUNT = {"messages": messages, "gemini": gemini}
"""Those of the dialects in which tokens can be counted before a call."""


class CountPreparation:
    """The count requests of one call, for the routes that can count."""

    __slots__ = ("_inbound", "_plan")

    def __init__(self, plan: Plan, inbound: Inbound) -> None:
        self._plan = plan
        self._inbound = inbound

    def refusal(self) -> TollwayError:
        """Never asked: a call without a route that counts is estimated."""
        return TollwayError("upstream.exhausted")

    def make(self, route: Route) -> Prepared | None:
        """Return the request for a route; None when it cannot count, or not this."""
        dialect, spoken = self._plan.dialect, route.provider.kind.dialects
        if dialect.name in spoken:
            return self._pass_through(route)
        other = next((DIALECTS[name] for name in spoken if name in _COUNT), None)
        return None if other is None else self._translate(other, route)

    def _pass_through(self, route: Route) -> Prepared:
        plan = self._plan
        dialect = plan.dialect
        body = plan.body
        if route.upstream_model != plan.model.name:
            body = body.copy()
            if dialect is GEMINI:
                gemini.adapt_count_request(body, route.target)
            else:
                body.set("model", route.upstream_model)
        return Prepared(_target(route, dialect), body.encode(), passed_lines(self._inbound, route, dialect), dialect)

    def _translate(self, dialect: Dialect, route: Route) -> Prepared | None:
        plan = self._plan
        try:
            request = _COUNT[plan.dialect.name].read_count_request(plan.body, model=plan.model.name)
            written = _COUNT[dialect.name].write_count_request(request, route.target)
        except (Inexpressible, TollwayError):
            return None  # It cannot be asked there, so that it is estimated; nothing is lost by that.
        lines = own_lines(self._inbound, route, list(written.headers))
        return Prepared(_target(route, dialect), written.body, lines, dialect, notes=written.notes, request=request)


async def count_tokens(
    exchange: Exchange, inbound: Inbound, plan: Plan, admission: Admission, call: Call, gw: Gateway
) -> None:
    """Answer a call that counts. Raises upstream.* when no provider that could count answered."""
    preparation = CountPreparation(plan, inbound)
    if any(preparation.make(route) is not None for route in plan.model.routes):
        await dispatch(exchange, plan, preparation, _respond, admission, call, gw)
        return
    raw = plan.body.encode()
    headers: Headers = [
        (b"content-type", b"application/json"),
        (b"x-request-id", call.request_id.encode()),
        (b"x-tollway-estimated", b"input_tokens"),
        *call.answer_headers,
    ]
    call.status, call.outcome = 200, "ok"
    body = _write(plan.dialect, messages.estimate_count(plan.body, len(raw)))
    exchange.respond(200, headers, body, call.limit_lines)


def _target(route: Route, dialect: Dialect) -> bytes:
    return count_target(route.provider.destination.base_path, dialect.name, route.upstream_model)


def _write(dialect: Dialect, tokens: int) -> bytes:
    return gemini.write_count(gemini.Counted(tokens)) if dialect is GEMINI else messages.write_count_reply(tokens)


def _read(dialect: Dialect, raw: bytes) -> int:
    return gemini.read_count(raw).total if dialect is GEMINI else messages.read_count_reply(raw)


async def _respond(exchange: Exchange, answer: Answer, relayed: Relayed, call: Call, gw: Gateway) -> None:
    raw = await read_whole(answer, call, gw)
    prepared = relayed.prepared
    if answer.status != 200:
        raw = tell_fault(raw, answer, relayed, call)
    elif prepared.request is not None:
        try:
            raw = _write(relayed.plan.dialect, _read(prepared.dialect, raw))
        except ValueError as error:
            raise TollwayError("upstream.protocol", internal=str(error)) from error
        label_json(answer)
    send_whole(exchange, answer, raw, relayed, call)
