"""Giving: what is found to be within the giver's rights permits nothing that they may not do."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tollway.contract.rights import HourRights, NameRights, NetworkRights, ParameterRights, Rights, RouteRights, Window
from tollway.control.rights.granting import find_excess
from tollway.policy.name_rules import NO_GROUPS
from tollway.policy.rights import (
    Allowed,
    Level,
    Question,
    Uses,
    compile_level,
    decide,
    decide_model,
    decide_service,
    decide_uses,
)

SECOND = 1_000_000_000
PATTERNS = ("gpt-4o", "gpt-*", "*", "claude-*", "claude-opus")
ROUTES = ("GET /a", "GET /a/{x}", "* /a/**", "POST /b")
BLOCKS = ("10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "2001:db8::/32")
SCOPES = ("generate", "services")


def some(texts: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    """Return a strategy of a few of the texts."""
    return st.lists(st.sampled_from(texts), max_size=2, unique=True).map(tuple)


SETS = st.builds(
    Rights,
    scopes=st.none() | some(SCOPES),
    models=st.builds(NameRights, st.none() | some(PATTERNS), some(PATTERNS)),
    services=st.builds(NameRights, st.none() | some(("svc_1",)), some(("svc_1",))),
    routes=st.builds(RouteRights, st.none() | some(ROUTES), some(ROUTES)),
    networks=st.builds(NetworkRights, st.none() | some(BLOCKS), some(BLOCKS), st.sampled_from(["enforce", "watch"])),
    hours=st.builds(
        HourRights,
        st.sampled_from(["UTC", "Europe/Berlin"]),
        st.none() | st.lists(st.sampled_from([Window(0, 0, 720), Window(0, 60, 120)]), max_size=2).map(tuple),
    ),
    parameters=st.builds(ParameterRights, st.none() | st.integers(1, 3), st.booleans(), st.booleans(), st.booleans()),
)
QUESTIONS = st.builds(
    lambda scope, method, path, address: Question(scope, (method,), (path,), address),
    st.sampled_from(SCOPES),
    st.sampled_from(["GET", "POST"]),
    st.sampled_from(["/a", "/a/b", "/b"]),
    st.sampled_from(["10.0.0.1", "10.1.2.3", "192.0.2.1", "2001:db8::1"]),
)
MONDAY = 1_796_000_400
INSTANTS = st.integers(MONDAY - 50_000, MONDAY + 50_000)


@settings(max_examples=300)
@given(SETS, SETS, QUESTIONS, INSTANTS)
def test_what_is_within_permits_nothing_more(asked: Rights, bound: Rights, question: Question, second: int) -> None:
    if find_excess(asked, bound):
        return
    mine, theirs = (
        [level] if (level := compile_level(rights, Level("token"))) is not None else [] for rights in (asked, bound)
    )
    if isinstance(decide(mine, question, second * SECOND), Allowed):
        assert isinstance(decide(theirs, question, second * SECOND), Allowed)
    for name in ("gpt-4o", "gpt-x", "claude-opus", "o3"):
        if isinstance(decide_model(mine, name, NO_GROUPS), Allowed):
            assert isinstance(decide_model(theirs, name, NO_GROUPS), Allowed)
    if isinstance(decide_service(mine, "svc_1"), Allowed):
        assert isinstance(decide_service(theirs, "svc_1"), Allowed)
    for uses in (Uses(2, has_tools=True), Uses(3, is_stream=True), Uses(has_images=True)):
        if isinstance(decide_uses(mine, uses), Allowed):
            assert isinstance(decide_uses(theirs, uses), Allowed)


@given(SETS)
def test_everybody_may_give_what_they_have(rights: Rights) -> None:
    assert find_excess(rights, rights) == ()
    assert find_excess(rights, Rights()) == ()


def test_a_group_is_within_itself_alone() -> None:
    """Who is in it may change, so that it is within no name and no name is within it."""
    group, name = Rights(models=NameRights(allow=("group:a",))), Rights(models=NameRights(allow=("gpt-4o",)))
    every = Rights(models=NameRights(allow=("*",)))
    assert find_excess(group, group) == ()
    for asked, bound in ((group, name), (name, group), (group, Rights(models=NameRights(allow=("group:b",))))):
        assert find_excess(asked, bound) == ("models",)
    assert find_excess(group, every) == ("models",), "cannot be told without the group, and is refused"


def test_the_parts_that_go_too_far_are_named() -> None:
    bound = Rights(
        scopes=("generate",),
        models=NameRights(allow=("gpt-*",), deny=("gpt-4",)),
        networks=NetworkRights(allow=("10.0.0.0/8",)),
        hours=HourRights("UTC", (Window(0, 0, 60),)),
        parameters=ParameterRights(output_tokens_max=10, no_tools=True),
    )
    assert find_excess(Rights(), bound) == ("scopes", "models", "networks", "hours", "parameters")
    narrower = Rights(
        scopes=(),
        models=NameRights(allow=("gpt-4o*",), deny=("gpt-4*",)),
        networks=NetworkRights(allow=("10.1.0.0/16", "::ffff:10.2.0.0/112")),
        hours=HourRights("UTC", (Window(0, 10, 20),)),
        parameters=ParameterRights(output_tokens_max=9, no_tools=True),
    )
    assert find_excess(narrower, bound) == ()
    watching = Rights(networks=NetworkRights(allow=("10.0.0.0/8",), mode="watch"))
    assert find_excess(watching, Rights(networks=bound.networks)) == ("networks",)
