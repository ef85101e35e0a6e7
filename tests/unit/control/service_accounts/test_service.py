"""Service accounts outlive people, never permit more than whoever makes them, and are never nobody's in silence."""

from dataclasses import dataclass, replace

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.access.grant import Grant
from tollway.control.access.model import Reach, Sight
from tollway.control.access.roles import BUILT_IN
from tollway.control.accounts.model import NewUser, UserFilter
from tollway.control.actor import OPERATOR, Actor
from tollway.control.audit.model import Wanted
from tollway.control.notices.model import DeliveryFilter, NewWebhook
from tollway.control.service_accounts.model import NewServiceAccount, ServiceAccountChange, ServiceAccountFilter
from tollway.control.sessions.model import User
from tollway.control.tokens.model import NewToken
from tollway.kernel.errors import TollwayError


def refused(code: str):
    return pytest.raises(TollwayError, match=f"^{code}")


@dataclass
class Scene:
    """Two teams; ada and bob are in red, eve in blue."""

    plane: ControlPlane
    red: str
    blue: str
    ada: User
    bob: User
    eve: User

    def api_owner(self, user: User, team_id: str) -> Actor:
        teams = frozenset({team_id})
        bound = Grant(rights=BUILT_IN["api_owner"].rights, team_ids=teams)
        return Actor(user.id, "user", sight=Sight(Reach.TEAM, user.id, teams), bound=bound)


@pytest.fixture
def scene(plane: ControlPlane) -> Scene:
    red, blue = (plane.teams.create(name, ACTOR).id for name in ("red", "blue"))

    def active(name: str, team_id: str) -> User:
        user = plane.accounts.invite(NewUser(name, "api_owner", (team_id,)), ACTOR).user
        with plane.database.write():
            plane.account_store.put(replace(user, state="active", password_hash="$argon2id$"))
        return plane.accounts.get(user.id)

    return Scene(plane, red, blue, active("ada", red), active("bob", red), active("eve", blue))


def make(scene: Scene, name: str = "ci") -> User:
    actor = scene.api_owner(scene.ada, scene.red)
    return scene.plane.service_accounts.create(NewServiceAccount(name, "developer", scene.red), actor)


def test_it_is_its_teams_its_makers_and_no_person(scene: Scene) -> None:
    account = make(scene)
    plane = scene.plane
    assert (account.kind, account.team_id, account.owner_id) == ("service", scene.red, scene.ada.id)
    assert account not in plane.accounts.page(UserFilter()).items
    with refused("management.not_found"):
        plane.accounts.get(account.id)
    with refused("management.not_found"):
        plane.accounts.issue_link(account.id, ACTOR)
    with refused("management.not_found"):
        plane.members.join(scene.blue, account.id, ACTOR)
    assert plane.service_accounts.page(sight=Sight(Reach.TEAM, "x", frozenset({scene.red}))).items == (account,)
    assert plane.service_accounts.page(sight=Sight(Reach.TEAM, "x", frozenset({scene.blue}))).items == ()
    assert plane.service_accounts.page(ServiceAccountFilter(search="C")).items == (account,)
    with refused("management.conflict"):
        plane.teams.delete(scene.red, ACTOR)


@pytest.mark.parametrize(
    ("name", "role", "team", "owner", "code"),
    [
        ("ada", "developer", "red", None, "management.conflict"),
        (" ", "developer", "red", None, "management.invalid"),
        ("x", "emperor", "red", None, "management.invalid"),
        ("x", "owner", "red", None, "management.invalid"),
        ("x", "admin", "red", None, "management.forbidden"),
        ("x", "developer", "blue", None, "management.invalid"),
        ("x", "developer", "red", "eve", "management.invalid"),
        ("x", "developer", "red", "nobody", "management.invalid"),
    ],
)
def test_one_that_cannot_be_is_refused(
    scene: Scene, name: str, role: str, team: str, owner: str | None, code: str
) -> None:
    owner_id = None if owner is None else getattr(scene, owner, ACTOR).id
    new = NewServiceAccount(name, role, getattr(scene, team), owner_id)
    with refused(code):
        scene.plane.service_accounts.create(new, scene.api_owner(scene.ada, scene.red))
    assert scene.plane.service_accounts.page().items == ()


