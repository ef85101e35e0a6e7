"""Reaches are an order, and what is seen grows with them."""

from hypothesis import given
from hypothesis import strategies as st

from tollway.control.access.model import EVERYWHERE, REGISTRY, Permission, Reach, Sight

_owners = st.none() | st.sampled_from(["user_1", "user_2", ""])
_teams = st.none() | st.sampled_from(["red", "blue", ""])


def test_every_permission_is_described() -> None:
    assert set(REGISTRY) == set(Permission)
    assert all(one.reaches == tuple(sorted(one.reaches, key=list(Reach).index)) for one in REGISTRY.values())


@given(one=st.sampled_from(Reach), two=st.sampled_from(Reach), owner=_owners, team=_teams)
def test_a_wider_reach_sees_all_that_a_narrower_one_sees(
    one: Reach, two: Reach, owner: str | None, team: str | None
) -> None:
    narrow, wide = (Sight(reach, "user_1", frozenset({"red"})) for reach in (one, two))
    if two.covers(one) and narrow.covers(owner_id=owner, team_id=team):
        assert wide.covers(owner_id=owner, team_id=team)
    assert EVERYWHERE.covers(owner_id=owner, team_id=team)


@given(reach=st.sampled_from([Reach.OWN, Reach.TEAM]), owner=_owners, team=_teams)
def test_nobody_owns_what_nobody_owns(reach: Reach, owner: str | None, team: str | None) -> None:
    """A caller without an id, and a row without an owner or team, never match each other."""
    assert not Sight(reach, "", frozenset()).covers(owner_id=owner, team_id=team)
    assert not Sight(reach, "user_3", frozenset()).covers(owner_id=owner, team_id=team)


def test_own_and_team_are_what_they_say() -> None:
    own, team = (Sight(reach, "user_1", frozenset({"red"})) for reach in (Reach.OWN, Reach.TEAM))
    assert own.covers(owner_id="user_1") and not own.covers(team_id="red")
    assert team.covers(owner_id="user_1") and team.covers(team_id="red") and not team.covers(team_id="blue")
