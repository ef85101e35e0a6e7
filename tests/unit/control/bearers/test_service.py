"""A token at the management API: proven at each request, and never more than its owner."""

from dataclasses import replace

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.contract.rights import HourRights, NetworkRights, Window
from tollway.control.access.model import Permission, Reach, Rights
from tollway.control.access.roles import BUILT_IN
from tollway.control.accounts.model import NewUser, UserChange
from tollway.control.actor import Actor
from tollway.control.rights.model import INSTALLATION, OwnerLevel, RightsChange
from tollway.control.service_accounts.model import NewServiceAccount
from tollway.control.sessions.keeping import Origin
from tollway.control.sessions.model import User
from tollway.control.tokens.ends import Hold
from tollway.control.tokens.model import NewToken
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.errors import TollwayError

HERE = Origin("192.0.2.1", "curl/8")
SCOPES: Rights = {Permission.TOKENS_READ: Reach.TEAM, Permission.TOKENS_WRITE: Reach.OWN}


def refused(code: str):
    return pytest.raises(TollwayError, match=f"^{code}")


@pytest.fixture
def person(plane: ControlPlane) -> User:
    team = plane.teams.create("red", ACTOR)
    user = plane.accounts.invite(NewUser("ada", "developer", (team.id,)), ACTOR).user
    with plane.database.write():
        plane.account_store.put(replace(user, state="active", password_hash="$argon2id$"))
    return plane.accounts.get(user.id)


def issue(plane: ControlPlane, person: User, **fields: object) -> tuple[str, str]:
    new = NewToken("mine", **{"scopes": SCOPES, **fields})  # type: ignore[arg-type]
    issued = plane.tokens.issue(new, Actor(person.id, "user"))
    return issued.token.id, issued.secret.reveal()


def test_a_use_is_remembered_and_a_refusal_is_none(plane: ControlPlane, person: User) -> None:
    token_id, secret = issue(plane, person)
    assert plane.management_uses.last_uses([token_id]) == {}
    plane.bearers.identify(secret, HERE)
    found = plane.management_uses.last_uses([token_id])[token_id]
    assert (found.last_ns, found.last_address, found.last_agent) == (plane.clock.now_ns(), "192.0.2.1", "curl/8")
    plane.tokens.disable(token_id, ACTOR)
    plane.clock.advance(600)
    with refused("token.disabled"):
        plane.bearers.identify(secret, HERE)
    assert plane.management_uses.last_uses([token_id]) == {token_id: found}


def test_it_is_its_owners_and_does_what_both_permit(plane: ControlPlane, person: User) -> None:
    token_id, secret = issue(plane, person, models=("gpt-4o",), environment="test")
    found = plane.bearers.identify(secret, HERE)
    assert (found.token_id, found.owner.id, dict(found.rights)) == (token_id, person.id, SCOPES)
    assert [name for _, name in plane.accounts.teams_of([person.id])[person.id]] == ["red"]
    assert len(found.team_ids) == 1
    assert (found.bound.models, found.bound.environments) == (("gpt-4o",), ("test",))
    plane.accounts.change(person.id, UserChange(role="viewer"), ACTOR)
    assert dict(plane.bearers.identify(secret, HERE).rights) == {Permission.TOKENS_READ: Reach.TEAM}


@pytest.mark.parametrize("level", ["token", "user", "installation"])
def test_networks_and_hours_hold_at_the_management_api_too(
    plane: ControlPlane, person: User, level: OwnerLevel
) -> None:
    token_id, secret = issue(plane, person)
    owner_id = {"token": token_id, "user": person.id, "installation": INSTALLATION}[level]

    def rule(change: RightsChange) -> None:
        plane.rights.change(level, owner_id, change, ACTOR)

    rule(RightsChange(networks=NetworkRights(allow=("10.0.0.0/8",))))
    with refused("token.address_denied"):
        plane.bearers.identify(secret, HERE)
    assert plane.management_uses.last_uses([token_id]) == {}
    assert plane.bearers.identify(secret, Origin("10.1.2.3", "curl/8")).token_id == token_id
    rule(RightsChange(networks=NetworkRights(allow=("10.0.0.0/8",), mode="watch")))
    assert plane.bearers.identify(secret, HERE).token_id == token_id
    minute = plane.clock.now_ns() // NANOS_PER_SECOND // 60 % 1440
    elsewhere = tuple(Window(day, 0, 1) if minute else Window(day, 5, 6) for day in range(7))
    rule(RightsChange(hours=HourRights("UTC", elsewhere)))
    with refused("token.outside_window"):
        plane.bearers.identify(secret, HERE)