def test_rights_of_a_team_are_not_given_into_another(scene: Scene) -> None:
    """Who may make accounts everywhere, but tokens in their own team alone, makes none that has tokens elsewhere."""
    rights = {**BUILT_IN["api_owner"].rights}
    actor = Actor(
        scene.eve.id, "user", sight=Sight(Reach.ALL, scene.eve.id, frozenset({scene.blue})), bound=Grant(rights=rights)
    )
    with refused("management.forbidden"):
        scene.plane.service_accounts.create(NewServiceAccount("x", "developer", scene.red), actor)
    scene.plane.service_accounts.create(NewServiceAccount("y", "developer", scene.blue), actor)


def test_the_command_line_names_who_answers(scene: Scene) -> None:
    with refused("management.invalid"):
        scene.plane.service_accounts.create(NewServiceAccount("x", "developer", scene.red), OPERATOR)
    account = scene.plane.service_accounts.create(
        NewServiceAccount("x", "developer", scene.red, scene.bob.id), OPERATOR
    )
    assert account.owner_id == scene.bob.id


def test_it_outlives_its_maker_and_somebody_hears_of_it(scene: Scene) -> None:
    plane = scene.plane
    account = make(scene)
    issued = plane.tokens.issue(NewToken("t", owner_id=account.id), scene.api_owner(scene.ada, scene.red))
    from kit.notices import Notices

    hook = Notices(plane).webhooks.create(NewWebhook("hook", "https://hooks.example/"), ACTOR).webhook
    plane.accounts.delete(scene.ada.id, ACTOR)
    left = plane.service_accounts.get(account.id)
    assert (left.owner_id, left.state) == (None, "active")
    assert plane.tokens.get(issued.token.id).state == "active"
    assert plane.service_accounts.count_ownerless() == 1
    assert plane.service_accounts.page(ServiceAccountFilter(is_ownerless=True)).items == (left,)
    told = Notices(plane).deliveries.page(hook.id, DeliveryFilter()).items
    assert "service_account.ownerless" in {one.kind for one in told}
    acts = [entry.action for entry in plane.audit.page(Wanted(object_id=account.id))]
    assert acts == ["service_account.lose_owner", "service_account.create"]
    named = ServiceAccountChange(owner_id=scene.bob.id)
    plane.service_accounts.change(account.id, named, scene.api_owner(scene.bob, scene.red))
    assert plane.service_accounts.count_ownerless() == 0


def test_it_is_handed_over_with_what_its_owner_has(scene: Scene) -> None:
    account = make(scene)
    scene.plane.accounts.hand_over(scene.ada.id, scene.bob.id, ACTOR)
    assert scene.plane.service_accounts.get(account.id).owner_id == scene.bob.id
    with refused("management.invalid"):
        scene.plane.accounts.hand_over(scene.ada.id, account.id, ACTOR)


def test_switching_it_off_ends_its_tokens_and_deleting_frees_its_name(scene: Scene) -> None:
    plane, account = scene.plane, make(scene)
    actor = scene.api_owner(scene.bob, scene.red)
    token = plane.tokens.issue(NewToken("t", owner_id=account.id), actor).token
    assert plane.policy.token(token.id).user_id == account.id
    ended = plane.service_accounts.deactivate(account.id, actor)
    assert (ended.account.state, ended.tokens) == ("deactivated", 1)
    assert plane.tokens.get(token.id).state == "revoked"
    with refused("management.invalid"):
        plane.tokens.issue(NewToken("t", owner_id=account.id), actor)
    assert plane.service_accounts.reactivate(account.id, actor).state == "active"
    plane.service_accounts.delete(account.id, actor)
    with refused("management.not_found"):
        plane.service_accounts.get(account.id)
    assert make(scene).id != account.id


def test_nobody_touches_one_that_may_do_more_or_is_of_another_team(scene: Scene) -> None:
    plane = scene.plane
    strong = plane.service_accounts.create(NewServiceAccount("strong", "admin", scene.red, scene.ada.id), ACTOR)
    with refused("management.forbidden"):
        plane.service_accounts.deactivate(strong.id, scene.api_owner(scene.ada, scene.red))
    with refused("management.not_found"):
        plane.service_accounts.delete(make(scene).id, scene.api_owner(scene.eve, scene.blue))
