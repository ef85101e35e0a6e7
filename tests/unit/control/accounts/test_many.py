"""What is done to several people: the act on one, told apart from having had nothing to do."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.accounts.many import act_on_members, act_on_people, undo_people
from tollway.control.accounts.model import NewUser
from tollway.control.each import Outcome
from tollway.kernel.errors import TollwayError


def test_what_was_changed_is_known_and_only_that_is_undone(plane: ControlPlane) -> None:
    eve, bob = (plane.accounts.invite(NewUser(name, "viewer"), ACTOR).user.id for name in ("eve", "bob"))
    act = act_on_people(plane.accounts, "set_role", ACTOR, role="auditor")
    act(bob)
    outcomes = [Outcome(one, act(one)) for one in (eve, bob)]
    assert [one.done.is_changed for one in outcomes if one.done] == [True, False]
    assert undo_people("set_role", outcomes) == {"viewer": [eve]}
    assert undo_people("deactivate", outcomes) == {}


def test_who_has_a_password_gets_no_invitation(plane: ControlPlane) -> None:
    eve = plane.accounts.invite(NewUser("eve", "viewer"), ACTOR).user.id
    act = act_on_people(plane.accounts, "invite_again", ACTOR)
    done = act(eve)
    assert done.link is not None and done.link.purpose == "invite" and done.is_changed
    plane.accounts.deactivate(eve, ACTOR)
    with pytest.raises(TollwayError, match=r"^management\.conflict: The person is deactivated"):
        act(eve)


def test_who_is_in_a_team_already_does_not_join_again(plane: ControlPlane) -> None:
    team, eve = plane.teams.create("red", ACTOR).id, plane.accounts.invite(NewUser("eve", "viewer"), ACTOR).user.id
    join, leave = (act_on_members(plane.members, kind, team, ACTOR) for kind in ("join", "leave"))
    assert join(eve)
    with pytest.raises(TollwayError, match=r"^management\.conflict"):
        join(eve)
    assert leave(eve)
    with pytest.raises(TollwayError, match=r"^management\.not_found"):
        leave(eve)
