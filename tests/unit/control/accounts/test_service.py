"""People: invited, changed, ended; never above whoever acts, and never without an owner."""

from dataclasses import replace

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.access.grant import Grant
from tollway.control.access.model import EVERYWHERE, Permission, Reach, Sight
from tollway.control.access.roles import BUILT_IN
from tollway.control.accounts.model import NewUser, UserChange, UserFilter
from tollway.control.actor import Actor
from tollway.control.sessions.model import User, hash_secret
from tollway.control.tokens.model import NewToken
from tollway.kernel.errors import TollwayError

ADMIN = Actor("user_admin", "user", sight=EVERYWHERE, bound=Grant(rights=BUILT_IN["admin"].rights))


def refused(code: str):
    return pytest.raises(TollwayError, match=f"^{code}")


def active(plane: ControlPlane, name: str, role: str = "developer") -> User:
    user = plane.accounts.invite(NewUser(name, role), ACTOR).user
    with plane.database.write():
        plane.account_store.put(replace(user, state="active", password_hash="$argon2id$"))
    return plane.accounts.get(user.id)


def test_who_is_invited_is_in_their_teams_and_has_a_link(plane: ControlPlane) -> None:
    team = plane.teams.create("red", ACTOR)
    issued = plane.accounts.invite(NewUser("Éva ", "developer", (team.id, team.id)), ACTOR)
    assert (issued.user.name, issued.user.state, issued.purpose) == ("Éva", "invited", "invite")
    assert plane.accounts.teams_of([issued.user.id]) == {issued.user.id: ((team.id, "red"),)}
    assert issued.expires_ns == plane.clock.now_ns() + 7 * 86_400 * 10**9
    assert plane.accounts.page(UserFilter(team_id=team.id)).items == (issued.user,)
    assert plane.accounts.page(UserFilter(search="ÉV")).items == (issued.user,)
    assert plane.accounts.page(UserFilter(role="viewer")).items == ()


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (NewUser("ada", "developer"), "management.conflict"),
        (NewUser("ａda", "developer"), "management.conflict"),
        (NewUser(" ", "developer"), "management.invalid"),
        (NewUser("eve", "emperor"), "management.invalid"),
        (NewUser("eve", "developer", ("team_none",)), "management.invalid"),
        (NewUser("eve", "owner"), "management.forbidden"),
    ],
)
def test_an_invitation_that_cannot_be_is_refused(plane: ControlPlane, new: NewUser, code: str) -> None:
    active(plane, "ada")
    with refused(code):
        plane.accounts.invite(new, ADMIN)
    assert len(plane.accounts.page(UserFilter()).items) == 1


def test_nobody_touches_who_may_do_more(plane: ControlPlane) -> None:
    active(plane, "first", "owner")
    owner = active(plane, "ada", "owner")
    for act in (
        lambda: plane.accounts.change(owner.id, UserChange(role="viewer"), ADMIN),
        lambda: plane.accounts.change(owner.id, UserChange(name="x"), ADMIN),
        lambda: plane.accounts.deactivate(owner.id, ADMIN),
        lambda: plane.accounts.delete(owner.id, ADMIN),
        lambda: plane.accounts.issue_link(owner.id, ADMIN),
        lambda: plane.accounts.hand_over(owner.id, "user_x", ADMIN),
    ):
        with refused("management.forbidden"):
            act()
    assert plane.accounts.get(owner.id) == owner


def test_there_is_always_an_owner_who_can_sign_in(plane: ControlPlane) -> None:
    owner = active(plane, "ada", "owner")
    plane.accounts.invite(NewUser("invited", "owner"), ACTOR)
    for act in (
        lambda: plane.accounts.change(owner.id, UserChange(role="viewer"), ACTOR),
        lambda: plane.accounts.deactivate(owner.id, ACTOR),
        lambda: plane.accounts.delete(owner.id, ACTOR),
    ):
        with refused("management.conflict"):
            act()
    second = active(plane, "eve", "owner")
    assert plane.accounts.deactivate(owner.id, ACTOR).user.state == "deactivated"
    with refused("management.conflict"):
        plane.accounts.delete(second.id, ACTOR)


def test_nobody_ends_their_own_account(plane: ControlPlane) -> None:
    user = active(plane, "ada")
    with refused("management.conflict"):
        plane.accounts.deactivate(user.id, Actor(user.id, "user"))


def test_deactivation_ends_tokens_of_their_own_and_no_others(plane: ControlPlane) -> None:
    user = active(plane, "ada")
    own = plane.tokens.issue(NewToken("own"), Actor(user.id, "user")).token
    other = plane.tokens.issue(NewToken("other"), ACTOR).token
    ended = plane.accounts.deactivate(user.id, ACTOR, expected_version=user.version)
    assert (ended.user.state, ended.tokens) == ("deactivated", 1)
    assert plane.policy.token(own.id).state == "revoked"
    assert plane.tokens.get(own.id).revoked_reason == "its owner was deactivated"
    assert plane.policy.token(other.id).state == "active"
    assert plane.accounts.deactivate(user.id, ACTOR).user == ended.user, "idempotent"
    assert plane.accounts.reactivate(user.id, ACTOR).state == "active"
    assert plane.tokens.get(own.id).state == "revoked"


