"""Nobody grants more than they have: the rule is an order, and narrowing never widens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.control.access.grant import EVERYTHING, Grant, check_grant, excess
from tollway.control.access.model import Permission, Reach
from tollway.kernel.errors import TollwayError

_sets = st.none() | st.lists(st.sampled_from("abc"), unique=True).map(tuple)
_rights = st.none() | st.dictionaries(st.sampled_from(list(Permission)[1:5]), st.sampled_from(Reach))
_grants = st.builds(
    Grant,
    _sets,
    _sets,
    st.none() | st.integers(0, 3),
    st.lists(st.sampled_from(["live", "test"]), unique=True).map(tuple),
    _rights,
    st.none() | st.frozensets(st.sampled_from("xyz")),
)


@given(grant=_grants)
def test_everything_bounds_everything(grant: Grant) -> None:
    assert excess(grant, EVERYTHING) == ()
    assert excess(grant, grant) == ()


@given(one=_grants, two=_grants, three=_grants)
def test_the_rule_is_transitive(one: Grant, two: Grant, three: Grant) -> None:
    if not excess(one, two) and not excess(two, three):
        assert excess(one, three) == ()


@given(
    asked=_grants,
    bound=_grants,
    permission=st.sampled_from(list(Permission)[1:5]),
    reach=st.sampled_from(Reach),
    team=st.sampled_from("xyz"),
)
def test_what_may_be_done_is_held(asked: Grant, bound: Grant, permission: Permission, reach: Reach, team: str) -> None:
    """By meaning: an act that `asked` permits somewhere is permitted there by `bound`, or the excess names it."""

    def permits(grant: Grant) -> bool:
        return grant.rights is None or (permission in grant.rights and grant.rights[permission].covers(reach))

    def reaches(grant: Grant) -> bool:
        return grant.team_ids is None or team in grant.team_ids

    beyond = excess(asked, bound)
    if permits(asked) and not permits(bound):
        assert permission.value in beyond or "rights" in beyond
    if reaches(asked) and not reaches(bound):
        assert "teams" in beyond


@given(grant=_grants, bound=_grants)
def test_only_what_goes_beyond_is_refused(grant: Grant, bound: Grant) -> None:
    if excess(grant, bound):
        with pytest.raises(TollwayError, match=r"^management\.forbidden"):
            check_grant(grant, bound)
    else:
        check_grant(grant, bound)


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
    bound = Grant((), (), 0, (), {}, frozenset())
    assert excess(EVERYTHING, bound) == ("models", "services", "expires_at", "environment", "teams", "rights")
    asked = Grant((), (), 0, (), {Permission.TOKENS_READ: Reach.ALL}, frozenset())
    assert excess(asked, Grant((), (), 0, (), {Permission.TOKENS_READ: Reach.TEAM}, frozenset())) == ("tokens.read",)
