"""Who is in a team: seen and changed by who sees the team."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.access.grant import Grant
from tollway.control.access.model import EVERYWHERE, Permission, Reach, Sight
from tollway.control.access.roles import BUILT_IN
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


def test_nobody_lets_a_role_into_a_team_where_they_may_not_give_it(plane: ControlPlane) -> None:
    """Who manages all memberships, but whose other rights end at their own teams, reaches no other team by that."""
    red, blue = plane.teams.create("red", ACTOR), plane.teams.create("blue", ACTOR)
    rights = BUILT_IN["developer"].rights | {Permission.MEMBERS_WRITE: Reach.ALL}
    sight = Sight(Reach.ALL, "user_clerk", frozenset({red.id}))
    clerk = Actor("user_clerk", "user", sight=sight, bound=Grant(rights=rights))
    developer = plane.accounts.invite(NewUser("ada", "developer"), ACTOR).user
    plane.members.join(red.id, developer.id, clerk)
    with refused("management.forbidden"):
        plane.members.join(blue.id, developer.id, clerk)
    assert plane.accounts.teams_of([developer.id]) == {developer.id: ((red.id, "red"),)}
    admin = Actor("user_admin", "user", sight=EVERYWHERE, bound=Grant(rights=BUILT_IN["admin"].rights))
    plane.members.join(blue.id, developer.id, admin)
