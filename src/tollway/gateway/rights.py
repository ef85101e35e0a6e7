"""May this caller do that? The rights of all its levels, asked for one call.

Decisions are policy's; here they meet the call: its head once it is known who calls, its model and every way to serve
it once those are found, its body before room is made. Law: each of these is asked on every transport, so that no way
of presenting a token, and no way of calling, decides otherwise. A caller without rights pays one look.
"""

from msgspec import structs

from tollway.formats.dialect import Bounds, Dialect
from tollway.formats.json_object import JSONObject
from tollway.formats.uses import brings_images, brings_tools
from tollway.gateway.accept import Inbound
from tollway.gateway.call import Call
from tollway.gateway.chains import FREE
from tollway.gateway.context import Gateway
from tollway.gateway.operations import Kind
from tollway.gateway.snapshot import Compiled, Model, Route, build_model, steady_tariffs
from tollway.gateway.subjects import Caller
from tollway.kernel.errors import TollwayError
from tollway.policy.rights import (
    Allowed,
    Chain,
    Decision,
    Denied,
    Question,
    Uses,
    Way,
    decide,
    decide_model,
    decide_service,
    decide_uses,
    decide_way,
    is_alias,
    least_output_max,
)

_SCOPES: dict[Kind, str] = {
    "generate": "generate",
    "embed": "embed",
    "count": "count",
    "stored": "responses",
    "models": "models",
    "model": "models",
    "service": "services",
}
_OVERRIDES = (b"x-http-method-override", b"x-http-method", b"x-method-override")
"""Headers by which some servers let a request be another method than it is."""
_CODES = {
    "scopes": "token.scope_denied",
    "hours": "token.outside_window",
    "networks": "token.address_denied",
    "routes": "token.route_denied",
    "services": "token.service_denied",
    "models": "token.model_denied",
    "parameters": "token.parameter_denied",
}
_SECOND_NS = 1_000_000_000


def permit_call(inbound: Inbound, caller: Caller, compiled: Compiled, call: Call, gw: Gateway) -> Chain:
    """Let a call pass as far as its head tells; return the rights that the rest of it is judged by.

    Raises what `permit_head` raises.
    """
    if not (caller.is_ruled or compiled.levels.is_ruled):
        return FREE
    chain = gw.chains.find(caller, compiled.levels)
    permit_head(inbound, chain, call, gw.now_ns())
    return chain


def permit_anonymous(inbound: Inbound, compiled: Compiled, call: Call, gw: Gateway) -> None:
    """Let a call without a token pass, where a service takes any: only the installation has rights to ask.

    Raises what `permit_head` raises, and token.service_denied.
    """
    mine = compiled.levels.installation
    if mine is not None:
        permit_head(inbound, (mine,), call, gw.now_ns())
        permit_service(call.service_id, (mine,), call)


def permit_head(inbound: Inbound, chain: Chain, call: Call, now_ns: int) -> None:
    """Let the call pass as far as its head tells, and note what only watches.

    Raises token.scope_denied, token.outside_window, token.address_denied or token.route_denied.
    """
    operation = inbound.operation
    is_service = operation.kind == "service"
    methods = (inbound.method, *_overriding(inbound)) if is_service else (inbound.method,)
    paths = (inbound.path,) if is_service else (operation.route, inbound.path)
    question = Question(_SCOPES.get(operation.kind, operation.kind), methods, paths, inbound.client_address)
    decision = _permit(decide(chain, question, now_ns), call, "This call is not permitted", now_ns=now_ns)
    if decision.watched is not None:
        call.rule = f"watched: {decision.watched}"


def permit_service(service_id: str, chain: Chain, call: Call) -> None:
    """Raise token.service_denied unless the service may be called."""
    _permit(decide_service(chain, service_id), call, "The token may not use this service")


def permit_name(name: str, chain: Chain, compiled: Compiled, call: Call) -> None:
    """Raise token.model_denied unless a model may be asked for by this name, whether or not there is one."""
    decision = decide_model(chain, name, compiled.levels.groups)
    _permit(decision, call, f"The token may not use the model `{name[:200]}`", param="model")


