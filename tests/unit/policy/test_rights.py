"""Decisions over random hierarchies of rights, against a model that is slow and obvious."""

import fnmatch
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tollway.contract.rights import (
    SCOPES,
    HourRights,
    NameRights,
    NetworkRights,
    ParameterRights,
    Rights,
    RouteRights,
    Window,
)
from tollway.policy.name_rules import NO_GROUPS, compile_groups
from tollway.policy.rights import (
    Allowed,
    Chain,
    Denied,
    Level,
    LevelKind,
    LevelRights,
    Question,
    Uses,
    Way,
    compile_level,
    compile_lists,
    decide,
    decide_model,
    decide_place,
    decide_service,
    decide_uses,
    decide_way,
    is_alias,
    least_output_max,
)

SECOND = 1_000_000_000
KINDS: tuple[LevelKind, ...] = ("installation", "team", "user", "application", "plan", "token", "plan")
PATHS = ("/shop/a", "/shop/b", "/shop/a/7", "/v1/chat/completions")
ROUTES = ("GET /shop/a", "GET /shop/{x}", "* /shop/**", "POST /v1/chat/completions", "* /**")
BLOCKS = ("10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32", "::ffff:10.0.0.0/104")
ADDRESSES = ("10.1.2.3", "10.9.9.9", "11.0.0.1", "2001:db8::7", "::ffff:10.1.2.3")
MODELS = ("gpt-4o", "gpt-4o-mini", "claude-opus", "claude-haiku", "fast")
PATTERNS = ("gpt-4o", "gpt-*", "*opus", "claude-haiku", "*", "group:cheap", "fast")
GROUPS = {"cheap": ("gpt-4o-mini", "claude-haiku")}
ZONES = ("UTC", "Europe/Berlin", "Australia/Lord_Howe")


