"""What is done to several service accounts, and what of it can be taken back."""

from dataclasses import replace

from kit.control import ACTOR, ControlPlane
from tollway.control.accounts.model import NewUser
from tollway.control.each import Outcome
from tollway.control.service_accounts.many import act_on_accounts, undo_accounts
from tollway.control.service_accounts.model import NewServiceAccount, ServiceAccountChange


def test_roles_and_owners_are_given_back_and_ends_are_not(plane: ControlPlane) -> None:
    owner = plane.accounts.invite(NewUser("ada", "owner", ("team_default",)), ACTOR)
    with plane.database.write():
        plane.account_store.put(replace(owner.user, state="active"))
    new = NewServiceAccount("ci", "viewer", "team_default", owner.user.id)
    account = plane.service_accounts.create(new, ACTOR).id
    accounts, change = plane.service_accounts, ServiceAccountChange(role="developer")
    given = [Outcome(account, act_on_accounts(accounts, "set_role", ACTOR, change)(account))]
    assert undo_accounts("set_role", given) == {"viewer": [account]}
    again = [Outcome(account, act_on_accounts(accounts, "set_role", ACTOR, change)(account))]
    assert undo_accounts("set_role", again) == {}, "there was nothing to do"
    ended = act_on_accounts(accounts, "deactivate", ACTOR, ServiceAccountChange())(account)
    assert (ended.is_changed, ended.account.state) == (True, "deactivated")
    assert undo_accounts("deactivate", [Outcome(account, ended)]) == {}