def test_who_never_chose_a_password_is_invited_again_by_reactivation(plane: ControlPlane) -> None:
    user = plane.accounts.invite(NewUser("eve", "viewer"), ACTOR).user
    plane.accounts.deactivate(user.id, ACTOR)
    with refused("management.conflict"):
        plane.accounts.issue_link(user.id, ACTOR)
    assert plane.accounts.reactivate(user.id, ACTOR).state == "invited"
    assert plane.accounts.reactivate(user.id, ACTOR).state == "invited"
    assert plane.accounts.issue_link(user.id, ACTOR).purpose == "invite"


def test_a_deleted_person_is_gone_but_for_what_refers_to_them(plane: ControlPlane) -> None:
    team = plane.teams.create("red", ACTOR)
    user = active(plane, "ada")
    plane.members.join(team.id, user.id, ACTOR)
    plane.accounts.delete(user.id, ACTOR)
    with refused("management.not_found"):
        plane.accounts.get(user.id)
    with refused("management.not_found"):
        plane.accounts.delete(user.id, ACTOR)
    stored = plane.account_store.find(user.id)
    assert stored is not None and (stored.name, stored.password_hash) == ("ada", "")
    assert plane.accounts.names([user.id]) == {user.id: "ada"}
    assert plane.accounts.teams_of([user.id]) == {}
    assert plane.accounts.page(UserFilter()).items == ()
    assert [one.id for one in plane.accounts.page(UserFilter(state="deleted")).items] == [user.id]
    assert active(plane, "ada").id != user.id, "the name is free again"


def test_a_new_link_replaces_the_one_before(plane: ControlPlane) -> None:
    from tollway.adapters.storage.sessions import SQLSessionStore

    store = SQLSessionStore(plane.database)
    first = plane.accounts.invite(NewUser("eve", "viewer"), ACTOR)
    second = plane.accounts.issue_link(first.user.id, ACTOR)
    assert store.find_user_link(hash_secret(first.secret.reveal())) is None
    found = store.find_user_link(hash_secret(second.secret.reveal()))
    assert found is not None and found[1] == first.user


def test_what_a_person_owns_is_handed_to_somebody_who_can_sign_in(plane: ControlPlane) -> None:
    ada, eve = active(plane, "ada"), active(plane, "eve")
    token = plane.tokens.issue(NewToken("own"), Actor(ada.id, "user")).token
    for receiver in (ada.id, "user_none", plane.accounts.invite(NewUser("new", "viewer"), ACTOR).user.id):
        with refused("management.invalid"):
            plane.accounts.hand_over(ada.id, receiver, ACTOR)
    assert plane.accounts.hand_over(ada.id, eve.id, ACTOR) == 1
    assert plane.tokens.get(token.id).owner_name == "eve"
    assert plane.accounts.delete(ada.id, ACTOR).tokens == 0
    assert plane.policy.token(token.id).state == "active"


def test_a_rename_is_checked_like_a_new_name(plane: ControlPlane) -> None:
    ada, eve = active(plane, "ada"), active(plane, "eve")
    with refused("management.conflict"):
        plane.accounts.change(eve.id, UserChange(name="ADA"), ACTOR)
    with refused("management.precondition"):
        plane.accounts.change(eve.id, UserChange(name="x"), ACTOR, expected_version=7)
    renamed = plane.accounts.change(ada.id, UserChange(name="Ada"), ACTOR)
    assert (renamed.name, renamed.name_key, renamed.version) == ("Ada", "ada", ada.version + 1)
    assert plane.accounts.change(ada.id, UserChange(name="Ada"), ACTOR) == renamed, "a change of nothing"


def test_nobody_invites_or_raises_into_a_team_where_they_may_not_give_the_role(plane: ControlPlane) -> None:
    """The law of the teams' members holds for every way into a team."""
    red, blue = plane.teams.create("red", ACTOR), plane.teams.create("blue", ACTOR)
    rights = BUILT_IN["developer"].rights | {Permission.USERS_WRITE: Reach.ALL}
    sight = Sight(Reach.ALL, "user_clerk", frozenset({red.id}))
    clerk = Actor("user_clerk", "user", sight=sight, bound=Grant(rights=rights))
    plane.accounts.invite(NewUser("ada", "developer", (red.id,)), clerk)
    with refused("management.forbidden"):
        plane.accounts.invite(NewUser("eve", "developer", (blue.id,)), clerk)
    nobody = plane.roles.create("nobody", "", {Permission.ACCOUNT_USE: Reach.OWN}, ACTOR)
    user = plane.accounts.invite(NewUser("eve", nobody.id, (blue.id,)), ACTOR).user
    with refused("management.forbidden"):
        plane.accounts.change(user.id, UserChange(role="developer"), clerk)
    assert plane.accounts.change(user.id, UserChange(role="developer"), ADMIN).role == "developer"
