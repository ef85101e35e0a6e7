"""Custom roles and service accounts as code: made, changed, switched, deleted, exported, and found unchanged."""

from dataclasses import replace

import pytest
import yaml

from kit.control import ACTOR, ControlPlane
from tollway.control.access.grant import Grant
from tollway.control.access.model import Permission, Reach
from tollway.control.accounts.model import NewUser
from tollway.control.actor import Actor
from tollway.control.configuration.model import Changes
from tollway.control.faults import Invalid
from tollway.control.tokens.model import NewToken
from tollway.kernel.errors import TollwayError

DOCUMENT = """
version: 1
teams: [{name: payments}]
roles:
  - {name: deployer, description: rolls out, rights: {tokens.read: team, services.write: all}}
service_accounts:
  - {name: robot, role: deployer, team: payments, owner: ada}
  - {name: reader, role: viewer, team: payments, owner: ada, state: disabled}
"""


@pytest.fixture
def plane(plane: ControlPlane) -> ControlPlane:
    """With a person who can answer for accounts."""
    plane.configuration.apply("version: 1\nteams: [{name: payments}]", ACTOR, dry_run=False)
    team = plane.teams.find_named("payments")
    assert team is not None
    user = plane.accounts.invite(NewUser("ada", "developer", (team.id,)), ACTOR).user
    with plane.database.write():
        plane.account_store.put(replace(user, state="active", password_hash="$argon2id$"))
    return plane


def apply(plane: ControlPlane, document: str, *, dry_run: bool = False) -> Changes:
    return plane.configuration.apply(document, ACTOR, dry_run=dry_run)


def test_they_are_made_and_the_same_document_finds_them_unchanged(plane: ControlPlane) -> None:
    assert not apply(plane, DOCUMENT, dry_run=True).applied
    assert plane.service_accounts.find_named("robot") is None
    apply(plane, DOCUMENT)
    robot, reader = (plane.service_accounts.find_named(name) for name in ("robot", "reader"))
    assert robot is not None and reader is not None
    assert (robot.state, reader.state, reader.role) == ("active", "deactivated", "viewer")
    assert dict(plane.roles.rights_of(robot.role)) == {
        Permission.TOKENS_READ: Reach.TEAM,
        Permission.SERVICES_WRITE: Reach.ALL,
        Permission.ACCOUNT_USE: Reach.OWN,
    }
    assert apply(plane, DOCUMENT).is_empty


def test_what_differs_is_said_and_changed_and_nothing_else(plane: ControlPlane) -> None:
    apply(plane, DOCUMENT)
    changed = DOCUMENT.replace("tokens.read: team", "tokens.read: all").replace("state: disabled", "state: active")
    found = {change.name: change for change in apply(plane, changed).changes if change.action != "unchanged"}
    assert found.keys() == {"deployer", "reader"}
    assert "tokens.read" in str(found["deployer"].fields)
    assert plane.roles.rights_of(plane.service_accounts.find_named("robot").role)[Permission.TOKENS_READ] is Reach.ALL  # type: ignore[union-attr]


def test_the_export_reads_back_unchanged_and_has_no_secret(plane: ControlPlane) -> None:
    apply(plane, DOCUMENT)
    robot = plane.service_accounts.find_named("robot")
    assert robot is not None
    secret = plane.tokens.issue(NewToken("of-robot", owner_id=robot.id), ACTOR).secret.reveal()
    exported = plane.configuration.export()
    found = yaml.safe_load(exported)
    assert found["roles"] == [
        {
            "name": "deployer",
            "description": "rolls out",
            "rights": {"tokens.read": "team", "services.write": "all"},
        }
    ]
    assert {each["name"]: each.get("state") for each in found["service_accounts"]} == {
        "robot": None,
        "reader": "disabled",
    }
    assert secret not in exported
    assert apply(plane, exported).is_empty


def test_what_is_absent_is_deleted_and_its_tokens_are_revoked(plane: ControlPlane) -> None:
    apply(plane, DOCUMENT)
    robot = plane.service_accounts.find_named("robot")
    assert robot is not None
    token = plane.tokens.issue(NewToken("of-robot", owner_id=robot.id), ACTOR).token
    apply(
        plane, "version: 1\nservice_accounts: [{name: robot, state: absent}]\nroles: [{name: deployer, state: absent}]"
    )
    assert plane.service_accounts.find_named("robot") is None
    assert plane.tokens.get(token.id).state == "revoked"


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ("roles: [{name: viewer, rights: {tokens.read: all}}]", "/roles/0/name"),
        ("roles: [{name: new}]", "/roles/0/rights"),
        ("roles: [{name: new, rights: {tokens.fly: all}}]", "/roles/0/rights/tokens.fly"),
        ("roles: [{name: new, rights: {tokens.read: some}}]", "/roles/0/rights/tokens.read"),
        ("roles: [{name: new, rights: {}, state: disabled}]", "/roles/0/state"),
        ("service_accounts: [{name: a, role: none, team: payments, owner: ada}]", "/service_accounts/0/role"),
        ("service_accounts: [{name: a, role: viewer, team: none, owner: ada}]", "/service_accounts/0/team"),
        ("service_accounts: [{name: a, role: viewer, team: payments, owner: eve}]", "/service_accounts/0/owner"),
        ("service_accounts: [{name: a, role: viewer, owner: ada}]", "/service_accounts/0"),
    ],
    ids=["built-in", "no-rights", "permission", "reach", "state", "role", "team", "owner", "no-team"],
)
def test_what_is_wrong_is_said_with_its_place(plane: ControlPlane, document: str, pointer: str) -> None:
    with pytest.raises(Invalid) as caught:
        apply(plane, f"version: 1\n{document}")
    assert [fault.path for fault in caught.value.faults] == [pointer]


def test_nobody_gives_by_a_document_what_they_may_not_give(plane: ControlPlane) -> None:
    bound = Grant(rights={Permission.CONFIGURATION_WRITE: Reach.ALL, Permission.TOKENS_READ: Reach.TEAM})
    with pytest.raises(TollwayError, match=r"^management\.(forbidden|invalid).*services\.write"):
        plane.configuration.apply(DOCUMENT, Actor("user_9", "user", bound=bound), dry_run=False)