def test_it_is_refused_from_the_moment_on_that_it_ends(plane: ControlPlane, person: User) -> None:
    token_id, secret = issue(plane, person, expires_ns=plane.clock.now_ns() + 60 * NANOS_PER_SECOND)
    plane.tokens.disable(token_id, ACTOR)
    with refused("token.disabled"):
        plane.bearers.identify(secret, HERE)
    plane.tokens.enable(token_id, ACTOR)
    assert plane.bearers.identify(secret, HERE).token_id == token_id
    plane.clock.advance(60.0)
    with refused("token.expired"):
        plane.bearers.identify(secret, HERE)
    plane.tokens.revoke(token_id, ACTOR)
    with refused("token.revoked"):
        plane.bearers.identify(secret, HERE)


def test_a_quarantined_token_manages_nothing_until_it_is_released(plane: ControlPlane, person: User) -> None:
    """What it may still call at the gateway is the quarantine's to say; of the management API, nothing."""
    token_id, secret = issue(plane, person)
    plane.token_desk.ends.quarantine(token_id, Hold(), ACTOR)
    with refused("token.quarantined"):
        plane.bearers.identify(secret, HERE)
    plane.token_desk.ends.release(token_id, ACTOR)
    assert plane.bearers.identify(secret, HERE).token_id == token_id


def test_deactivating_its_owner_ends_it(plane: ControlPlane, person: User) -> None:
    _, secret = issue(plane, person)
    plane.accounts.deactivate(person.id, ACTOR)
    with refused("token.revoked"):
        plane.bearers.identify(secret, HERE)


def test_an_owner_who_is_switched_off_switches_it_off(plane: ControlPlane, person: User) -> None:
    _, secret = issue(plane, person)
    with plane.database.write():
        plane.account_store.put(replace(person, state="deactivated"))
    with refused("token.owner_disabled"):
        plane.bearers.identify(secret, HERE)


@pytest.mark.parametrize("presented", ["", "tws_", "x" * 300, "tws_" + "A" * 61, "é"])
def test_r1_what_is_no_token_is_told_so_before_anything_is_looked_up(
    plane: ControlPlane, presented: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(*_: object) -> None:
        pytest.fail("the database was asked")

    monkeypatch.setattr(type(plane.database), "reading", look)
    monkeypatch.setattr(type(plane.database), "write", look)
    with refused("token.malformed"):
        plane.bearers.identify(presented, HERE)


def test_an_unknown_token_and_a_wrong_secret_are_told_alike(plane: ControlPlane, person: User) -> None:
    from tollway.policy.token import renew_token

    token_id, _ = issue(plane, person)
    said = []
    for presented_id in (token_id, "A" * 12):
        with refused("token.invalid") as caught:
            plane.bearers.identify(renew_token("s", presented_id, bytes(32)).reveal(), HERE)
        said.append((caught.value.public, caught.value.status))
    assert said[0] == said[1]


def test_a_token_without_scopes_manages_nothing(plane: ControlPlane, person: User) -> None:
    for scopes in ({}, SCOPES):
        application = plane.tokens.issue(NewToken("app", None, scopes=scopes), Actor(person.id, "user"))
        if not scopes:
            with refused("management.forbidden"):
                plane.bearers.identify(application.secret.reveal(), HERE)


def test_a_service_accounts_token_is_of_its_team(plane: ControlPlane, person: User) -> None:
    team = plane.teams.find_named("red")
    assert team is not None
    account = plane.service_accounts.create(NewServiceAccount("ci", "developer", team.id, person.id), ACTOR)
    issued = plane.tokens.issue(NewToken("t", owner_id=account.id, scopes=SCOPES), ACTOR)
    found = plane.bearers.identify(issued.secret.reveal(), HERE)
    assert (found.owner.id, found.owner.kind, found.team_ids) == (account.id, "service", frozenset({team.id}))
    plane.service_accounts.deactivate(account.id, ACTOR)
    with refused("token.revoked"):
        plane.bearers.identify(issued.secret.reveal(), HERE)
    assert BUILT_IN["developer"].rights[Permission.TOKENS_READ] is Reach.TEAM
