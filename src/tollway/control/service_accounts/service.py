"""Make, change, switch off and delete service accounts, and find them an owner when theirs leaves.

Law: a service account permits no more than whoever makes or changes it may give, outlives everybody, and never loses
its owner in silence: when the owner leaves, its team answers for it and everybody who is to know is told.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from msgspec import UNSET

from tollway.control.access.grant import check_grant, of_role
from tollway.control.access.model import EVERYWHERE, NO_RIGHTS, Permission, Sight
from tollway.control.access.scopes import as_given_into
from tollway.control.actor import Actor
from tollway.control.audit.facts import pick
from tollway.control.audit.model import Facts, Subject
from tollway.control.faults import Faults, Invalid
from tollway.control.notices.events import Event, ServiceAccountOwnerless
from tollway.control.notices.ports import NoNotices, Notices
from tollway.control.paging import PAGE_SIZE, Page, Position, bound_size
from tollway.control.ports import Trail, Transactions
from tollway.control.service_accounts.errors import account_name_taken, account_not_found
from tollway.control.service_accounts.model import (
    EndedAccount,
    NewServiceAccount,
    ServiceAccountChange,
    ServiceAccountFilter,
)
from tollway.control.service_accounts.ports import AccountTokens, RoleDirectory, ServiceAccountStore, TeamDirectory
from tollway.control.sessions.model import User, canonical_name
from tollway.control.sessions.service import checked_name
from tollway.control.versions import check_version
from tollway.kernel.clock import Clock
from tollway.kernel.ids import SERVICE_ACCOUNT, new_id


@dataclass(frozen=True, slots=True)
class ServiceAccountParts:
    """What the service is built from."""

    store: ServiceAccountStore
    teams: TeamDirectory
    roles: RoleDirectory
    tokens: AccountTokens
    transactions: Transactions
    trail: Trail
    clock: Clock
    notices: Notices = field(default_factory=NoNotices)


class ServiceAccounts:
    """The service accounts of this installation. Thread-safe."""

    def __init__(self, parts: ServiceAccountParts) -> None:
        self._parts = parts
        self._store = parts.store
        self._transactions = parts.transactions

    def create(self, new: NewServiceAccount, actor: Actor) -> User:
        """Make an account. It has no password; what it may do, its tokens do.

        Raises management.invalid (also for an unknown role, a team out of sight, an owner who is nobody that could
        answer for it), .conflict (name taken), .forbidden (more than the actor may give).
        """
        with self._transactions.write():
            now = self._parts.clock.now_ns()
            draft = User(
                id=new_id(SERVICE_ACCOUNT),
                name="",
                name_key="",
                role="",
                password_hash="",
                created_ns=now,
                created_by=str(actor),
                updated_ns=now,
                updated_by=str(actor),
                kind="service",
                team_id=new.team_id,
            )
            faults = Faults()
            if not actor.sight.covers(team_id=new.team_id) or self._parts.teams.find(new.team_id) is None:
                faults.add("/team_id", "there is no such team")
            owner_id = new.owner_id or actor.user_id
            if owner_id is None:
                faults.add("/owner_id", "name the person who answers for it")
            faults.check()
            change = ServiceAccountChange(new.name, new.role, owner_id or "")
            account = self._changed(draft, change, actor)
            self._store.add(account)
            self._record(actor, "create", account, None, _facts(account))
            return account

    def get(self, account_id: str, sight: Sight = EVERYWHERE) -> User:
        """Return the account. Raises management.not_found, also for one that was deleted or is out of sight."""
        account = self._store.find(account_id)
        if account is None or account.kind != "service" or account.state == "deleted":
            raise account_not_found()
        if not sight.covers(owner_id=account.owner_id, team_id=account.team_id):
            raise account_not_found()
        return account

    def find_named(self, name: str) -> User | None:
        """Return the account of that name (case ignored), unless it was deleted."""
        found = self._store.find_named(canonical_name(name))
        return found if found is not None and found.kind == "service" else None

    def names(self, user_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those people and accounts that exist or existed."""
        return self._store.names(user_ids)

    def page(
        self,
        wanted: ServiceAccountFilter = ServiceAccountFilter(),
        *,
        sight: Sight = EVERYWHERE,
        after: Position | None = None,
        limit: int = PAGE_SIZE,
    ) -> Page[User]:
        """Return a page of the accounts in sight, newest first."""
        return self._store.page_of_services(wanted, sight=sight, after=after, limit=bound_size(limit))

    def count_ownerless(self) -> int:
        """Return how many accounts have no person who answers for them."""
        return self._store.count_ownerless()

    def change(
        self, account_id: str, change: ServiceAccountChange, actor: Actor, *, expected_version: int | None = None
    ) -> User:
        """Change what is given; in force at the next request of every token of the account.

        Raises management.not_found, .precondition, .invalid, .conflict (name taken), .forbidden.
        """
        with self._transactions.write():
            before = self._touchable(account_id, actor, expected_version)
            return self._save(before, self._changed(before, change, actor), actor, "change")

    def deactivate(self, account_id: str, actor: Actor, *, expected_version: int | None = None) -> EndedAccount:
        """Revoke the account's tokens at once, and let it have no more. Idempotent.

        Raises management.not_found, .precondition, .forbidden.
        """
        with self._transactions.write():
            before = self._touchable(account_id, actor, expected_version)
            return self._end(before, replace(before, state="deactivated"), actor, "deactivate")

    def reactivate(self, account_id: str, actor: Actor, *, expected_version: int | None = None) -> User:
        """Let the account have tokens again; those that were revoked stay so. Idempotent. Raises as `deactivate`."""
        with self._transactions.write():
            before = self._touchable(account_id, actor, expected_version)
            return self._save(before, replace(before, state="active"), actor, "reactivate")

    def delete(self, account_id: str, actor: Actor, *, expected_version: int | None = None) -> EndedAccount:
        """Deactivate for ever: the name is free again; id and name stay known. Raises as `deactivate`."""
        with self._transactions.write():
            before = self._touchable(account_id, actor, expected_version)
            # No canonical name begins with a control character, so nobody can ever have this one.
            after = replace(before, state="deleted", name_key=f"\x1f{before.id}")
            return self._end(before, after, actor, "delete")

    def hand_over(self, owner_id: str, to_user_id: str, actor: Actor) -> int:
        """Make another person the owner of everything that a person owns; in the transaction of the caller.

        Raises management.forbidden when an account may do more than the actor may give.
        """
        owned = self._store.owned_services(owner_id)
        for account in owned:
            self._check_grant(account, actor)
            self._save(account, replace(account, owner_id=to_user_id), actor, "hand_over")
        return len(owned)

    def lose_owner(self, owner_id: str, actor: Actor) -> int:
        """Leave what a person owned to its teams, and say so; in the transaction of the caller."""
        owned = self._store.owned_services(owner_id)
        for account in owned:
            saved = self._save(account, replace(account, owner_id=None), actor, "lose_owner")
            told = ServiceAccountOwnerless(saved.id, saved.name, saved.team_id, owner_id, str(actor))
            self._parts.notices.tell(Event(told, saved.updated_ns))
        return len(owned)

    def _touchable(self, account_id: str, actor: Actor, expected_version: int | None) -> User:
        """Return an account that the actor may touch: one whose tokens may do no more than the actor."""
        account = self.get(account_id, actor.sight)
        check_version(account.version, expected_version)
        self._check_grant(account, actor)
        return account

    def _changed(self, account: User, change: ServiceAccountChange, actor: Actor) -> User:
        faults = Faults()
        if change.name is not UNSET:
            account = _renamed(account, change.name, faults)
        if change.role is not UNSET:
            role = self._parts.roles.find(change.role)
            if role is None:
                faults.add("/role", "there is no such role")
            elif Permission.INSTALLATION_OWN in role.rights:
                faults.add("/role", "only people own the installation")
            account = replace(account, role=change.role)
        if change.owner_id is not UNSET:
            if not self._is_fit(change.owner_id, account, actor):
                faults.add("/owner_id", "choose a person of the team who can sign in")
            account = replace(account, owner_id=change.owner_id)
        faults.check()
        self._check_grant(account, actor)
        if change.name is not UNSET:
            other = self._store.find_named(account.name_key)
            if other is not None and other.id != account.id:
                raise account_name_taken()
        return account

    def _is_fit(self, owner_id: str, account: User, actor: Actor) -> bool:
        """Whether a person can answer for the account: one of its team, or the actor themselves."""
        owner = self._store.find(owner_id)
        if owner is None or owner.kind != "person" or owner.state != "active":
            return False
        is_in_team = account.team_id is not None and self._store.is_member(account.team_id, owner_id)
        return is_in_team or owner_id == actor.user_id or actor.kind == "local"

    def _check_grant(self, account: User, actor: Actor) -> None:
        """Raise management.forbidden unless the actor may give what the account's role permits, in its team."""
        role = self._parts.roles.find(account.role)
        rights = NO_RIGHTS if role is None else role.rights
        given = as_given_into(rights, account.team_id or "", actor.sight.team_ids)
        check_grant(of_role(given), actor.bound)

    def _end(self, before: User, after: User, actor: Actor, act: str) -> EndedAccount:
        tokens = self._parts.tokens.end_personal(before.id, actor, reason=f"its service account was {after.state}")
        return EndedAccount(self._save(before, after, actor, act), tokens)

    def _save(self, before: User, after: User, actor: Actor, act: str) -> User:
        if after == before:
            return before
        now = self._parts.clock.now_ns()
        saved = replace(after, updated_ns=now, updated_by=str(actor), version=before.version + 1)
        self._store.put(saved)
        self._record(actor, act, saved, _facts(before), _facts(saved))
        return saved

    def _record(self, actor: Actor, act: str, account: User, before: Facts | None, after: Facts) -> None:
        subject = Subject("service_account", account.id, account.name)
        self._parts.trail.record(actor, f"service_account.{act}", subject, before, after)


def _renamed(account: User, name: str, faults: Faults) -> User:
    try:
        clean, key = checked_name(name)
    except Invalid as error:
        faults.extend("", error.faults)
        return account
    return replace(account, name=clean, name_key=key)


def _facts(account: User) -> dict[str, object]:
    """Return what the audit log shows of a service account."""
    return pick(account, "name", "role", "state", "team_id", "owner_id")
