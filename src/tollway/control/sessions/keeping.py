"""Sessions, and sign-ins that are half done: begun, found, listed, ended.

A session's secret exists in the browser's cookie alone; the store keeps its hash. Every sign-in and every confirmation
makes a new session and ends the one whose cookie came with it, so that a planted or copied cookie is worth nothing
afterwards (tokens.md R34). Nothing outside this module creates or ends a session.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field, replace

from tollway.control.actor import Actor
from tollway.control.audit.model import Subject
from tollway.control.ports import Trail, Transactions
from tollway.control.sessions import errors
from tollway.control.sessions.model import (
    AccountNews,
    Familiarity,
    Half,
    Method,
    Session,
    User,
    hash_secret,
    new_secret,
)
from tollway.control.sessions.ports import AccountNotices, NoAccountNotices, SecondFactors, SessionStore
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.ids import SESSION, new_id
from tollway.kernel.secret import Secret

SIGNING_IN = "session.begin"
"""The act of signing in; what else begins a session tells of itself."""
HALF_SECONDS = 300
"""How long the second step of a sign-in may take."""
_TOUCH_NS = 60 * NANOS_PER_SECOND
_AGENT_CHARS_MAX = 200


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long things last, in seconds, and the roles whose holders need a second factor (`*`: all)."""

    session_idle_seconds: int = 1_800
    session_absolute_seconds: int = 43_200
    setup_link_seconds: int = 900
    step_up_seconds: int = 600
    second_factor_roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: the TCP peer's address, the browser's name for itself, and the request's id.

    `device` is the secret by which the browser is told from others; "" when it has none.
    """

    address: str
    agent: str = ""
    request_id: str = ""
    device: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A live session: who, until when, and the value that unsafe requests must repeat.

    Until `fresh_until_ns` its person counts as having just proved who they are. `needs_factor`: their role asks for a
    second factor and they have none, so that they may do nothing but add one.
    """

    session_id: str
    user_id: str
    user_name: str
    role: str
    csrf: str
    expires_ns: int
    fresh_until_ns: int
    team_ids: frozenset[str] = frozenset()
    needs_factor: bool = False


@dataclass(frozen=True, slots=True)
class Entered:
    """A session that just began, and the only sight of its secret; `device` is by which its browser is known again."""

    session: SignedIn
    secret: Secret[str]
    device: Secret[str] | None = None


@dataclass(frozen=True, slots=True)
class Halfway:
    """A sign-in whose second step is to come: the only sight of its secret, and by what it may be finished."""

    secret: Secret[str]
    methods: tuple[Method, ...]
    expires_ns: int


@dataclass(frozen=True, slots=True)
class Beginning:
    """Why a session begins: what the audit log calls it, and by what its person proved who they are."""

    action: str
    method: Method
    replaced: str | None = None
    device: Familiarity | None = None


@dataclass(frozen=True, slots=True)
class KeeperParts:
    """What the keeper is built from."""

    store: SessionStore
    factors: SecondFactors
    transactions: Transactions
    trail: Trail
    clock: Clock
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    notices: AccountNotices = field(default_factory=NoAccountNotices)


