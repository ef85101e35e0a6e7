"""Whose a token is when it belongs to no application, and what it may do at the management API. Pure but for a look-up.

Law: a token with scopes has an owner whose rights bound it, and whoever comes to know its secret could have given what
it permits: over rows that are not one's own, only who reaches all gives anything.
"""

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Protocol

from msgspec import UNSET

from tollway.control.access.model import NO_RIGHTS, Reach, Rights
from tollway.control.access.scopes import check_scopes
from tollway.control.actor import Actor
from tollway.control.faults import Faults
from tollway.control.sessions.model import User
from tollway.control.tokens.model import Token, TokenChange


class AccountDirectory(Protocol):
    """People and service accounts by their id."""

    def find(self, user_id: str) -> User | None:
        """Return the account, also a deleted one."""
        ...


class NoAccounts:
    """Implements AccountDirectory where there are none."""

    def find(self, user_id: str) -> User | None:
        """Return None."""
        return None


@dataclass(frozen=True, slots=True)
class Settling:
    """Who changes a token, and where what cannot be is noted."""

    accounts: AccountDirectory
    actor: Actor
    faults: Faults

    def settle(self, token: Token, before: Token, change: TokenChange) -> Token:
        """Return the token, whose other fields are changed already, with the owner and the scopes that the change says.

        A token that comes to another owner loses its scopes, unless new ones come with it: its secret is known to
        those who had it before. Faults name what cannot be.
        """
        faults = self.faults
        if change.owner_id is not UNSET and change.owner_id != self.actor.user_id:
            token = self._given_to(token, change.owner_id)
        if change.scopes is not UNSET:
            token = replace(token, scopes=MappingProxyType(dict(change.scopes)))
            check_scopes(token.scopes, faults)
        elif (token.owner_id, token.application_id) != (before.owner_id, before.application_id):
            token = replace(token, scopes=NO_RIGHTS)
        if token.scopes and token.application_id is not None:
            faults.add("/scopes", "a token of an application manages nothing; use one of a service account")
        elif token.scopes and token.owner_id is None:
            faults.add("/scopes", "a token that is nobody's manages nothing; use one of a service account")
        return token

    def _given_to(self, token: Token, account_id: str) -> Token:
        """Return the token as a service account's.

        Nobody makes tokens in another person's name: what they do would be that person's act.
        """
        account = self.accounts.find(account_id)
        is_seen = account is not None and self.actor.sight.covers(team_id=account.team_id)
        if account is None or account.kind != "service" or not is_seen:
            self.faults.add("/owner_id", "there is no such service account")
            return token
        if account.state != "active":
            self.faults.add("/owner_id", f"the service account is {account.state}")
        return replace(token, owner_id=account.id, owner_name=account.name, team_id=account.team_id)


def needed_rights(token: Token, actor: Actor | None) -> Rights:
    """Return what somebody must hold to give the token its scopes, or to come to know its secret."""
    if actor is not None and token.owner_id is not None and token.owner_id == actor.user_id:
        return token.scopes
    if actor is not None and token.team_id is not None and token.team_id in actor.sight.team_ids:
        return token.scopes
    return dict.fromkeys(token.scopes, Reach.ALL)
