"""Stage 3: who could serve the call, and at what price.

For AI paths the body is read here, once the caller is known. What is decided on is what is sent: the body travels
on as the very object that was checked.
"""

from collections.abc import Sequence

import msgspec
from msgspec import structs

from tollway.formats.dialect import Bounds, Dialect
from tollway.formats.dialects import GEMINI, embedding_dialect
from tollway.formats.json_object import JSONObject
from tollway.gateway.accept import Inbound
from tollway.gateway.call import Call
from tollway.gateway.context import Gateway
from tollway.gateway.continuing import Continuing, continue_call, serve_where_kept
from tollway.gateway.operations import CREATE_RESPONSE, Operation
from tollway.gateway.response_states import owner_of
from tollway.gateway.rights import permit_name, permit_uses, permit_ways
from tollway.gateway.snapshot import Compiled, Model, Service
from tollway.gateway.subjects import Caller
from tollway.kernel.errors import TollwayError
from tollway.policy.rights import Chain
from tollway.policy.tariff import Tariff

ASKED_CHARACTERS_MAX = 200
"""Of the name of a model that was asked for in vain: as many are said of it, and kept in the call's record."""
NO_OUTPUT = Bounds(0, 0, 0, 1)
"""Of a call that consumes nothing that has a price."""


class Plan(msgspec.Struct, frozen=True, gc=False):
    """An AI call that can be sent: the body, its bounds, and the candidates, each with its price or None.

    `dialect` is the caller's: what the body is written in, and the answer will be.
    """

    dialect: Dialect
    model: Model
    body: JSONObject
    bounds: Bounds
    is_stream: bool
    tariffs: tuple[Tariff | None, ...]
    is_array: bool = False
    """Whether a stream is to be one JSON array that grows: Gemini's, for callers that do not ask for events."""
    continuing: Continuing | None = None
    """Of a response that is to be kept: whose it is, and what it continues."""
    output_cap: int | None = None
    """The bound that the caller's rights set on each choice, where the call names none; it is in `bounds` too."""

    def priced(self) -> Sequence[Tariff] | None:
        """Return the tariffs of all candidates; None when one of them has none."""
        tariffs = self.tariffs
        return None if None in tariffs else tariffs  # type: ignore[return-value]  # `cast` would be a call for each


def resolve_ai(raw: bytes, inbound: Inbound, chain: Chain, compiled: Compiled, call: Call) -> Plan:
    """Read and check the body and find its candidates; `chain` are the rights that it is judged by.

    Raises request.body_invalid, request.field_invalid, token.environment, model.not_found, or those of
    gateway/rights.py.
    """
    body = JSONObject.parse(raw)
    operation = inbound.operation
    dialect = operation.dialect
    name = inbound.argument or dialect.read_model(body)
    model = compiled.models.get(name)
    if model is None or chain:
        model = _find_model(name, chain, compiled, call)
    call.model = name
    is_stream = operation.is_stream
    if is_stream is None:
        is_stream = dialect.is_stream(body)
    call.is_stream = is_stream
    bounds, output_cap = _bounds(operation, body), None
    if chain and operation.kind == "generate":
        bounds, output_cap = permit_uses(dialect, body, bounds, chain, call)
    tariffs = model.tariffs or _tariffs_at(model, call.started_ns)
    is_array = is_stream and dialect is GEMINI and "alt=sse" not in inbound.query.split("&")
    return Plan(dialect, model, body, bounds, is_stream, tariffs, is_array, None, output_cap)


async def resolve_response(plan: Plan, caller: Caller, chain: Chain, call: Call, gw: Gateway) -> Plan:
    """Return the plan of a response with what it continues, if it continues any. Raises as `continue_call` does."""
    continuing = await continue_call(plan.body, owner_of(caller.token), gw.states)
    continued = continuing.continued
    model = plan.model if continued.upstream is None else serve_where_kept(plan.model, continued.upstream)
    bounds, output_cap = _bounds(CREATE_RESPONSE, continued.body, continued.context_tokens), None
    if chain:
        bounds, output_cap = permit_uses(plan.dialect, continued.body, bounds, chain, call)
    return structs.replace(
        plan,
        model=model,
        body=continued.body,
        bounds=bounds,
        tariffs=model.tariffs or _tariffs_at(model, call.started_ns),
        continuing=continuing,
        output_cap=output_cap,
    )


def _find_model(name: str, chain: Chain, compiled: Compiled, call: Call) -> Model:
    """Return the model of that name as far as the rights permit it; what was asked for in vain is noted."""
    try:
        if chain:
            permit_name(name, chain, compiled, call)
        model = compiled.find_model(name)
        if model is None:
            raise missing_model(name, compiled)
        if chain:
            model = permit_ways(model, chain, compiled, call)
    except TollwayError:
        call.model = name[:ASKED_CHARACTERS_MAX]  # who tries one name after the other is noticed by them
        raise
    return model


def _tariffs_at(model: Model, now_ns: int) -> tuple[Tariff | None, ...]:
    """Return what each route costs at that instant, where the price depends on it."""
    return tuple([route.tariffs.at(now_ns) for route in model.routes])


def missing_model(name: str, compiled: Compiled) -> TollwayError:
    """Return token.environment for a model of the other environment, model.not_found for one that is nowhere."""
    if compiled.is_elsewhere(name):
        kind = "test" if compiled.test is None else "live"
        public = f"The model `{name[:200]}` is not served to {kind} tokens."
        return TollwayError("token.environment", public=public, param="model")
    return TollwayError("model.not_found", public=f"No provider offers the model `{name[:200]}`.", param="model")


def _bounds(operation: Operation, body: JSONObject, context_tokens: int = 0) -> Bounds:
    """A token is at least one byte, so the body bounds the input; `context_tokens` are what an upstream adds to it."""
    body_bytes = len(body.encode())
    if operation.kind == "generate":
        bounds = operation.dialect.read_bounds(body, body_bytes)
        if not context_tokens:
            return bounds
        return structs.replace(
            bounds,
            input_tokens_max=bounds.input_tokens_max + context_tokens,
            input_tokens_estimate=bounds.input_tokens_estimate + context_tokens,
        )
    if operation.kind == "embed":
        return embedding_dialect(operation.dialect).read_bounds(body, body_bytes)
    return NO_OUTPUT


def resolve_service(inbound: Inbound, compiled: Compiled, call: Call) -> Service:
    """Find the REST service of the path. Raises route.not_found or route.method."""
    service = compiled.find_service(inbound.path)
    if service is None:
        raise TollwayError("route.not_found")
    if service.methods and inbound.method not in service.methods:
        allow = ", ".join(sorted(service.methods))
        raise TollwayError("route.method", public=f"This service takes {allow}.", headers={"allow": allow})
    call.service_id = service.record.id
    call.route = service.record.name
    call.operation = "http"
    return service


def refuse_service(service: Service, caller: Caller) -> None:
    """Raise token.environment when the service is of the other environment."""
    if service.record.environment != caller.token.environment:
        kind = caller.token.environment
        raise TollwayError("token.environment", public=f"This service takes no calls of {kind} tokens.")


def refuse_media_type(inbound: Inbound) -> None:
    """Raise request.media_type unless the body is plain JSON (or its type is not stated)."""
    kind = inbound.fields.get(b"content-type")
    if kind is not None and kind.split(b";", 1)[0].strip().lower() != b"application/json":
        raise TollwayError("request.media_type")
    if inbound.fields.get(b"content-encoding", b"identity").lower() != b"identity":
        raise TollwayError("request.media_type", public="The body must not have a content coding.")
