"""Who is in a team: seen and changed by who sees the team."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.access.model import EVERYWHERE, Reach, Sight
from tollway.control.accounts.model import NewUser
from tollway.control.actor import Actor
from tollway.kernel.errors import TollwayError


def refused(code: str):
    return pytest.raises(TollwayError, match=f"^{code}")


def test_people_join_and_leave(plane: ControlPlane) -> None:
    team = plane.teams.create("red", ACTOR)
    users = [plane.accounts.invite(NewUser(name, "viewer"), ACTOR).user for name in ("ada", "eve")]
    for user in (*users, users[0]):
        plane.members.join(team.id, user.id, ACTOR)
    found = plane.members.page(team.id, EVERYWHERE, after=None, limit=10).items
    assert {member.user.id for member in found} == {user.id for user in users}
    assert {(member.joined_by, member.joined_ns) for member in found} == {(str(ACTOR), plane.clock.now_ns())}
    first = plane.members.page(team.id, EVERYWHERE, after=None, limit=1)
    rest = plane.members.page(team.id, EVERYWHERE, after=first.next, limit=1)
    assert (*first.items, *rest.items) == found
    plane.members.leave(team.id, users[0].id, ACTOR)
    with refused("management.not_found"):
        plane.members.leave(team.id, users[0].id, ACTOR)
    with refused("management.not_found"):
        plane.members.join(team.id, "user_none", ACTOR)
    plane.teams.delete(team.id, ACTOR)
    assert plane.accounts.teams_of([users[1].id]) == {}


def test_a_team_out_of_sight_is_not_there(plane: ControlPlane) -> None:
    red, blue = plane.teams.create("red", ACTOR), plane.teams.create("blue", ACTOR)
    user = plane.accounts.invite(NewUser("ada", "viewer"), ACTOR).user
    lead = Actor("user_lead", "user", sight=Sight(Reach.TEAM, "user_lead", frozenset({red.id})))
    plane.members.join(red.id, user.id, lead)
    for act in (
        lambda: plane.members.join(blue.id, user.id, lead),
        lambda: plane.members.leave(blue.id, user.id, lead),
        lambda: plane.members.page(blue.id, lead.sight, after=None, limit=1),
    ):
        with refused("management.not_found"):
            act()
