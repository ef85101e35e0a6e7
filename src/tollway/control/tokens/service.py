"""Issue, list, change and end tokens.

Law: a token's secret is made here, hashed, handed out once and forgotten; no row, log or policy record
ever holds it. Ids are never used again, because rows are never deleted. When a method returns, the
policy store has the change (see `control.ports.Touching`).
"""

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from msgspec import UNSET

from tollway.contract.life import TokenState
from tollway.contract.limits import Limits
from tollway.control.access.grant import Grant, check_grant
from tollway.control.access.model import EVERYWHERE, NO_RIGHTS, Sight
from tollway.control.actor import Actor
from tollway.control.audit.facts import pick
from tollway.control.audit.model import Subject
from tollway.control.faults import Faults, refuse
from tollway.control.limits.ports import Deed, Edit, LimitedOwners
from tollway.control.limits.service import compile_limits, find_faults, to_rules
from tollway.control.names import check_name
from tollway.control.notices.ports import NoNotices, Notices
from tollway.control.paging import PAGE_SIZE, Page, Position, bound_size
from tollway.control.plans.assigning import NoPlans, find_plan
from tollway.control.plans.ports import PlanDirectory
from tollway.control.ports import Touching, Trail, Transactions
from tollway.control.tokens.errors import several_tokens, token_expired, token_not_found, token_revoked
from tollway.control.tokens.events import token_created_event, token_revoked_event
from tollway.control.tokens.keeping_rights import NoRightsKeeper, RightsKeeper
from tollway.control.tokens.life import NEW_LIFE
from tollway.control.tokens.lifetimes import Lifetime, LifetimeBook, NoLifetimes
from tollway.control.tokens.model import (
    IssuedToken,
    NewToken,
    Token,
    TokenChange,
    TokenFilter,
)
from tollway.control.tokens.owning import AccountDirectory, NoAccounts, Settling, needed_rights
from tollway.control.tokens.ports import Owners, ServiceDirectory, TokenHasher, TokenStore
from tollway.control.tokens.settling import bounded_life, settle_life
from tollway.control.versions import check_version
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.errors import TollwayError
from tollway.policy.token import RANDOM_BYTES, SERVICE, generate_token, parse_token

EXPIRES_NS_MAX = 2**63 - 1
"""What a column of nanoseconds holds: the year 2262."""
ENTRIES_MAX = 1_000
"""Models, and services, that one token may list."""
REASON_CHARACTERS_MAX = 500
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class TokenParts:
    """What the service is built from. `random_bytes` is the system's generator."""

    store: TokenStore
    owners: Owners
    services: ServiceDirectory
    hasher: TokenHasher
    touching: Touching
    transactions: Transactions
    trail: Trail
    clock: Clock
    random_bytes: Callable[[int], bytes] = os.urandom
    notices: Notices = field(default_factory=NoNotices)
    plans: PlanDirectory = field(default_factory=NoPlans)
    lifetimes: LifetimeBook = field(default_factory=NoLifetimes)
    accounts: AccountDirectory = field(default_factory=NoAccounts)
    rights: RightsKeeper = field(default_factory=NoRightsKeeper)


