"""Invite, change, deactivate and delete people, and put them into teams.

Law: nobody gives a role that permits more than they may do themselves, nobody touches the account of a person who may
do more than they do, and an installation always has an owner who can sign in.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from msgspec import UNSET

from tollway.control.access.grant import Grant, check_grant, check_membership, excess, of_management, of_role
from tollway.control.access.model import NO_RIGHTS
from tollway.control.access.roles import OWNER
from tollway.control.accounts.errors import (
    equal_or_higher,
    last_owner,
    not_in_this_state,
    not_oneself,
    user_name_taken,
    user_not_found,
)
from tollway.control.accounts.model import Ended, FactorsReset, IssuedLink, NewUser, UserChange, UserFilter
from tollway.control.accounts.ports import (
    AccountStore,
    FactorDirectory,
    NoServices,
    OwnedServices,
    PersonalTokens,
    RoleDirectory,
    TeamDirectory,
)
from tollway.control.actor import Actor
from tollway.control.audit.facts import pick
from tollway.control.audit.model import Facts, Subject
from tollway.control.faults import Faults, Invalid, refuse
from tollway.control.notices.events import Event, UserDeactivated, UserInvited
from tollway.control.notices.mail import is_address
from tollway.control.notices.ports import NoNotices, Notices
from tollway.control.paging import PAGE_SIZE, Page, Position, bound_size
from tollway.control.ports import Trail, Transactions
from tollway.control.sessions.errors import session_not_found
from tollway.control.sessions.model import (
    AccountNews,
    LinkPurpose,
    User,
    UserLink,
    UserState,
    hash_secret,
    new_secret,
)
from tollway.control.sessions.ports import AccountNotices, NoAccountNotices
from tollway.control.sessions.service import checked_name
from tollway.control.versions import check_version
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.ids import USER, new_id
from tollway.kernel.secret import Secret

INVITE_SECONDS = 7 * 86_400
RESET_SECONDS = 3_600
TEAMS_MAX = 100


@dataclass(frozen=True, slots=True)
class AccountParts:
    """What the service is built from."""

    store: AccountStore
    teams: TeamDirectory
    roles: RoleDirectory
    tokens: PersonalTokens
    transactions: Transactions
    trail: Trail
    clock: Clock
    notices: Notices = field(default_factory=NoNotices)
    factors: FactorDirectory = field(kw_only=True)
    services: OwnedServices = field(default_factory=NoServices)
    news: AccountNotices = field(default_factory=NoAccountNotices)


class Accounts:
    """The people of this installation. Thread-safe."""

    def __init__(self, parts: AccountParts) -> None:
        self._parts = parts
        self._store = parts.store
        self._transactions = parts.transactions

    def invite(self, new: NewUser, actor: Actor) -> IssuedLink:
        """Make an account that nobody can sign in to before its link was used, and return the link.

        Raises management.invalid (also for an unknown role or team), .conflict (name taken), .forbidden.
        """
        with self._transactions.write():
            now = self._parts.clock.now_ns()
            draft = User(
                id=new_id(USER),
                name="",
                name_key="",
                role="",
                password_hash="",
                created_ns=now,
                state="invited",
                created_by=str(actor),
                updated_ns=now,
                updated_by=str(actor),
            )
            user = self._changed(draft, UserChange(new.name, new.role, new.email), actor, team_ids=new.team_ids)
            self._store.add(user)
            for team_id in dict.fromkeys(new.team_ids):
                self._store.join(team_id, user.id, now_ns=now, by=str(actor))
            self._record(actor, "invite", user, None, {**_facts(user), "team_ids": list(new.team_ids)})
            self._parts.notices.tell(Event(UserInvited(user.id, user.name, user.role, str(actor)), now))
            return self._issue_link(user, "invite")

    def get(self, user_id: str) -> User:
        """Return the person. Raises management.not_found, also for one who was deleted."""
        user = self._store.find(user_id)
        if user is None or user.kind != "person" or user.state == "deleted":
            raise user_not_found()
        return user

    def page(self, wanted: UserFilter, *, after: Position | None = None, limit: int = PAGE_SIZE) -> Page[User]:
        """Return a page of people, newest first."""
        return self._store.page(wanted, after=after, limit=bound_size(limit))

    def names(self, user_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist or existed."""
        return self._store.names(user_ids)

    def teams_of(self, user_ids: Collection[str]) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """Return the teams of each person as (id, name); who is in none is left out."""
        return self._store.teams_of(user_ids)

    def change(self, user_id: str, change: UserChange, actor: Actor, *, expected_version: int | None = None) -> User:
        """Change name or role; in force at the person's next request.

        Raises management.not_found, .precondition, .invalid, .conflict (name taken, last owner), .forbidden.
        """
        with self._transactions.write():
            before = self._touchable(user_id, actor, expected_version)
            after = self._changed(before, change, actor)
            if before.role == OWNER and after.role != OWNER:
                self._keep_an_owner(before)
            if after.email != before.email:
                self._parts.news.tell(AccountNews("email_changed", before, actor))
            return self._save(before, after, actor, "change")

    def issue_link(self, user_id: str, actor: Actor) -> IssuedLink:
        """Return a new one-time link for the person to choose a password; earlier ones stop working.

        Using it ends all their sessions. Raises management.not_found, .forbidden, .conflict (deactivated).
        """
        with self._transactions.write():
            user = self._touchable(user_id, actor, None)
            if user.state == "deactivated":
                raise not_in_this_state(user.state)
            check_grant(self._grant(user.role, ()), actor.bound)
            issued = self._issue_link(user, "invite" if user.state == "invited" else "reset")
            self._record(actor, "link", user, None, {"purpose": issued.purpose, "expires_ns": issued.expires_ns})
            return issued

    def factors_of(self, user_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Return which second factors each person has; who has none is left out."""
        return self._parts.factors.kinds(user_ids)

    def reset_factors(self, user_id: str, actor: Actor) -> FactorsReset:
        """Take a person's second factors and recovery codes away, and end their sessions; the password stays.

        For who may do more than the person (tokens.md R20): an equal could take the account over with a link.
        Raises management.not_found, .forbidden.
        """
        with self._transactions.write():
            user = self._touchable(user_id, actor, None)
            if not excess(Grant(rights=actor.bound.rights), Grant(rights=self._grant(user.role, ()).rights)):
                raise equal_or_higher()
            factors = self._parts.factors.delete_all(user.id)
            sessions = self._store.end_sessions(user.id)
            self._record(actor, "reset_factors", user, None, {"factors": factors, "sessions": sessions})
            self._parts.news.tell(AccountNews("factors_reset", user, actor))
            return FactorsReset(user, sessions, factors)

    def deactivate(self, user_id: str, actor: Actor, *, expected_version: int | None = None) -> Ended:
        """End the person's sessions, links and own tokens at once, and let them sign in no more. Idempotent.

        Raises management.not_found, .precondition, .forbidden, .conflict (oneself, the last owner).
        """
        with self._transactions.write():
            before = self._touchable(user_id, actor, expected_version)
            return self._end(before, replace(before, state="deactivated"), actor, "deactivate")

    def reactivate(self, user_id: str, actor: Actor, *, expected_version: int | None = None) -> User:
        """Let a deactivated person sign in again, with the password they had; without one, by a new link. Idempotent.

        Raises management.not_found, .precondition, .forbidden.
        """
        with self._transactions.write():
            before = self._touchable(user_id, actor, expected_version)
            if before.state != "deactivated":
                return before
            check_grant(self._grant(before.role, ()), actor.bound)
            state: UserState = "active" if before.password_hash else "invited"
            return self._save(before, replace(before, state=state), actor, "reactivate")

    def delete(self, user_id: str, actor: Actor, *, expected_version: int | None = None) -> Ended:
        """Deactivate for ever: the name is free again, the password and memberships are gone, id and name stay known.

        Raises as `deactivate`.
        """
        with self._transactions.write():
            before = self._touchable(user_id, actor, expected_version)
            self._store.leave(user_id)
            self._parts.factors.delete_all(user_id)
            # No canonical name begins with a control character, so nobody can ever have this one.
            after = replace(before, state="deleted", password_hash="", name_key=f"\x1f{before.id}")
            return self._end(before, after, actor, "delete")

    def hand_over(self, user_id: str, to_user_id: str, actor: Actor) -> int:
        """Give everything a person owns to another active person, and return how many tokens that were.

        Raises management.not_found, .forbidden, .invalid (an unfit receiver).
        """
        with self._transactions.write():
            giver = self._touchable(user_id, actor, None)
            receiver = self._store.find(to_user_id)
            is_person = receiver is not None and receiver.kind == "person"
            if receiver is None or not is_person or receiver.state != "active" or to_user_id == user_id:
                raise refuse("/to_user_id", "choose another person who can sign in")
            tokens = self._parts.tokens.hand_over(user_id, to_user_id, actor)
            accounts = self._parts.services.hand_over(user_id, to_user_id, actor)
            facts = {"to_user_id": to_user_id, "tokens": tokens, "service_accounts": accounts}
            self._record(actor, "hand_over", giver, None, facts)
            return tokens

    def end_session(self, user_id: str, session_id: str, actor: Actor) -> None:
        """Sign a person out of one place at once. Raises management.not_found, .forbidden (who may do more)."""
        with self._transactions.write():
            user = self._touchable(user_id, actor, None)
            if not self._store.end_sessions(user.id, session_id):
                raise session_not_found()
            self._record(actor, "sign_out", user, None, {"session_id": session_id})

    def end_sessions(self, user_id: str, actor: Actor) -> int:
        """Sign a person out everywhere at once; return how many sessions there were. Raises as `end_session`."""
        with self._transactions.write():
            user = self._touchable(user_id, actor, None)
            sessions = self._store.end_sessions(user.id)
            self._record(actor, "sign_out", user, None, {"sessions": sessions})
            return sessions

    def _end(self, before: User, after: User, actor: Actor, act: str) -> Ended:
        if before.id == actor.user_id:
            raise not_oneself()
        if before.role == OWNER:
            self._keep_an_owner(before)
        sessions = self._store.end_access(before.id)
        tokens = self._parts.tokens.end_personal(before.id, actor, reason=f"its owner was {after.state}")
        self._parts.services.lose_owner(before.id, actor)
        saved = self._save(before, after, actor, act)
        if saved.state != before.state:
            is_deleted = saved.state == "deleted"
            data = UserDeactivated(saved.id, saved.name, saved.role, is_deleted, sessions, tokens, str(actor))
            self._parts.notices.tell(Event(data, saved.updated_ns))
        return Ended(saved, sessions, tokens)

    def _keep_an_owner(self, leaving: User) -> None:
        if leaving.state == "active" and self._store.count_owners() <= 1:
            raise last_owner()

    def _issue_link(self, user: User, purpose: LinkPurpose) -> IssuedLink:
        secret = new_secret()
        seconds = INVITE_SECONDS if purpose == "invite" else RESET_SECONDS
        expires_ns = self._parts.clock.now_ns() + seconds * NANOS_PER_SECOND
        self._store.replace_link(UserLink(hash_secret(secret), user.id, purpose, expires_ns))
        return IssuedLink(user, Secret(secret), purpose, expires_ns)

    def _touchable(self, user_id: str, actor: Actor, expected_version: int | None) -> User:
        """Return a person whose account the actor may touch: one who may do no more than the actor."""
        user = self.get(user_id)
        check_version(user.version, expected_version)
        check_grant(of_management(self._grant(user.role, ()).rights or NO_RIGHTS), actor.bound)
        return user

    def _changed(self, user: User, change: UserChange, actor: Actor, *, team_ids: tuple[str, ...] = ()) -> User:
        faults = Faults()
        if change.name is not UNSET:
            user = self._renamed(user, change.name, faults)
        if change.role is not UNSET:
            if self._parts.roles.find(change.role) is None:
                faults.add("/role", "there is no such role")
            user = replace(user, role=change.role)
        if change.email is not UNSET:
            if change.email is not None and not is_address(change.email):
                faults.add("/email", "this is not an e-mail address")
            user = replace(user, email=change.email)
        if len(team_ids) > TEAMS_MAX:
            faults.add("/team_ids", f"at most {TEAMS_MAX} teams")
        for index, team_id in enumerate(team_ids[:TEAMS_MAX]):
            if not actor.sight.covers(team_id=team_id) or self._parts.teams.find(team_id) is None:
                faults.add(f"/team_ids/{index}", "there is no such team")
        faults.check()
        self._check_given(user, change, actor, team_ids)
        if change.name is not UNSET:
            other = self._store.find_named(user.name_key)
            if other is not None and other.id != user.id:
                raise user_name_taken()
        return user

    def _check_given(self, user: User, change: UserChange, actor: Actor, team_ids: tuple[str, ...]) -> None:
        """Raise management.forbidden where a role, in a team, gives more than the actor may give there."""
        given = self._grant(user.role, team_ids)
        check_grant(given, actor.bound)
        if change.role is UNSET:
            return
        joined = tuple(team_id for team_id, _ in self._store.teams_of([user.id]).get(user.id, ()))
        for team_id in (*team_ids, *joined):
            check_membership(given.rights or NO_RIGHTS, team_id, actor.sight, actor.bound)

    def _renamed(self, user: User, name: str, faults: Faults) -> User:
        try:
            clean, key = checked_name(name)
        except Invalid as error:
            faults.extend("", error.faults)
            return user
        return replace(user, name=clean, name_key=key)

    def _grant(self, role_id: str, team_ids: tuple[str, ...]) -> Grant:
        role = self._parts.roles.find(role_id)
        return of_role(NO_RIGHTS if role is None else role.rights, frozenset(team_ids))

    def _save(self, before: User, after: User, actor: Actor, act: str) -> User:
        if after == before:
            return before
        now = self._parts.clock.now_ns()
        saved = replace(after, updated_ns=now, updated_by=str(actor), version=before.version + 1)
        self._store.put(saved)
        self._record(actor, act, saved, _facts(before), _facts(saved))
        return saved

    def _record(self, actor: Actor, act: str, user: User, before: Facts | None, after: Facts) -> None:
        self._parts.trail.record(actor, f"user.{act}", Subject("user", user.id, user.name), before, after)


def _facts(user: User) -> dict[str, object]:
    """Return what the audit log shows of a person."""
    return pick(user, "name", "role", "state", "email")
