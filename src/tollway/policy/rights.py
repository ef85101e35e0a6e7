"""What a caller may do: pure decisions over the sets of rights that apply to it.

Each level's set is compiled once; a level that says nothing is not there. A call passes when every level lets it. The
refusal names the first rule, in the order of the levels, that does not. Time is an argument.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec
from msgspec import structs

from tollway.contract.rights import NameRights, ParameterRights, Rights
from tollway.policy import name_rules, network_rules, route_rules
from tollway.policy.hour_rules import Hours
from tollway.policy.name_rules import NO_GROUPS, GroupBook, NameRules
from tollway.policy.network_rules import NetworkRules
from tollway.policy.route_rules import RouteRules

LevelKind = Literal["installation", "team", "user", "application", "plan", "token"]
Dimension = Literal["scopes", "hours", "networks", "routes", "services", "models", "parameters"]


class Level(msgspec.Struct, frozen=True, gc=False):
    """Whose rights: the kind of level, and its name ("" where there is one only)."""

    kind: LevelKind
    name: str = ""

    def __str__(self) -> str:
        """Return the level as a refusal calls it."""
        if self.kind == "installation":
            return "the installation"
        article = "its" if self.kind == "plan" else "the"
        return f"{article} {self.kind} `{self.name}`" if self.name else f"the {self.kind}"


class Denied(msgspec.Struct, frozen=True, gc=False):
    """Why not: the rule, as one finds it in the rights of `level`, and what it is about.

    `opens_ns` is when the hours open again, None for never; `parameter` what a request may not ask for.
    """

    dimension: Dimension
    rule: str
    level: Level
    opens_ns: int | None = None
    shown: str = ""
    parameter: str = ""

    def __str__(self) -> str:
        """Return the reason in words."""
        return f"`{self.rule}` in the rights of {self.level}"


class Allowed(msgspec.Struct, frozen=True, gc=False):
    """It may. `watched` is what would have refused it, were its networks enforced and not only watched."""

    watched: Denied | None = None


ALLOWED = Allowed()
Decision = Allowed | Denied


class Question(msgspec.Struct, frozen=True, gc=False):
    """A call as far as its head tells. `paths` are the canonical one, and the route's template where it has one.

    `methods` are the one of the request line and any other that a header asks an upstream to take instead.
    """

    scope: str
    methods: tuple[str, ...]
    paths: tuple[str, ...]
    address: str


class Way(msgspec.Struct, frozen=True, gc=False):
    """One way to serve a model: who, under which name there."""

    provider: str
    upstream_model: str

    @property
    def names(self) -> tuple[str, str]:
        """What an allow list may call it."""
        return (self.upstream_model, f"{self.provider}/{self.upstream_model}")


class Uses(msgspec.Struct, frozen=True, gc=False):
    """What a request to a model asks for. `output_tokens_max` None: it names no bound."""

    output_tokens_max: int | None = None
    choices: int = 1
    has_tools: bool = False
    has_images: bool = False
    is_stream: bool = False


class LevelRights(msgspec.Struct, frozen=True, gc=False):
    """One level's rights, compiled. A part that is None says nothing."""

    level: Level
    scopes: frozenset[str] | None
    hours: Hours | None
    networks: NetworkRules | None
    routes: RouteRules | None
    services: NameRules | None
    models: NameRules | None
    parameters: ParameterRights | None
    fault: str = ""
    """Why the rights could not be read: then nothing is permitted."""


Chain = Sequence[LevelRights]
"""The rights that apply to one caller, in the order of the levels."""


def compile_level(rights: Rights, level: Level) -> LevelRights | None:
    """Compile one level's rights; None when they say nothing.

    Rights that cannot be read permit nothing: a rule that is left out would let through what it was to keep out.
    """
    if rights == Rights():
        return None
    scopes = None if rights.scopes is None else frozenset(rights.scopes)
    try:
        return LevelRights(
            level=level,
            scopes=scopes,
            hours=None if rights.hours.windows is None else Hours(rights.hours),
            networks=network_rules.compile_rules(rights.networks),
            routes=route_rules.compile_rules(rights.routes),
            services=name_rules.compile_rules(rights.services),
            models=name_rules.compile_rules(rights.models),
            parameters=None if rights.parameters == ParameterRights() else rights.parameters,
        )
    except ValueError as error:
        return LevelRights(level, frozenset(), None, None, None, None, None, None, str(error))


def compile_lists(models: tuple[str, ...] | None, services: tuple[str, ...] | None, level: Level) -> LevelRights | None:
    """Compile a token's two plain lists; None when it has neither."""
    rights = Rights(models=NameRights(models), services=NameRights(services))
    return None if models is None and services is None else compile_level(rights, level)