def permit_ways(model: Model, chain: Chain, compiled: Compiled, call: Call) -> Model:
    """Return the model with those of its ways that may be used.

    Raises token.model_denied when none is left: told as what was asked for, since where it leads is not the caller's.
    """
    kept, denied = _ways(model, chain, compiled)
    if len(kept) == len(model.routes):
        return model
    if not kept:
        text = f"The token may not use what serves the model `{model.name[:200]}`"
        _permit(denied, call, text, param="model")
    candidates = build_model(model.name, kept, model.created_seconds, model.owned_by).candidates
    return structs.replace(model, routes=kept, candidates=candidates, tariffs=steady_tariffs(kept))


def may_see(model: Model, chain: Chain, compiled: Compiled) -> bool:
    """Whether a list of models shows this one: it may be asked for, and there is a way to serve it."""
    if isinstance(decide_model(chain, model.name, compiled.levels.groups), Denied):
        return False
    return bool(_ways(model, chain, compiled)[0])


def may_use(name: str, way: Way | None, chain: Chain, compiled: Compiled) -> bool:
    """Whether a model may be asked for by this name, and served in this way if one is given."""
    groups = compiled.levels.groups
    if isinstance(decide_model(chain, name, groups), Denied):
        return False
    if way is None:
        return True
    model = compiled.find_model(name)
    ways = [way] if model is None else [Way(route.provider.name, route.upstream_model) for route in model.routes]
    return isinstance(decide_way(chain, name, way, groups, is_alias=is_alias(name, ways)), Allowed)


def permit_uses(
    dialect: Dialect, body: JSONObject, bounds: Bounds, chain: Chain, call: Call
) -> tuple[Bounds, int | None]:
    """Let the request pass as far as its body tells; return its bounds and the bound to set on each choice, if any.

    A bound above the rights' is refused, since what was asked for would not be given; where there is none, theirs is
    set. Raises token.parameter_denied.
    """
    if all(mine.parameters is None for mine in chain):
        return bounds, None
    asked = _asked_output(dialect, body, bounds)
    uses = Uses(
        asked, bounds.choices, brings_tools(dialect.name, body), brings_images(dialect.name, body), call.is_stream
    )
    decision = decide_uses(chain, uses)
    param = decision.parameter if isinstance(decision, Denied) else None
    _permit(decision, call, f"The token may not ask for this (`{param}`)", param=param)
    most = least_output_max(chain)
    if most is None or asked is not None:
        return bounds, None
    cap = most // bounds.choices
    return structs.replace(bounds, output_tokens_max=cap * bounds.choices), cap


def _asked_output(dialect: Dialect, body: JSONObject, bounds: Bounds) -> int | None:
    """Return the highest bound on output that the body names.

    Chat has two fields for it, and vendors differ in which they read.
    """
    if dialect.name != "chat" or bounds.output_tokens_max is None:
        return bounds.output_tokens_max
    named = (body.integer("max_tokens"), body.integer("max_completion_tokens"))
    return max(bound for bound in named if bound is not None) * bounds.choices


def _overriding(inbound: Inbound) -> list[str]:
    """Return the methods that headers ask for in place of the request's own."""
    fields = inbound.fields
    return [fields[name].decode("latin-1").strip().upper() for name in _OVERRIDES if name in fields]


def _ways(model: Model, chain: Chain, compiled: Compiled) -> tuple[tuple[Route, ...], Decision]:
    """Return the routes that may be used, and the last refusal of those that may not."""
    ways = [Way(route.provider.name, route.upstream_model) for route in model.routes]
    invented = is_alias(model.name, ways)
    kept: list[Route] = []
    last: Decision = Allowed()
    for route, way in zip(model.routes, ways, strict=True):
        decision = decide_way(chain, model.name, way, compiled.levels.groups, is_alias=invented)
        if isinstance(decision, Denied):
            last = decision
        else:
            kept.append(route)
    return tuple(kept), last


def _permit(decision: Decision, call: Call, text: str, *, param: str | None = None, now_ns: int = 0) -> Allowed:
    """Raise the refusal of a decision that denies, naming the rule and whose it is."""
    if isinstance(decision, Allowed):
        return decision
    call.rule = str(decision)
    public = f"{text}: {decision}."
    wait = None
    if decision.dimension == "hours":
        public = f"{text} at this hour: {decision}"
        public += f"; they open at {decision.shown}." if decision.opens_ns is not None else "; they do not open."
        wait = None if decision.opens_ns is None else -(-(decision.opens_ns - now_ns) // _SECOND_NS)
    raise TollwayError(_CODES[decision.dimension], public=public, param=param, retry_after_seconds=wait)