class Tokens:
    """The tokens of this installation. Thread-safe."""

    def __init__(self, parts: TokenParts) -> None:
        self._parts = parts
        self._store = parts.store
        self._transactions = parts.transactions

    @property
    def parts(self) -> TokenParts:
        """What the service is built from, for the domain's other services."""
        return self._parts

    def issue(self, new: NewToken, actor: Actor) -> IssuedToken:
        """Make a token and return it with its secret, which cannot be had again.

        Raises management.invalid with all faults (also for an unknown application or service, one that the actor
        does not see, and for an expiry that is not in the future), management.forbidden when it would be more than
        the actor may give.
        """
        with self._transactions.write():
            return self.add(self._draft(new, actor), actor)

    def add(self, draft: Token, actor: Actor, *, like: Token | None = None) -> IssuedToken:
        """Store a token that was put together, in the transaction of the caller, with the rights of one like it.

        It gets an id and a secret here. Raises management.forbidden when it would be more than the actor may give.
        """
        check_grant(grant_of(draft, actor), actor.bound)
        issued = self._store_fresh(draft)
        if like is not None:
            self._parts.rights.copy(like, issued.token, actor)
        self._parts.rights.bind(issued.token, actor)
        self._parts.touching.touch_token(issued.token.id)
        self._record(actor, "issue", None, issued.token)
        self._parts.notices.tell(token_created_event(issued.token))
        return issued

    def get(self, token_id: str, sight: Sight = EVERYWHERE) -> Token:
        """Return the token. Raises management.not_found, also for one that is out of sight."""
        token = self._store.find(token_id)
        if token is None or not sight.covers(owner_id=token.owner_id, team_id=token.team_id):
            raise token_not_found()
        return token

    def find_named(self, name: str) -> Token | None:
        """Return the unrevoked token of that name (case ignored). Raises management.conflict for several."""
        found = self._store.find_named(name)
        if len(found) > 1:
            raise several_tokens(name)
        return found[0] if found else None

    def page(
        self,
        wanted: TokenFilter = TokenFilter(),
        *,
        sight: Sight = EVERYWHERE,
        after: Position | None = None,
        limit: int = PAGE_SIZE,
    ) -> Page[Token]:
        """Return a page of the tokens in sight by (created_ns, id). Cost does not grow with the tokens before it."""
        now = self._parts.clock.now_ns()
        return self._store.page(wanted, sight=sight, now_ns=now, after=after, limit=bound_size(limit))

    def names(self, token_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist."""
        return self._store.names(token_ids)

    def count_live(self) -> int:
        """Count the tokens that are neither revoked nor expired."""
        return self._store.count_live(now_ns=self._parts.clock.now_ns())

    def expiring(self, within_seconds: int, *, limit: int = 20) -> tuple[Token, ...]:
        """Return active tokens that expire within that time from now, soonest first."""
        now = self._parts.clock.now_ns()
        return self._store.expiring(after_ns=now, until_ns=now + within_seconds * NANOS_PER_SECOND, limit=limit)

    def count_personal(self, user_ids: Collection[str]) -> dict[str, int]:
        """Return how many live tokens of their own people have; who has none is left out."""
        return self._store.count_personal(user_ids, now_ns=self._parts.clock.now_ns())

    def end_personal(self, user_id: str, actor: Actor, *, reason: str) -> int:
        """Revoke every token of a person, in the transaction of the caller, and return how many there were."""
        with self._transactions.write():
            token_ids = self._store.personal_ids(user_id)
            for token_id in token_ids:
                self.end(token_id, actor, reason)
        return len(token_ids)

    def hand_over(self, user_id: str, to_user_id: str, actor: Actor) -> int:
        """Give every token of a person to another, in the transaction of the caller; return how many there were.

        Secrets, limits, budgets and use stay. Scopes do not: who knew the secret would act as the new owner.
        Raises management.forbidden when one of them permits more than the actor may give.
        """
        with self._transactions.write():
            token_ids = self._store.personal_ids(user_id)
            for token_id in token_ids:
                token = self.get(token_id)
                given = replace(token, owner_id=to_user_id, scopes=NO_RIGHTS)
                self.refuse_excess(given, actor)
                self.save(token, given, actor, "hand_over")
        return len(token_ids)

    def change(self, token_id: str, change: TokenChange, actor: Actor, *, expected_version: int | None = None) -> Token:
        """Change what is given; an `expires_ns` in the past ends the token now.

        A change of nothing leaves version and instants as they are. Raises management.not_found,
        management.precondition, management.conflict (revoked), management.invalid, management.forbidden.
        """
        with self._transactions.write():
            token = self.changeable(token_id, actor, expected_version)
            changed = self._changed(token, change, actor)
            check_grant(grant_of(changed, actor), actor.bound)
            self._parts.rights.bind(changed, actor)
            return self.save(token, changed, actor, "change")

    def find_limits(self, token_id: str, sight: Sight) -> tuple[str, Limits, int]:
        """Return the token's name, its limits and its version. Raises management.not_found."""
        token = self.get(token_id, sight)
        return token.name, token.limits, token.version

    def edit_limits(self, token_id: str, edit: Edit, deed: Deed) -> tuple[Limits, int]:
        """Bring the token's limits to what `edit` returns; see LimitedOwners. Raises as `change`."""
        with self._transactions.write():
            before = self.changeable(token_id, deed.actor, deed.expected_version)
            saved = self.save(before, replace(before, limits=edit(before.limits)), deed.actor, deed.act)
            return saved.limits, saved.version

    def disable(self, token_id: str, actor: Actor, *, expected_version: int | None = None) -> Token:
        """Refuse the token's calls until it is enabled again. Idempotent. Raises as `change`."""
        return self._switch(token_id, "disabled", actor, expected_version)

    def enable(self, token_id: str, actor: Actor, *, expected_version: int | None = None) -> Token:
        """Undo `disable`. Idempotent. Raises as `change`."""
        return self._switch(token_id, "active", actor, expected_version)

    def revoke(
        self,
        token_id: str,
        actor: Actor,
        *,
        reason: str | None = None,
        is_compromised: bool = False,
        expected_version: int | None = None,
    ) -> Token:
        """End the token for ever. When this returns, no worker accepts it any more, also after restarts.

        `is_compromised` also ends its calls in flight, within two seconds, and may be said later of one that was
        revoked before. Idempotent: a second revocation keeps the first one's instant and reason. Raises
        management.not_found, management.precondition, management.invalid; management.unavailable means that the
        revocation may be stored and not yet be in force: try again.
        """
        reason = read_reason(reason)
        with self._transactions.write():
            token = self.get(token_id, actor.sight)
            check_version(token.version, expected_version)
            return self.end(token_id, actor, reason, is_compromised=is_compromised)

    def end(self, token_id: str, actor: Actor, reason: str | None, *, is_compromised: bool = False) -> Token:
        """Revoke the token in the transaction of the caller; see `revoke`."""
        token = self.get(token_id)
        life = replace(token.life, is_compromised=True) if is_compromised else token.life
        if token.state == "revoked":
            # Published again: the first attempt may have failed between the two stores.
            self._parts.touching.touch_token(token_id)
            return self.save(token, replace(token, life=life), actor, "compromise")
        return self._end(replace(token, life=life), token, actor, reason)

    def _end(self, token: Token, before: Token, actor: Actor, reason: str | None) -> Token:
        now = self._parts.clock.now_ns()
        revoked = replace(token, state="revoked", revoked_ns=now, revoked_by=str(actor), revoked_reason=reason)
        self._parts.notices.tell(token_revoked_event(revoked))
        return self.save(before, revoked, actor, "revoke")

    def _switch(self, token_id: str, state: TokenState, actor: Actor, expected_version: int | None) -> Token:
        with self._transactions.write():
            token = self.changeable(token_id, actor, expected_version)
            if state == "active":
                self.refuse_excess(token, actor)
            self._parts.touching.touch_token(token_id)
            act = "enable" if state == "active" else "disable"
            if state == "active" and token.life.quarantine is not None:
                state = "quarantined"  # what is enabled again is as it was before it was disabled
            return self.save(token, replace(token, state=state), actor, act)

    def changeable(self, token_id: str, actor: Actor, expected_version: int | None) -> Token:
        """Return a token that the actor may change, in the transaction of the caller. Raises as `change`."""
        token = self.get(token_id, actor.sight)
        check_version(token.version, expected_version)
        if token.state == "revoked":
            raise token_revoked()
        return token

    def refuse_excess(self, token: Token, actor: Actor) -> None:
        """Raise management.forbidden unless the actor may give what the token permits.

        The one check of whatever hands a token on, shows its secret anew or gives back what was taken from it; what
        makes or changes one also narrows its rights (see RightsKeeper.bind).
        """
        check_grant(grant_of(token, actor), actor.bound)
        self._parts.rights.check(token, actor)

    def may_give(self, token: Token, actor: Actor) -> bool:
        """Return whether `refuse_excess` would let the actor."""
        try:
            self.refuse_excess(token, actor)
        except TollwayError as error:
            if error.code.name != "management.forbidden":
                raise
            return False
        return True

    def refuse_expired(self, token: Token, now_ns: int) -> None:
        """Raise management.conflict for a token that has expired."""
        if token.state_at(now_ns) == "expired":
            raise token_expired()

    def save(self, before: Token, after: Token, actor: Actor, act: str) -> Token:
        """Store, publish and record a change, in the transaction of the caller; nothing when nothing changed."""
        if after == before:
            return before
        now = self._parts.clock.now_ns()
        saved = replace(after, updated_ns=now, updated_by=str(actor), version=before.version + 1)
        self._store.put(saved)
        self._parts.touching.touch_token(saved.id)
        self._record(actor, act, before, saved)
        return saved

    def _record(self, actor: Actor, act: str, before: Token | None, after: Token) -> None:
        subject = Subject("token", after.id, after.name)
        self._parts.trail.record(
            actor, f"token.{act}", subject, None if before is None else _facts(before), _facts(after)
        )

    def _draft(self, new: NewToken, actor: Actor) -> Token:
        now = self._parts.clock.now_ns()
        lifetime = self._lifetime(new.application_id, actor)
        expires, idle = new.expires_ns, new.idle_seconds
        if expires is UNSET:
            expires = now + lifetime.default_seconds * NANOS_PER_SECOND
        if idle is UNSET:
            idle = lifetime.idle_seconds
        draft = Token(
            id="",
            kind=SERVICE,
            name=new.name,
            state="active",
            mac=b"",
            pepper_version=self._parts.hasher.pepper_version,
            application_id=None,
            application_name=None,
            team_id=None,
            environment=new.environment,
            models=None,
            services=None,
            limits=compile_limits("", new.limits),
            expires_ns=None,
            created_ns=now,
            created_by=str(actor),
            updated_ns=now,
            updated_by=str(actor),
            life=bounded_life(NEW_LIFE, lifetime, now),
        )
        faults = Faults()
        if isinstance(expires, int) and expires <= now:
            faults.add("/expires_at", "this instant is not in the future")
        if new.environment not in ("live", "test"):
            faults.add("/environment", "use live or test")
        if new.owner_id is not None and new.application_id is not None:
            faults.add("/owner_id", "a token belongs to an application or to a service account, not to both")
        change = TokenChange(
            new.name,
            new.application_id,
            new.models,
            new.services,
            expires,
            new.limits,
            new.plan_id,
            new.not_before_ns,
            idle,
            new.may_rotate,
        )
        change = replace(change, owner_id=new.owner_id or UNSET, scopes=new.scopes)
        return self._changed(draft, change, actor, faults)

    def _changed(self, token: Token, change: TokenChange, actor: Actor, faults: Faults | None = None) -> Token:
        faults = faults or Faults()
        fields: dict[str, object] = {}
        if change.name is not UNSET:
            check_name(change.name, "/name", faults)
            fields["name"] = change.name
        if change.application_id is not UNSET:
            fields |= self._owner(change.application_id, actor, faults)
        elif change.expires_ns is not UNSET and token.application_id is not None:
            self._owner(token.application_id, actor, faults)
        if change.models is not UNSET:
            fields["models"] = _unique("/models", change.models, faults)
        if change.services is not UNSET:
            fields["services"] = self._service_ids(change.services, faults)
        if change.expires_ns is not UNSET:
            if change.expires_ns is not None and not 0 <= change.expires_ns <= EXPIRES_NS_MAX:
                faults.add("/expires_at", "use an instant before the year 2262, or null for never")
            fields["expires_ns"] = _whole_seconds(change.expires_ns)
        if change.limits is not UNSET:
            faults.extend("/limits", find_faults(change.limits))
            fields["limits"] = compile_limits(token.id, change.limits, token.limits)
        if change.plan_id is not UNSET:
            fields |= find_plan(self._parts.plans, change.plan_id, faults)
        changed = replace(token, **fields)  # type: ignore[arg-type]  # each value was typed where it was put in
        lifetime = self._parts.lifetimes.find(team_id=changed.team_id, role=actor.role)
        changed = settle_life(changed, change, lifetime, faults)
        changed = Settling(self._parts.accounts, actor, faults).settle(changed, token, change)
        faults.check()
        return changed

    def _lifetime(self, application_id: str | None, actor: Actor) -> Lifetime:
        owner = self._parts.owners.find(application_id) if application_id is not None else None
        return self._parts.lifetimes.find(team_id=owner.team_id if owner else None, role=actor.role)

    def _owner(self, application_id: str | None, actor: Actor, faults: Faults) -> dict[str, object]:
        owner = self._parts.owners.find(application_id) if application_id is not None else None
        if application_id is not None and (owner is None or not actor.sight.covers(team_id=owner.team_id)):
            faults.add("/application_id", "there is no such application")
        return {
            "application_id": application_id,
            "application_name": owner.name if owner else None,
            "team_id": owner.team_id if owner else None,
            "owner_id": actor.user_id if application_id is None else None,
            "owner_name": None,
        }

    def _service_ids(self, references: tuple[str, ...] | None, faults: Faults) -> tuple[str, ...] | None:
        found = []
        for index, reference in enumerate(_unique("/services", references, faults) or ()):
            service_id = self._parts.services.find_id(reference)
            if service_id is None:
                faults.add(f"/services/{index}", f"there is no service {reference!r}")
            elif service_id not in found:
                found.append(service_id)
        return None if references is None else tuple(found)

    def _store_fresh(self, draft: Token) -> IssuedToken:
        parts = self._parts
        for _ in range(_ATTEMPTS):
            secret = generate_token(draft.kind, parts.random_bytes(RANDOM_BYTES))
            parsed = parse_token(secret.reveal())
            assert parsed is not None, "what was generated can be read"
            token_id = parsed.id
            mac = parts.hasher.mac(parsed.raw, draft.pepper_version)
            assert mac is not None, "the current pepper exists"
            limits = compile_limits(token_id, to_rules(draft.limits))
            token = replace(draft, id=token_id, mac=mac, limits=limits)
            if self._store.add(token):
                return IssuedToken(token, secret)
        raise TollwayError("gateway.internal", internal="the random generator repeats token ids")


def _facts(token: Token) -> dict[str, object]:
    """Return what the audit log shows of a token."""
    fields = ("name", "state", "application_id", "owner_id", "environment", "models", "services", "limits", "plan_id")
    life = token.life
    held = life.quarantine
    return {
        **pick(token, *fields, "expires_ns", "not_before_ns", "idle_seconds", "revoked_reason"),
        "secret": life.generation,
        "old_secrets": [[old.generation, old.valid_until_ns] for old in life.old_secrets],
        "quarantine": None if held is None else [list(held.denied), held.requests_per_minute, held.reason],
        "is_compromised": life.is_compromised,
        "may_rotate": life.may_rotate,
        "scopes": {permission.value: reach.value for permission, reach in token.scopes.items()},
    }


def read_reason(reason: str | None) -> str | None:
    """Return why something is done, None for nothing said. Raises management.invalid."""
    reason = (reason or "").strip() or None
    if reason is not None and len(reason) > REASON_CHARACTERS_MAX:
        raise refuse("/reason", f"at most {REASON_CHARACTERS_MAX} characters")
    return reason


def grant_of(token: Token, actor: Actor | None = None) -> Grant:
    """Return what a token permits: calls, and its scopes at the management API, as the actor would have to give them.

    Without an actor: as somebody would who has nothing to do with its owner.
    """
    rights = needed_rights(token, actor)
    return Grant(
        token.models, token.services, token.expires_ns, (token.environment,), rights=rights, team_ids=frozenset()
    )


def _unique(path: str, entries: tuple[str, ...] | None, faults: Faults) -> tuple[str, ...] | None:
    """Return the entries without repetitions, in their order."""
    if entries is None:
        return None
    if len(entries) > ENTRIES_MAX:
        faults.add(path, f"at most {ENTRIES_MAX} entries")
    for index, entry in enumerate(entries):
        check_name(entry, f"{path}/{index}", faults)
    return tuple(dict.fromkeys(entries))


def _whole_seconds(instant_ns: int | None) -> int | None:
    """Round down: a token lives no longer than was asked for."""
    return None if instant_ns is None else instant_ns // NANOS_PER_SECOND * NANOS_PER_SECOND


_: type[LimitedOwners] = Tokens