def decide(chain: Chain, question: Question, now_ns: int) -> Decision:
    """Return whether a call may be made at all, as far as its head tells."""
    watched: Denied | None = None
    for mine in chain:
        denied = _find_head_denial(mine, question, now_ns)
        if denied is not None:
            return denied
        networks = mine.networks
        if networks is not None and (rule := networks.find_refusal(question.address)) is not None:
            refusal = Denied("networks", f"networks.{rule}", mine.level)
            if networks.mode == "enforce":
                return refusal
            watched = watched or refusal
    return ALLOWED if watched is None else Allowed(watched)


def decide_place(chain: Chain, address: str, now_ns: int) -> Decision:
    """Return whether anything may be asked from this address and at this instant, whatever it is."""
    placed = tuple([structs.replace(level, scopes=None, routes=None) for level in chain])
    return decide(placed, Question("", (), (), address), now_ns)


def decide_service(chain: Chain, service_id: str) -> Decision:
    """Return whether a REST service may be called."""
    for mine in chain:
        services = mine.services
        if services is None:
            continue
        denied = services.find_denied((service_id,), NO_GROUPS)
        if denied is not None:
            return Denied("services", "services.deny", mine.level)
        if not services.allows((service_id,), NO_GROUPS):
            return Denied("services", "services.allow", mine.level)
    return ALLOWED


def decide_model(chain: Chain, name: str, groups: GroupBook) -> Decision:
    """Return whether a model may be asked for by this name."""
    for mine in chain:
        models = mine.models
        if models is None:
            continue
        denied = models.find_denied(_denied_names(name), groups)
        if denied is not None:
            return Denied("models", f"models.deny: {denied}", mine.level)
        if not models.allows((name,), groups):
            return Denied("models", "models.allow", mine.level)
    return ALLOWED


def decide_way(chain: Chain, name: str, way: Way, groups: GroupBook, *, is_alias: bool) -> Decision:
    """Return whether a model asked for as `name` may be served this way.

    A deny counts under every name that the way has. An allow must hold for the way itself, so that a fallback cannot
    leave the list; but where the name is an alias (see `is_alias`) a list that has it means whatever it leads to.
    """
    names = (*way.names, name) if is_alias else way.names
    for mine in chain:
        models = mine.models
        if models is None:
            continue
        denied = models.find_denied((*way.names, *_denied_names(way.upstream_model)), groups)
        if denied is not None:
            return Denied("models", f"models.deny: {denied}", mine.level)
        if not models.allows(names, groups):
            return Denied("models", "models.allow", mine.level)
    return ALLOWED


def is_alias(name: str, ways: Iterable[Way]) -> bool:
    """Whether none of a model's ways goes by the model's own name: then the name is the installation's invention."""
    return all(name not in way.names for way in ways)


def decide_uses(chain: Chain, uses: Uses) -> Decision:
    """Return whether a request may ask a model for this."""
    for mine in chain:
        parameters = mine.parameters
        if parameters is None:
            continue
        most = parameters.output_tokens_max
        if most is not None and (uses.choices if uses.output_tokens_max is None else uses.output_tokens_max) > most:
            return Denied("parameters", f"parameters.output_tokens_max: {most}", mine.level, parameter="max_tokens")
        if parameters.no_tools and uses.has_tools:
            return Denied("parameters", "parameters.no_tools", mine.level, parameter="tools")
        if parameters.no_images and uses.has_images:
            return Denied("parameters", "parameters.no_images", mine.level, parameter="images")
        if parameters.streaming_only and not uses.is_stream:
            return Denied("parameters", "parameters.streaming_only", mine.level, parameter="stream")
    return ALLOWED


def least_output_max(chain: Chain) -> int | None:
    """Return the least bound on output that a level sets, None when none does."""
    bounds = [
        mine.parameters.output_tokens_max
        for mine in chain
        if mine.parameters is not None and mine.parameters.output_tokens_max is not None
    ]
    return min(bounds, default=None)


def _find_head_denial(mine: LevelRights, question: Question, now_ns: int) -> Denied | None:
    """Return what one level has against a call, its networks apart."""
    level = mine.level
    if mine.scopes is not None and question.scope not in mine.scopes:
        return Denied("scopes", mine.fault or "scopes", level)
    hours = mine.hours
    if hours is not None and not hours.is_open(now_ns):
        opens_ns = hours.opens_ns(now_ns)
        shown = "" if opens_ns is None else f"{hours.shown(opens_ns)} ({hours.zone})"
        return Denied("hours", "hours", level, opens_ns, shown)
    routes = mine.routes
    if routes is not None:
        for method in question.methods:
            denied = routes.find_denied(method, question.paths)
            if denied is not None:
                return Denied("routes", f"routes.deny: {denied}", level)
            if not routes.allows(method, question.paths):
                return Denied("routes", "routes.allow", level)
    return None


def _denied_names(name: str) -> tuple[str, ...]:
    """Return a name as it is, and without what stands before its last slash: a vendor's part is not the model's."""
    bare = name.rpartition("/")[2]
    return (name,) if bare == name else (name, bare)
