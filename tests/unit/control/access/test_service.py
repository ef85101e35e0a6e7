"""Custom roles: never more than their maker may do, and gone only when nobody holds them."""

from dataclasses import replace

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.access import service
from tollway.control.access.grant import Grant
from tollway.control.access.model import EVERYWHERE, Permission, Reach, RoleChange
from tollway.control.access.roles import BUILT_IN
from tollway.control.accounts.model import NewUser
from tollway.control.actor import Actor
from tollway.kernel.errors import TollwayError

RIGHTS = {Permission.TOKENS_READ: Reach.TEAM, Permission.USAGE_READ: Reach.ALL}
ADMIN = Actor("user_2", "user", sight=EVERYWHERE, bound=Grant(rights=BUILT_IN["admin"].rights))


def refused(code: str):
    return pytest.raises(TollwayError, match=f"^{code}")


def test_a_role_is_made_changed_and_deleted(plane: ControlPlane) -> None:
    role = plane.roles.create("Support", "Looks things up", RIGHTS, ADMIN)
    assert plane.roles.rights_of(role.id) == {**RIGHTS, Permission.ACCOUNT_USE: Reach.OWN}
    changed = plane.roles.change(role.id, RoleChange(rights={}), ADMIN, expected_version=1)
    assert changed.version == 2
    assert plane.roles.rights_of(role.id) == {Permission.ACCOUNT_USE: Reach.OWN}
    assert plane.roles.change(role.id, RoleChange(name="Support"), ADMIN) == changed, "a change of nothing"
    with refused("management.precondition"):
        plane.roles.change(role.id, RoleChange(name="x"), ADMIN, expected_version=1)
    plane.roles.delete(role.id, ADMIN)
    assert plane.roles.rights_of(role.id) == {}
    with refused("management.not_found"):
        plane.roles.get(role.id)


def test_built_in_roles_stay_as_they_are(plane: ControlPlane) -> None:
    for act in (
        lambda: plane.roles.change("viewer", RoleChange(name="x"), ACTOR),
        lambda: plane.roles.delete("viewer", ACTOR),
        lambda: plane.roles.create("viewer", "", {}, ACTOR),
        lambda: plane.roles.create("ADMINISTRATOR", "", {}, ACTOR),
    ):
        with refused("management.conflict"):
            act()


def test_nobody_makes_or_widens_a_role_beyond_themselves(plane: ControlPlane) -> None:
    narrow = replace(ADMIN, bound=Grant(rights={**RIGHTS, Permission.ACCOUNT_USE: Reach.OWN}))
    role = plane.roles.create("Support", "", RIGHTS, narrow)
    for rights in ({Permission.TOKENS_READ: Reach.ALL}, {Permission.TOKENS_WRITE: Reach.OWN}):
        with refused("management.forbidden"):
            plane.roles.change(role.id, RoleChange(rights=rights), narrow)
        with refused("management.forbidden"):
            plane.roles.create("More", "", rights, narrow)
    above = plane.roles.create("Owners", "", {Permission.INSTALLATION_OWN: Reach.ALL}, ACTOR)
    for act in (
        lambda: plane.roles.change(above.id, RoleChange(rights={}), ADMIN),
        lambda: plane.roles.delete(above.id, ADMIN),
    ):
        with refused("management.forbidden"):
            act()


@pytest.mark.parametrize("rights", [{Permission.MACHINE_OPERATE: Reach.ALL}, {Permission.AUDIT_READ: Reach.OWN}])
def test_a_right_that_makes_no_sense_is_refused(plane: ControlPlane, rights: dict[Permission, Reach]) -> None:
    with refused("management.invalid"):
        plane.roles.create("Odd", "", rights, ACTOR)


def test_roles_and_their_descriptions_are_bounded(plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    with refused("management.invalid"):
        plane.roles.create("Long", "x" * (service.DESCRIPTION_CHARACTERS_MAX + 1), RIGHTS, ACTOR)
    monkeypatch.setattr(service, "ROLES_MAX", 1)
    plane.roles.create("One", "", RIGHTS, ACTOR)
    with refused("management.invalid"):
        plane.roles.create("Two", "", RIGHTS, ACTOR)


def test_a_role_that_somebody_holds_stays(plane: ControlPlane) -> None:
    role = plane.roles.create("Support", "", RIGHTS, ACTOR)
    plane.accounts.invite(NewUser("eve", role.id), ACTOR)
    assert plane.roles.count_holders() == {role.id: 1}
    with refused("management.conflict"):
        plane.roles.delete(role.id, ACTOR)
    with refused("management.conflict"):
        plane.roles.create("sUPPORT", "", RIGHTS, ACTOR)
    assert [one.id for one in plane.roles.all()] == [*BUILT_IN, role.id]
