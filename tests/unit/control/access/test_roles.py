"""The built-in roles: who contains whom, and what nobody who signs in may do."""

import pytest

from tollway.control.access.grant import Grant, excess
from tollway.control.access.model import REGISTRY, Permission, Reach, Role
from tollway.control.access.roles import BUILT_IN, OPERATOR_RIGHTS


def beyond(role: Role, other: Role) -> tuple[str, ...]:
    return excess(Grant(rights=role.rights), Grant(rights=other.rights))


def test_the_owner_may_do_what_everybody_may() -> None:
    assert not [role.id for role in BUILT_IN.values() if beyond(role, BUILT_IN["owner"])]


def test_only_making_owners_is_kept_from_administrators() -> None:
    assert beyond(BUILT_IN["owner"], BUILT_IN["admin"]) == ("installation.own",)
    assert not [role.id for role in BUILT_IN.values() if role.id != "owner" and beyond(role, BUILT_IN["admin"])]


@pytest.mark.parametrize("role", BUILT_IN.values(), ids=lambda role: role.id)
def test_a_role_reaches_only_where_that_makes_sense(role: Role) -> None:
    assert all(reach in REGISTRY[permission].reaches for permission, reach in role.rights.items())
    assert Permission.MACHINE_OPERATE not in role.rights
    assert role.rights[Permission.ACCOUNT_USE] is Reach.OWN


@pytest.mark.parametrize("role_id", ["auditor", "viewer", "billing"])
def test_who_only_looks_changes_nothing(role_id: str) -> None:
    assert {name.value.split(".")[1] for name in BUILT_IN[role_id].rights} <= {"read", "use"}


def test_whoever_changes_a_kind_sees_as_much_of_it() -> None:
    for role in BUILT_IN.values():
        for permission, reach in role.rights.items():
            reading = permission.value.replace(".write", ".read")
            if permission.value.endswith(".write") and reading in set(Permission):
                assert role.rights[Permission(reading)].covers(reach), f"{role.id}: {permission}"


def test_the_command_line_may_do_everything_but_have_an_account() -> None:
    assert set(Permission) - set(OPERATOR_RIGHTS) == {Permission.ACCOUNT_USE}
