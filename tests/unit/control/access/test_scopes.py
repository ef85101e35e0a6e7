"""Scopes narrow what an owner may do, and never widen it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.control.access.grant import Grant, excess
from tollway.control.access.model import REGISTRY, Permission, Reach, Rights
from tollway.control.access.scopes import NEVER, as_given_into, check_scopes, narrow
from tollway.control.faults import Faults

_rights = st.dictionaries(st.sampled_from(list(Permission)[:6]), st.sampled_from(Reach))


@given(rights=_rights, scopes=_rights)
def test_a_token_may_do_what_its_scopes_and_its_owner_both_permit(rights: Rights, scopes: Rights) -> None:
    both = narrow(rights, scopes)
    for bound in (rights, scopes):
        assert excess(Grant(rights=both), Grant(rights=bound)) == ()
    for permission in rights.keys() & scopes.keys():
        assert both[permission] in (rights[permission], scopes[permission])
    assert both.keys() == rights.keys() & scopes.keys()
    assert narrow(rights, rights) == rights


@given(rights=_rights, team=st.sampled_from("xyz"), own=st.frozensets(st.sampled_from("xyz")))
def test_what_reaches_a_team_is_given_into_a_team_of_others_by_who_reaches_all(
    rights: Rights, team: str, own: frozenset[str]
) -> None:
    needed = as_given_into(rights, team, own)
    assert needed.keys() == rights.keys()
    for permission, reach in rights.items():
        assert needed[permission].covers(reach)
        assert (needed[permission] is Reach.ALL) == (reach is Reach.ALL or (reach is Reach.TEAM and team not in own))


@pytest.mark.parametrize("permission", list(Permission), ids=str)
def test_every_permission_is_a_scope_but_those_of_people_and_the_machine(permission: Permission) -> None:
    faults = Faults()
    check_scopes({permission: REGISTRY[permission].reaches[-1]}, faults)
    assert [fault.path for fault in faults.found] == ([f"/scopes/{permission}"] if permission in NEVER else [])


def test_a_reach_that_the_permission_is_not_held_with_is_a_fault() -> None:
    faults = Faults()
    check_scopes({Permission.ROLES_WRITE: Reach.OWN, Permission.TOKENS_READ: Reach.OWN}, faults)
    assert [fault.path for fault in faults.found] == ["/scopes/roles.write"]
