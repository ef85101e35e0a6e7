"""Scopes of tokens: who may give them, whose they may be, and what becomes of them when a token changes hands."""

from dataclasses import replace

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.access.grant import Grant
from tollway.control.access.model import Permission, Reach, Rights, Sight
from tollway.control.access.roles import BUILT_IN
from tollway.control.accounts.model import NewUser
from tollway.control.actor import OPERATOR, Actor
from tollway.control.applications.model import NewApplication
from tollway.control.service_accounts.model import NewServiceAccount
from tollway.control.sessions.model import User
from tollway.control.tokens.model import NewToken, TokenChange
from tollway.kernel.errors import TollwayError

READ: Rights = {Permission.TOKENS_READ: Reach.TEAM}


def refused(code: str):
    return pytest.raises(TollwayError, match=f"^{code}")


def person(plane: ControlPlane, name: str, role: str, team_id: str) -> tuple[User, Actor]:
    user = plane.accounts.invite(NewUser(name, role, (team_id,)), ACTOR).user
    with plane.database.write():
        plane.account_store.put(replace(user, state="active", password_hash="$argon2id$"))
    rights, teams = BUILT_IN[role].rights, frozenset({team_id})
    sight = Sight(rights[Permission.TOKENS_WRITE], user.id, teams)
    return plane.accounts.get(user.id), Actor(user.id, "user", sight=sight, bound=Grant(rights=rights, team_ids=teams))


@pytest.fixture
def red(plane: ControlPlane) -> str:
    return plane.teams.create("red", ACTOR).id


def test_nobody_gives_scopes_that_they_do_not_hold(plane: ControlPlane, red: str) -> None:
    _, developer = person(plane, "ada", "developer", red)
    token = plane.tokens.issue(NewToken("t", scopes=READ), developer).token
    assert dict(plane.tokens.get(token.id).scopes) == READ
    for scopes in ({Permission.TOKENS_READ: Reach.ALL}, {Permission.USERS_WRITE: Reach.ALL}):
        with refused("management.forbidden"):
            plane.tokens.issue(NewToken("t", scopes=scopes), developer)
        with refused("management.forbidden"):
            plane.tokens.change(token.id, TokenChange(scopes=scopes), developer)


def test_a_token_that_is_nobodys_or_an_applications_has_none(plane: ControlPlane, red: str) -> None:
    application = plane.applications.create(NewApplication("shop", red), ACTOR)
    with refused("management.invalid"):
        plane.tokens.issue(NewToken("t", scopes=READ), OPERATOR)
    with refused("management.invalid"):
        plane.tokens.issue(NewToken("t", application.id, scopes=READ), ACTOR)


def test_nobody_makes_a_token_in_another_persons_name(plane: ControlPlane, red: str) -> None:
    ada, owner = person(plane, "ada", "api_owner", red)
    bob, _ = person(plane, "bob", "developer", red)
    with refused("management.invalid"):
        plane.tokens.issue(NewToken("t", owner_id=bob.id), owner)
    assert plane.tokens.issue(NewToken("t", owner_id=ada.id), owner).token.owner_id == ada.id


def test_scopes_of_a_service_account_are_given_by_who_holds_them_in_its_team(plane: ControlPlane, red: str) -> None:
    blue = plane.teams.create("blue", ACTOR).id
    ada, owner = person(plane, "ada", "api_owner", red)
    account = plane.service_accounts.create(NewServiceAccount("ci", "developer", red, ada.id), ACTOR)
    token = plane.tokens.issue(NewToken("t", owner_id=account.id, scopes=READ), owner).token
    assert (token.team_id, plane.tokens.page(sight=owner.sight).items[0].id) == (red, token.id)
    _, other = person(plane, "eve", "api_owner", blue)
    assert plane.tokens.page(sight=other.sight).items == ()
    everywhere = replace(other, sight=replace(other.sight, reach=Reach.ALL), bound=replace(other.bound, team_ids=None))
    with refused("management.forbidden"):
        plane.tokens.issue(NewToken("t", owner_id=account.id, scopes=READ), everywhere)
    with refused("management.forbidden"):
        plane.tokens.change(token.id, TokenChange(name="u"), everywhere)


def test_scopes_do_not_go_along_to_another_owner(plane: ControlPlane, red: str) -> None:
    ada, developer = person(plane, "ada", "developer", red)
    bob, _ = person(plane, "bob", "developer", red)
    token = plane.tokens.issue(NewToken("t", scopes=READ), developer).token
    plane.accounts.hand_over(ada.id, bob.id, ACTOR)
    assert dict(plane.tokens.get(token.id).scopes) == {}
    again = plane.tokens.issue(NewToken("u", scopes=READ), developer).token
    changed = plane.tokens.change(again.id, TokenChange(application_id=None), ACTOR)
    assert (changed.owner_id, dict(changed.scopes)) == (ACTOR.user_id, {})
