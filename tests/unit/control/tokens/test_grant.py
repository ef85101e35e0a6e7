"""Nobody grants more than they have: the rule is an order, and narrowing never widens."""

from hypothesis import given
from hypothesis import strategies as st

from tollway.control.tokens.grant import EVERYTHING, Grant, excess

_sets = st.none() | st.lists(st.sampled_from("abc"), unique=True).map(tuple)
_grants = st.builds(
    Grant,
    _sets,
    _sets,
    st.none() | st.integers(0, 3),
    st.lists(st.sampled_from(["live", "test"]), unique=True).map(tuple),
)


@given(grant=_grants)
def test_everything_bounds_everything(grant: Grant) -> None:
    assert excess(grant, EVERYTHING) == ()
    assert excess(grant, grant) == ()


@given(one=_grants, two=_grants, three=_grants)
def test_the_rule_is_transitive(one: Grant, two: Grant, three: Grant) -> None:
    if not excess(one, two) and not excess(two, three):
        assert excess(one, three) == ()


@given(asked=_grants, bound=_grants, model=st.sampled_from("abc"), instant=st.integers(0, 5))
def test_what_is_granted_is_held(asked: Grant, bound: Grant, model: str, instant: int) -> None:
    """By meaning: each thing `asked` allows is allowed by `bound`, or the excess names it."""
    beyond = excess(asked, bound)

    def allows(entries: tuple[str, ...] | None) -> bool:
        return entries is None or model in entries

    if allows(asked.models) and not allows(bound.models):
        assert "models" in beyond
    if allows(asked.services) and not allows(bound.services):
        assert "services" in beyond
    lives = asked.expires_ns is None or instant < asked.expires_ns
    if lives and bound.expires_ns is not None and instant >= bound.expires_ns:
        assert "expires_at" in beyond
    if set(asked.environments) - set(bound.environments):
        assert "environment" in beyond


def test_each_field_is_named() -> None:
    bound = Grant((), (), 0, ())
    assert excess(EVERYTHING, bound) == ("models", "services", "expires_at", "environment")