def some(texts: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    """Return a strategy of a few of the texts."""
    return st.lists(st.sampled_from(texts), max_size=3, unique=True).map(tuple)


def names(texts: tuple[str, ...]) -> st.SearchStrategy[NameRights]:
    """Return a strategy of lists of names."""
    return st.builds(NameRights, allow=st.none() | some(texts), deny=st.just(()) | some(texts))


WINDOWS = st.builds(Window, st.integers(0, 6), st.sampled_from([0, 120, 540]), st.sampled_from([150, 1_020, 1_440]))
WINDOWS = WINDOWS.filter(lambda window: window.start_minute < window.end_minute)
SETS = st.builds(
    Rights,
    scopes=st.none() | some(SCOPES),
    models=names(PATTERNS),
    services=names(("svc_1", "svc_2")),
    routes=st.builds(RouteRights, allow=st.none() | some(ROUTES), deny=st.just(()) | some(ROUTES)),
    networks=st.builds(
        NetworkRights,
        allow=st.none() | some(BLOCKS),
        deny=st.just(()) | some(BLOCKS),
        mode=st.sampled_from(["enforce", "watch"]),
    ),
    hours=st.builds(
        HourRights,
        zone=st.sampled_from(ZONES),
        windows=st.none() | st.lists(WINDOWS, max_size=3).map(tuple),
    ),
    parameters=st.builds(
        ParameterRights,
        output_tokens_max=st.none() | st.integers(1, 100),
        no_tools=st.booleans(),
        no_images=st.booleans(),
        streaming_only=st.booleans(),
    ),
)
HIERARCHIES = st.lists(st.just(Rights()) | SETS, min_size=7, max_size=7)
HEADS = st.builds(
    lambda scope, method, path, address: Question(scope, (method,), (path,), address),
    st.sampled_from(SCOPES),
    st.sampled_from(["GET", "HEAD", "POST"]),
    st.sampled_from(PATHS),
    st.sampled_from(ADDRESSES),
)
INSTANTS = st.integers(1_767_225_600, 1_798_761_600)


def compiled(hierarchy: list[Rights]) -> Chain:
    """Return the chain of a hierarchy: levels that say nothing are not in it."""
    levels = (compile_level(rights, Level(kind)) for rights, kind in zip(hierarchy, KINDS, strict=True))
    return [level for level in levels if level is not None]


def route_means(rule: str, method: str, path: str) -> bool:
    """Match a rule segment by segment."""
    rule_method, template = rule.split(" ")
    if rule_method not in ("*", "GET" if method == "HEAD" else method):
        return False
    parts, segments = template.split("/")[1:], path.split("/")[1:]
    if parts[-1] == "**":
        parts, segments = parts[:-1], segments[: len(parts) - 1]
    return len(parts) == len(segments) and all(
        part == segment or part.startswith("{") for part, segment in zip(parts, segments, strict=True)
    )


def block_has(block: str, address: str) -> bool:
    """Match with IPv4-mapped addresses and blocks unwrapped by hand."""
    number = ip_address(address.removeprefix("::ffff:"))
    network = ip_network("10.0.0.0/8" if block.startswith("::ffff:") else block)
    return number.version == network.version and number in network


def name_means(pattern: str, name: str) -> bool:
    """Match with the standard library's globs; the patterns here have no other signs of theirs."""
    if pattern.startswith("group:"):
        return name in GROUPS[pattern.removeprefix("group:")]
    return fnmatch.fnmatchcase(name, pattern)


def head_passes(rights: Rights, question: Question, second: int) -> bool:
    """Say whether one level's rights let a call through, one sentence of the guide at a time."""
    if rights.scopes is not None and question.scope not in rights.scopes:
        return False
    wall = datetime.fromtimestamp(second, UTC).astimezone(ZoneInfo(rights.hours.zone))
    minute = wall.hour * 60 + wall.minute
    if rights.hours.windows is not None and not any(
        window.day == wall.weekday() and window.start_minute <= minute < window.end_minute
        for window in rights.hours.windows
    ):
        return False
    method, path = question.methods[0], question.paths[0]
    if any(route_means(rule, method, path) for rule in rights.routes.deny):
        return False
    if rights.routes.allow is not None and not any(route_means(rule, method, path) for rule in rights.routes.allow):
        return False
    return rights.networks.mode == "watch" or address_passes(rights, question.address)


def address_passes(rights: Rights, address: str) -> bool:
    """Say whether one level's networks have nothing against an address."""
    networks = rights.networks
    if any(block_has(block, address) for block in networks.deny):
        return False
    return networks.allow is None or any(block_has(block, address) for block in networks.allow)


def list_passes(rights: NameRights, *candidates: str) -> bool:
    """Say whether one level's list lets something through that goes by these names."""
    if any(name_means(pattern, name) for pattern in rights.deny for name in candidates):
        return False
    return rights.allow is None or any(name_means(pattern, name) for pattern in rights.allow for name in candidates)


@settings(max_examples=60)
@given(HIERARCHIES, st.lists(st.tuples(HEADS, INSTANTS), min_size=1, max_size=6))
def test_a_call_passes_exactly_when_every_level_lets_it(
    hierarchy: list[Rights], calls: list[tuple[Question, int]]
) -> None:
    """One chain is asked at instants in no order: the clock may jump, and what is remembered must not show."""
    chain, ranked = compiled(hierarchy), list(zip(KINDS, hierarchy, strict=True))
    for question, second in calls:
        decision = decide(chain, question, second * SECOND)
        assert isinstance(decision, Allowed) == all(head_passes(rights, question, second) for rights in hierarchy)
        if isinstance(decision, Allowed):
            would_block = [rights for rights in hierarchy if not address_passes(rights, question.address)]
            assert (decision.watched is not None) == bool(would_block)
        else:
            firsts = (kind for kind, rights in ranked if not head_passes(rights, question, second))
            assert decision.level.kind == next(firsts)


@settings(max_examples=60)
@given(HIERARCHIES, st.sampled_from(MODELS), st.sampled_from(["svc_1", "svc_2"]))
def test_names_pass_exactly_when_every_level_lets_them(hierarchy: list[Rights], model: str, service: str) -> None:
    chain, groups = compiled(hierarchy), compile_groups(GROUPS)
    by_model = all(list_passes(rights.models, model) for rights in hierarchy)
    assert isinstance(decide_model(chain, model, groups), Allowed) == by_model
    by_service = all(list_passes(rights.services, service) for rights in hierarchy)
    assert isinstance(decide_service(chain, service), Allowed) == by_service


@settings(max_examples=60)
@given(HIERARCHIES, st.sampled_from(MODELS), st.sampled_from(["claude-opus", "gpt-4o"]))
def test_a_fallback_never_leaves_the_lists(hierarchy: list[Rights], name: str, upstream: str) -> None:
    chain, groups, way = compiled(hierarchy), compile_groups(GROUPS), Way("acme", upstream)
    passes = isinstance(decide_way(chain, name, way, groups, is_alias=False), Allowed)
    own = (upstream, f"acme/{upstream}")
    assert passes == all(list_passes(rights.models, *own) for rights in hierarchy)


@settings(max_examples=60)
@given(
    HIERARCHIES,
    st.builds(
        Uses,
        output_tokens_max=st.none() | st.integers(0, 120),
        has_tools=st.booleans(),
        has_images=st.booleans(),
        is_stream=st.booleans(),
    ),
)
def test_a_request_passes_exactly_when_no_level_forbids_what_it_asks_for(hierarchy: list[Rights], uses: Uses) -> None:
    def passes(parameters: ParameterRights) -> bool:
        most = parameters.output_tokens_max
        asked = uses.output_tokens_max
        return (
            (most is None or asked is None or asked <= most)
            and not (parameters.no_tools and uses.has_tools)
            and not (parameters.no_images and uses.has_images)
            and (uses.is_stream or not parameters.streaming_only)
        )

    chain = compiled(hierarchy)
    assert isinstance(decide_uses(chain, uses), Allowed) == all(passes(rights.parameters) for rights in hierarchy)
    bounds = [rights.parameters.output_tokens_max for rights in hierarchy]
    assert least_output_max(chain) == min((bound for bound in bounds if bound is not None), default=None)


@settings(max_examples=60)
@given(HIERARCHIES, HIERARCHIES, HEADS, INSTANTS)
def test_more_levels_never_permit_more(
    hierarchy: list[Rights], more: list[Rights], question: Question, second: int
) -> None:
    fewer, both = compiled(hierarchy), [*compiled(hierarchy), *compiled(more)]
    if isinstance(decide(fewer, question, second * SECOND), Denied):
        assert isinstance(decide(both, question, second * SECOND), Denied)


def level(rights: Rights, kind: LevelKind = "token", name: str = "") -> LevelRights:
    """Compile one level that says something."""
    mine = compile_level(rights, Level(kind, name))
    assert mine is not None
    return mine


def test_an_alias_means_whatever_it_leads_to_but_a_deny_still_holds() -> None:
    ways = (Way("openai", "gpt-4o"), Way("anthropic", "claude-opus"))
    allow = [level(Rights(models=NameRights(allow=("fast", "gpt-4o"))))]
    assert is_alias("fast", ways)
    assert all(isinstance(decide_way(allow, "fast", way, NO_GROUPS, is_alias=True), Allowed) for way in ways)
    assert not is_alias("gpt-4o", ways)
    decisions = [decide_way(allow, "gpt-4o", way, NO_GROUPS, is_alias=False) for way in ways]
    assert [isinstance(decision, Allowed) for decision in decisions] == [True, False]
    deny = [level(Rights(models=NameRights(deny=("claude-*",))))]
    assert isinstance(decide_way(deny, "fast", ways[1], NO_GROUPS, is_alias=True), Denied)


@pytest.mark.parametrize("name", ["anthropic/claude-opus", "openrouter/Anthropic/Claude-Opus", "claude-opus"])
def test_a_deny_holds_under_whatever_vendor_the_name_is_written(name: str) -> None:
    deny = [level(Rights(models=NameRights(deny=("claude-*",))))]
    denied = decide_model(deny, name, NO_GROUPS)
    assert isinstance(denied, Denied)
    assert denied.rule == "models.deny: claude-*"


def test_the_first_level_that_refuses_is_named() -> None:
    chain = [
        level(Rights(scopes=("generate",)), "installation"),
        level(Rights(models=NameRights(deny=("gpt-*",))), "plan", "interns"),
        level(Rights(models=NameRights(deny=("*",))), "token"),
    ]
    denied = decide_model(chain, "gpt-4o", NO_GROUPS)
    assert isinstance(denied, Denied)
    assert str(denied) == "`models.deny: gpt-*` in the rights of its plan `interns`"
    headed = decide(chain, Question("embed", ("POST",), ("/v1/embeddings",), "10.0.0.1"), 0)
    assert isinstance(headed, Denied)
    assert str(headed) == "`scopes` in the rights of the installation"


def test_a_method_that_a_header_asks_for_instead_is_judged_as_well() -> None:
    chain = [level(Rights(routes=RouteRights(deny=("DELETE /shop/**",))))]
    plain = Question("services", ("POST",), ("/shop/a",), "10.0.0.1")
    assert isinstance(decide(chain, plain, 0), Allowed)
    assert isinstance(decide(chain, Question("services", ("POST", "DELETE"), ("/shop/a",), "10.0.0.1"), 0), Denied)


def test_rights_that_cannot_be_read_permit_nothing() -> None:
    """A zone this machine does not know, a block that is none: nobody gets in by a fault of ours."""
    for rights in (
        Rights(hours=HourRights("Mars/Olympus", ())),
        Rights(networks=NetworkRights(allow=("everywhere",))),
        Rights(routes=RouteRights(deny=("nonsense",))),
    ):
        denied = decide([level(rights)], Question("generate", ("POST",), ("/v1/chat/completions",), "10.0.0.1"), 0)
        assert isinstance(denied, Denied)


def test_plain_lists_of_a_token_are_rules_of_its_own() -> None:
    mine = compile_lists(("gpt-4o",), None, Level("token"))
    assert mine is not None
    assert isinstance(decide_model([mine], "claude-opus", NO_GROUPS), Denied)
    assert compile_lists(None, None, Level("token")) is None


def test_rights_that_say_nothing_are_no_level() -> None:
    assert compile_level(Rights(), Level("token")) is None


def test_where_and_when_are_judged_without_what_is_asked_for() -> None:
    """The management API asks so: networks and hours hold there, scopes and routes of calls do not."""
    here = Rights(scopes=(), routes=RouteRights(allow=()), networks=NetworkRights(allow=("10.0.0.0/8",)))
    shut = Rights(hours=HourRights("UTC", ()))
    for rights, address, is_allowed in ((here, "10.1.2.3", True), (here, "11.0.0.1", False), (shut, "10.1.2.3", False)):
        compiled = compile_level(rights, Level("token", "t"))
        assert compiled is not None
        assert isinstance(decide_place((compiled,), address, 0), Allowed) is is_allowed
        asked = Question("generate", ("POST",), ("/v1/chat/completions",), address)
        assert isinstance(decide((compiled,), asked, 0), Denied)
