"""Set-up, sign-in and sessions: the rules, over the ports of this package.

A session's secret exists in the browser's cookie alone; the store keeps its hash. Every sign-in makes
a new session and ends the one whose cookie came with it, so that a planted cookie is worth nothing
(tokens.md R34). Nothing outside this module creates or ends a session.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, replace

from tollway.control.actor import Actor
from tollway.control.audit.model import Refusal, Subject
from tollway.control.ports import Trail, Transactions
from tollway.control.sessions import errors
from tollway.control.sessions.model import (
    NAME_CHARS_MAX,
    PASSWORD_BYTES_MAX,
    PASSWORD_CHARS_MIN,
    LinkPurpose,
    Session,
    SetupLink,
    User,
    canonical_name,
    hash_secret,
    new_secret,
)
from tollway.control.sessions.ports import PasswordHasher, SessionStore, ThrottleStore
from tollway.control.sessions.throttle import Bucket, account_bucket, global_bucket, source_bucket
from tollway.control.sessions.weakness import find_weakness
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.ids import SESSION, USER, new_id
from tollway.kernel.secret import Secret

_TOUCH_NS = 60 * NANOS_PER_SECOND
_AGENT_CHARS_MAX = 200


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long things last, in seconds."""

    session_idle_seconds: int = 1_800
    session_absolute_seconds: int = 43_200
    setup_link_seconds: int = 900


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: the TCP peer's address, the browser's name for itself, and the request's id."""

    address: str
    agent: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A live session: who, until when, and the value that unsafe requests must repeat."""

    session_id: str
    user_id: str
    user_name: str
    role: str
    csrf: str
    expires_ns: int
    team_ids: frozenset[str] = frozenset()


class Service:
    """Who may use the console. Blocking: call it in a thread."""

    def __init__(
        self,
        *,
        store: SessionStore,
        throttle: ThrottleStore,
        transactions: Transactions,
        trail: Trail,
        hasher: PasswordHasher,
        clock: Clock,
        lifetimes: Lifetimes,
    ) -> None:
        self._store = store
        self._throttle = throttle
        self._transactions = transactions
        self._trail = trail
        self._hasher = hasher
        self._clock = clock
        self._lifetimes = lifetimes

    def is_setup_needed(self) -> bool:
        """Return whether nobody can sign in yet."""
        return not self._store.has_users()

    def issue_setup_link(self) -> Secret[str]:
        """Return the token of a new one-time set-up link; earlier ones stop working.

        Raises management.conflict when set-up is done. The token is stored hashed and cannot be shown again.
        """
        if self._store.has_users():
            raise errors.already_set_up()
        token = new_secret()
        expires_ns = self._clock.now_ns() + self._lifetimes.setup_link_seconds * NANOS_PER_SECOND
        self._store.replace_setup_link(SetupLink(hash_secret(token), expires_ns))
        return Secret(token)

    def is_setup_link_good(self, link_token: str) -> bool:
        """Return whether set-up with this link could succeed now. Does not use it up."""
        link = self._store.find_setup_link(hash_secret(link_token))
        return link is not None and link.expires_ns > self._clock.now_ns() and not self._store.has_users()

    def set_up(self, *, link_token: str, name: str, password: str, origin: Origin) -> tuple[SignedIn, Secret[str]]:
        """Create the owner with a one-time link and sign them in.

        Raises management.setup_link, management.invalid (which field), management.throttled. The link is
        used up by success only.
        """
        buckets = (source_bucket(origin.address), global_bucket())
        self._take(buckets)
        if not self.is_setup_link_good(link_token):
            raise errors.bad_setup_link()
        clean_name, name_key = checked_name(name)
        _check_password(password, clean_name)
        now_ns = self._clock.now_ns()
        user = User(
            id=new_id(USER),
            name=clean_name,
            name_key=name_key,
            role="owner",
            password_hash=self._hasher.hash(password),
            created_ns=now_ns,
            updated_ns=now_ns,
        )
        if not self._store.add_first_user(user, link_hash=hash_secret(link_token), now_ns=now_ns):
            raise errors.bad_setup_link()
        self._throttle.give_back(buckets, cleared=account_bucket(name_key, origin.address))
        return self._begin(user, origin, "setup.finish", replaced=None)

    def sign_in(
        self, *, name: str, password: str, origin: Origin, replaced: str | None
    ) -> tuple[SignedIn, Secret[str]]:
        """Check a password and begin a new session; `replaced` is the session cookie that came along, which ends.

        Raises management.sign_in (the same for unknown names, after the same time) or management.throttled.
        """
        name_key = canonical_name(name[: NAME_CHARS_MAX * 4])
        account = account_bucket(name_key, origin.address)
        buckets = (account, source_bucket(origin.address), global_bucket())
        self._take(buckets)
        user = self._store.find_user_by_name(name_key)
        is_checkable = len(password.encode("utf-8", "surrogatepass")) <= PASSWORD_BYTES_MAX
        candidate = password if is_checkable else ""
        # Who was invited has no password yet, and who was deactivated none that counts: the same work, the same answer.
        stored = user.password_hash if user is not None and user.state == "active" else None
        if not self._hasher.verify(candidate, stored) or user is None:
            self._refuse(user, origin)
            raise errors.wrong_sign_in()
        self._throttle.give_back(buckets, cleared=account)
        if self._hasher.needs_rehash(user.password_hash):
            self._store.set_password_hash(user.id, self._hasher.hash(password))
        return self._begin(user, origin, "session.begin", replaced=replaced)

    def find_invited(self, link_token: str) -> tuple[str, LinkPurpose] | None:
        """Return whose link this is and what for, while it works. Does not use it up."""
        found = self._store.find_user_link(hash_secret(link_token))
        if found is None or found[0].expires_ns <= self._clock.now_ns():
            return None
        return found[1].name, found[0].purpose

    def accept(
        self, *, link_token: str, password: str, origin: Origin, replaced: str | None
    ) -> tuple[SignedIn, Secret[str]]:
        """Choose a password with a one-time link and sign in; every other session of that person ends.

        Raises management.user_link, management.invalid, management.throttled. The link is used up by success only.
        """
        buckets = (source_bucket(origin.address), global_bucket())
        self._take(buckets)
        found = self._store.find_user_link(hash_secret(link_token))
        now_ns = self._clock.now_ns()
        if found is None or found[0].expires_ns <= now_ns:
            raise errors.bad_user_link()
        user = found[1]
        _check_password(password, user.name)
        user = replace(
            user,
            password_hash=self._hasher.hash(password),
            state="active",
            updated_ns=now_ns,
            updated_by=f"user:{user.id}",
            version=user.version + 1,
        )
        if not self._store.accept_link(user, link_hash=hash_secret(link_token), now_ns=now_ns):
            raise errors.bad_user_link()
        self._throttle.give_back(buckets, cleared=account_bucket(user.name_key, origin.address))
        return self._begin(user, origin, f"user.accept_{found[0].purpose}", replaced=replaced)

    def find_signed_in(self, secret: str) -> SignedIn | None:
        """Return the live session of a cookie, and record its use at most once a minute."""
        found = self._find_live(secret)
        if found is None:
            return None
        session, user = found
        now_ns = self._clock.now_ns()
        if now_ns - session.last_seen_ns >= _TOUCH_NS:
            self._store.touch_session(session.id, now_ns)
        return _signed_in(session, user, secret, self._store.team_ids(user.id))

    def look_at(self, secret: str) -> SignedIn | None:
        """Return the live session of a cookie without counting that as use."""
        found = self._find_live(secret)
        return None if found is None else _signed_in(*found, secret, self._store.team_ids(found[1].id))

    def _find_live(self, secret: str) -> tuple[Session, User] | None:
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

    def sign_out(self, session_id: str, actor: Actor) -> None:
        """End a session of this user at once; does nothing when it has ended."""
        with self._transactions.write():
            if self._store.delete_session(session_id, user_id=actor.id):
                self._trail.record(actor, "session.end", Subject("session", session_id))

    def _refuse(self, user: User | None, origin: Origin) -> None:
        """Write a failed sign-in. What was typed as a name is not kept: it is sometimes the password."""
        nobody = Actor("", "unknown", address=origin.address, request_id=origin.request_id)
        subject = Subject("user", user.id, user.name) if user else Subject("user")
        self._trail.refuse(nobody, Refusal("session.begin", subject, "management.sign_in"))

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

    def change_password(self, *, user_id: str, current: str, new: str, origin: Origin) -> tuple[SignedIn, Secret[str]]:
        """Replace a password, end every session of the person, and begin a new one.

        Wrong current passwords count like failed sign-ins. Raises management.invalid (also for a wrong current
        password), management.throttled.
        """
        user = self._store.find_user(user_id)
        if user is None:
            raise errors.wrong_sign_in()
        account = account_bucket(user.name_key, origin.address)
        buckets = (account, source_bucket(origin.address), global_bucket())
        self._take(buckets)
        is_checkable = len(current.encode("utf-8", "surrogatepass")) <= PASSWORD_BYTES_MAX
        if not self._hasher.verify(current if is_checkable else "", user.password_hash):
            self._refuse(user, origin)
            raise errors.wrong_password()
        self._throttle.give_back(buckets, cleared=account)
        _check_password(new, user.name, field="new")
        hashed = self._hasher.hash(new)
        with self._transactions.write():
            self._store.set_password_hash(user.id, hashed)
            self._store.delete_sessions(user.id)
            return self._begin(user, origin, "user.password", replaced=None)

    def list_sessions(self, user_id: str) -> list[Session]:
        """Return a user's live sessions, newest use first."""
        now_ns = self._clock.now_ns()
        idle_ns = self._lifetimes.session_idle_seconds * NANOS_PER_SECOND
        sessions = self._store.list_sessions(user_id)
        return [one for one in sessions if now_ns < one.expires_ns and now_ns - one.last_seen_ns < idle_ns]

    def _take(self, buckets: tuple[Bucket, ...]) -> None:
        wait_ns = self._throttle.take(buckets, self._clock.now_ns())
        if wait_ns:
            raise errors.throttled(wait_ns / NANOS_PER_SECOND)

    def _begin(self, user: User, origin: Origin, action: str, *, replaced: str | None) -> tuple[SignedIn, Secret[str]]:
        now_ns = self._clock.now_ns()
        secret = new_secret()
        session = Session(
            id=new_id(SESSION),
            secret_hash=hash_secret(secret),
            user_id=user.id,
            created_ns=now_ns,
            last_seen_ns=now_ns,
            expires_ns=now_ns + self._lifetimes.session_absolute_seconds * NANOS_PER_SECOND,
            address=origin.address,
            agent=origin.agent[:_AGENT_CHARS_MAX],
            confirmed_ns=now_ns,
        )
        actor = Actor(
            user.id, "user", name=user.name, role=user.role, address=origin.address, request_id=origin.request_id
        )
        with self._transactions.write():
            self._store.add_session(
                session,
                replaced_hash=hash_secret(replaced) if replaced else None,
                idle_before_ns=now_ns - self._lifetimes.session_idle_seconds * NANOS_PER_SECOND,
            )
            self._store.record_sign_in(user.id, now_ns)
            subject = Subject("session", session.id)
            self._trail.record(actor, action, subject, None, {"address": session.address, "agent": session.agent})
        return _signed_in(session, user, secret, self._store.team_ids(user.id)), Secret(secret)