class Keeper:
    """The sessions of this installation. Blocking: call it in a thread."""

    def __init__(self, parts: KeeperParts) -> None:
        self._store = parts.store
        self._factors = parts.factors
        self._transactions = parts.transactions
        self._trail = parts.trail
        self._clock = parts.clock
        self._lifetimes = parts.lifetimes
        self._notices = parts.notices

    def find_signed_in(self, secret: str) -> SignedIn | None:
        """Return the live session of a cookie, and record its use at most once a minute."""
        found = self.find_live(secret)
        if found is None:
            return None
        session, user = found
        now_ns = self._clock.now_ns()
        if now_ns - session.last_seen_ns >= _TOUCH_NS:
            self._store.touch_session(session.id, now_ns)
        return self._signed_in(session, user, secret)

    def look_at(self, secret: str) -> SignedIn | None:
        """Return the live session of a cookie without counting that as use."""
        found = self.find_live(secret)
        return None if found is None else self._signed_in(*found, secret)

    def find_live(self, secret: str) -> tuple[Session, User] | None:
        """Return the session of a cookie and its user while it lives; one that has run out is deleted."""
        found = self._store.find_session(hash_secret(secret))
        if found is None:
            return None
        session, user = found
        now_ns = self._clock.now_ns()
        idle_ns = self._lifetimes.session_idle_seconds * NANOS_PER_SECOND
        if now_ns >= session.expires_ns or now_ns - session.last_seen_ns >= idle_ns:
            self._store.delete_session(session.id, user_id=user.id)
            return None
        return session, user

    def lacks_factor(self, user: User) -> bool:
        """Return whether a person's role asks for a second factor and they have none.

        Never so of a service account: it has nothing to sign in with.
        """
        roles = self._lifetimes.second_factor_roles
        is_asked = user.kind == "person" and bool(roles) and (user.role in roles or "*" in roles)
        return is_asked and not self._factors.held(user.id).is_any

    def list_sessions(self, user_id: str) -> list[Session]:
        """Return a user's live sessions, newest use first."""
        now_ns = self._clock.now_ns()
        idle_ns = self._lifetimes.session_idle_seconds * NANOS_PER_SECOND
        sessions = self._store.list_sessions(user_id)
        return [one for one in sessions if now_ns < one.expires_ns and now_ns - one.last_seen_ns < idle_ns]

    def sign_out(self, session_id: str, actor: Actor) -> None:
        """End a session of this user at once; does nothing when it has ended."""
        with self._transactions.write():
            if self._store.delete_session(session_id, user_id=actor.id):
                self._trail.record(actor, "session.end", Subject("session", session_id))

    def end_session(self, session_id: str, actor: Actor) -> None:
        """End one of the actor's sessions at once. Raises management.not_found."""
        with self._transactions.write():
            if not self._store.delete_session(session_id, user_id=actor.id):
                raise errors.session_not_found()
            self._trail.record(actor, "session.end", Subject("session", session_id))

    def end_other_sessions(self, kept_id: str, actor: Actor) -> int:
        """End all of the actor's sessions but one; return how many there were."""
        with self._transactions.write():
            others = [one for one in self._store.list_sessions(actor.id) if one.id != kept_id]
            for one in others:
                self._store.delete_session(one.id, user_id=actor.id)
                self._trail.record(actor, "session.end", Subject("session", one.id))
        return len(others)

    def begin(self, user: User, origin: Origin, why: Beginning) -> Entered:
        """Begin a session and end the one it replaces. Who has signed in before is told of a browser that is new."""
        now_ns, device = self._clock.now_ns(), origin.device or new_secret()
        session = Session(
            id=new_id(SESSION),
            secret_hash=b"",
            user_id=user.id,
            created_ns=now_ns,
            last_seen_ns=now_ns,
            expires_ns=now_ns + self._lifetimes.session_absolute_seconds * NANOS_PER_SECOND,
            address=origin.address,
            agent=origin.agent[:_AGENT_CHARS_MAX],
            confirmed_ns=now_ns,
            method=why.method,
        )
        with self._transactions.write():
            self._store.record_sign_in(user.id, now_ns)
            familiarity = self._store.meet_device(user.id, hash_secret(device), now_ns)
            if familiarity == "new" and why.action == SIGNING_IN:
                by = actor_of(user, origin)
                self._notices.tell(AccountNews("new_device", user, by, means=why.method, agent=session.agent))
            entered = self._add(session, user, origin, replace(why, device=familiarity))
            return replace(entered, device=Secret(device))

    def renew(self, before: Session, user: User, origin: Origin, why: Beginning) -> Entered:
        """Begin a session in the place of one whose person has just proved who they are again.

        Its end stays what it was: proving oneself again is not a way to stay signed in for ever.
        """
        now_ns = self._clock.now_ns()
        session = replace(
            before,
            id=new_id(SESSION),
            last_seen_ns=now_ns,
            address=origin.address,
            agent=origin.agent[:_AGENT_CHARS_MAX],
            confirmed_ns=now_ns,
            method=why.method,
        )
        return self._add(session, user, origin, why)

    def begin_anew(self, user_id: str, origin: Origin, why: Beginning) -> Entered:
        """End every session of a person and begin one, where what they sign in with has changed.

        Joins the caller's transaction. Raises management.unauthenticated when the person is gone or may not sign in.
        """
        with self._transactions.write():
            user = self._store.find_user(user_id)
            if user is None or user.state != "active":
                raise errors.nobody()
            self._store.delete_sessions(user.id)
            self._store.forget_devices(user.id, kept=hash_secret(origin.device))
            return self.begin(user, origin, why)

    def begin_half(self, user: User, action: str, methods: tuple[Method, ...]) -> Halfway:
        """Remember that a person gave the first proof. Their earlier halves stay: each ends by itself, soon."""
        secret, now_ns = new_secret(), self._clock.now_ns()
        expires_ns = now_ns + HALF_SECONDS * NANOS_PER_SECOND
        self._store.add_half(Half(hash_secret(secret), user.id, action, expires_ns), now_ns)
        return Halfway(Secret(secret), methods, expires_ns)

    def find_half(self, secret: str) -> tuple[Half, User] | None:
        """Return a sign-in whose second step may still come, and whose it is."""
        found = self._store.find_half(hash_secret(secret))
        if found is None or found[0].expires_ns <= self._clock.now_ns():
            return None
        return found

    def take_half(self, half: Half) -> bool:
        """Use a half up; False when somebody was faster."""
        return self._store.delete_half(half.secret_hash)

    def _add(self, session: Session, user: User, origin: Origin, why: Beginning) -> Entered:
        secret = new_secret()
        session = replace(session, secret_hash=hash_secret(secret))
        with self._transactions.write():
            self._store.add_session(
                session,
                replaced_hash=hash_secret(why.replaced) if why.replaced else None,
                idle_before_ns=self._clock.now_ns() - self._lifetimes.session_idle_seconds * NANOS_PER_SECOND,
            )
            facts = {"address": session.address, "agent": session.agent, "method": why.method}
            facts |= {"device": why.device} if why.device else {}
            self._trail.record(actor_of(user, origin), why.action, Subject("session", session.id), None, facts)
        return Entered(self._signed_in(session, user, secret), Secret(secret))

    def _signed_in(self, session: Session, user: User, secret: str) -> SignedIn:
        return SignedIn(
            session_id=session.id,
            user_id=user.id,
            user_name=user.name,
            role=user.role,
            csrf=derive_csrf(secret),
            expires_ns=session.expires_ns,
            fresh_until_ns=session.confirmed_ns + self._lifetimes.step_up_seconds * NANOS_PER_SECOND,
            team_ids=self._store.team_ids(user.id),
            needs_factor=self.lacks_factor(user),
        )


def derive_csrf(secret: str) -> str:
    """Derive the CSRF value from the session's secret: it needs no storage and says nothing about the secret."""
    return urlsafe_b64encode(hmac.digest(secret.encode(), b"tollway csrf", hashlib.sha256)).rstrip(b"=").decode()


def actor_of(user: User, origin: Origin) -> Actor:
    """Return who signs in, for the audit log."""
    return Actor(user.id, "user", name=user.name, role=user.role, address=origin.address, request_id=origin.request_id)
