"""Entries of roles and service accounts: what is stated, and what is not."""

from msgspec import UNSET

from tollway.control.configuration.account_fields import read_role, read_service_account
from tollway.control.configuration.fields import Fields
from tollway.control.configuration.tree import read_tree
from tollway.control.faults import Faults


def fields(text: str) -> Fields:
    return Fields(read_tree(text), "/x/0", Faults())


def test_rights_are_permissions_with_reaches_as_they_are_written() -> None:
    role = read_role(fields("{description: d, rights: {tokens.read: team}}"), "r")
    assert (role.description, role.rights, role.state) == ("d", {"tokens.read": "team"}, UNSET)
    bare = read_role(fields("{name: r}"), "r")
    assert (bare.description, bare.rights) == (UNSET, UNSET)
    wrong = fields("{rights: {tokens.read: [team]}}")
    assert read_role(wrong, "r").rights == {} and [one.path for one in wrong.faults.found] == [
        "/x/0/rights/tokens.read"
    ]


def test_an_account_names_its_role_team_and_owner() -> None:
    account = read_service_account(fields("{role: viewer, team: red, state: disabled}"), "a")
    assert (account.role, account.team, account.owner, account.state) == ("viewer", "red", UNSET, "disabled")