def _signed_in(session: Session, user: User, secret: str, team_ids: frozenset[str]) -> SignedIn:
    """Derive the CSRF value from the session's secret: it needs no storage and says nothing about the secret."""
    csrf = urlsafe_b64encode(hmac.digest(secret.encode(), b"tollway csrf", hashlib.sha256)).rstrip(b"=").decode()
    return SignedIn(
        session_id=session.id,
        user_id=user.id,
        user_name=user.name,
        role=user.role,
        csrf=csrf,
        expires_ns=session.expires_ns,
        team_ids=team_ids,
    )


def checked_name(name: str) -> tuple[str, str]:
    """Return a name without blanks around it, and its canonical form. Raises management.invalid."""
    clean = name.strip()
    if not clean or len(clean) > NAME_CHARS_MAX or not clean.isprintable():
        raise errors.unusable("name", f"Choose a name of 1 to {NAME_CHARS_MAX} printable characters.")
    return clean, canonical_name(clean)


def _check_password(password: str, name: str, *, field: str = "password") -> None:
    if len(password) < PASSWORD_CHARS_MIN:
        raise errors.unusable(field, f"Choose a password of at least {PASSWORD_CHARS_MIN} characters.")
    if len(password.encode("utf-8", "surrogatepass")) > PASSWORD_BYTES_MAX:
        raise errors.unusable(field, f"Choose a password of at most {PASSWORD_BYTES_MAX} bytes.")
    if weakness := find_weakness(password, name):
        raise errors.unusable(field, weakness)
