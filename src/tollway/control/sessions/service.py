"""Set-up, sign-in and confirmation: the rules, over the ports of this package.

A sign-in by password has a second step when its person has a second factor, and so has a one-time link; a passkey that
verified its person is both steps at once. Whoever does something sensitive proves who they are again, by a second
factor if they have one.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from tollway.control.actor import Actor
from tollway.control.audit.model import Refusal, Subject
from tollway.control.factors.model import Asked, Assertion
from tollway.control.factors.totp import is_code
from tollway.control.sessions import errors
from tollway.control.sessions.gate import Attempt, Gate
from tollway.control.sessions.keeping import (
    SIGNING_IN,
    Beginning,
    Entered,
    Halfway,
    Keeper,
    KeeperParts,
    Origin,
    actor_of,
)
from tollway.control.sessions.model import (
    NAME_CHARS_MAX,
    PASSWORD_BYTES_MAX,
    PASSWORD_CHARS_MIN,
    AccountNews,
    Half,
    LinkPurpose,
    Method,
    Proof,
    SetupLink,
    User,
    canonical_name,
    hash_secret,
    new_secret,
)
from tollway.control.sessions.ports import PasswordHasher, ThrottleStore
from tollway.control.sessions.throttle import challenge_bucket
from tollway.control.sessions.weakness import find_weakness
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.ids import USER, new_id
from tollway.kernel.secret import Secret


@dataclass(frozen=True, slots=True)
class ServiceParts(KeeperParts):
    """What the service is built from."""

    throttle: ThrottleStore = field(kw_only=True)
    hasher: PasswordHasher = field(kw_only=True)


class Service(Keeper):
    """Who may use the console. Blocking: call it in a thread."""

    def __init__(self, parts: ServiceParts) -> None:
        super().__init__(parts)
        self._hasher = parts.hasher
        self.gate = Gate(parts.throttle, parts.clock)

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

    def set_up(self, *, link_token: str, name: str, password: str, origin: Origin) -> Entered:
        """Create the owner with a one-time link and sign them in.

        Raises management.setup_link, management.invalid (which field), management.throttled. The link is
        used up by success only.
        """
        attempt = self.gate.enter(origin.address)
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
        self.gate.passed(attempt, name_key=name_key, address=origin.address)
        return self.begin(user, origin, Beginning("setup.finish", "link"))

    def sign_in(self, *, name: str, password: str, origin: Origin, replaced: str | None) -> Entered | Halfway:
        """Check a password and begin a new session; `replaced` is the session cookie that came along, which ends.

        Halfway when the person has a second factor. Raises management.sign_in (the same for unknown names, after
        the same time) or management.throttled.
        """
        name_key = canonical_name(name[: NAME_CHARS_MAX * 4])
        attempt = self.gate.enter(origin.address, name_key)
        user = self._store.find_user_by_name(name_key)
        # Who was invited has no password yet, and who was deactivated none that counts: the same work, the same answer.
        stored = user.password_hash if user is not None and user.state == "active" else None
        if not self._matches(password, stored) or user is None:
            self._refuse(user, origin)
            raise errors.wrong_sign_in()
        if self._hasher.needs_rehash(user.password_hash):
            self._store.set_password_hash(user.id, self._hasher.hash(password), instead_of=user.password_hash)
        return self._first_step(user, origin, attempt, Beginning(SIGNING_IN, "password", replaced))

    def sign_in_with_passkey(self, presented: Assertion, *, origin: Origin, replaced: str | None) -> Entered:
        """Begin a session by a passkey alone: its authenticator has verified the person.

        Raises management.sign_in, the same for unknown passkeys, or management.throttled.
        """
        user = self._owner_of(presented)
        attempt = self.gate.enter(origin.address, user.name_key if user is not None else None)
        passkey = self._factors.take_passkey(presented, "sign_in", None)
        if passkey is None or user is None or user.id != passkey.user_id or user.state != "active":
            self._refuse(user, origin)
            raise errors.wrong_sign_in()
        self.gate.passed(attempt)
        return self.begin(user, origin, Beginning(SIGNING_IN, "passkey", replaced))

    def ask_to_sign_in(self, origin: Origin) -> Asked:
        """Return a challenge for any passkey. Raises management.throttled, management.conflict (no passkeys here)."""
        self.gate.ask(challenge_bucket(origin.address))
        return self._factors.ask_passkey("sign_in", None)

    def finish(self, half_secret: str, proof: Proof, *, origin: Origin, replaced: str | None) -> Entered:
        """Take the second step of a sign-in, by a code, a recovery code or a passkey.

        Raises management.second_factor or management.throttled. A wrong proof leaves the half as it is.
        """
        found = self.find_half(half_secret)
        if found is None or proof.password is not None:
            raise errors.wrong_second_step()
        half, user = found
        attempt = self._enter(proof, user, origin)
        method = self._prove(user, proof, "second")
        if method is None or not self.take_half(half):
            self._refuse(user, origin, code="management.second_factor")
            raise errors.wrong_second_step()
        self.gate.passed(attempt)
        self._tell_of_code(user, method, origin)
        return self.begin(user, origin, Beginning(half.action, method, replaced))

    def ask_to_finish(self, half_secret: str) -> Asked:
        """Return a challenge for the passkeys of whoever is halfway.

        Raises management.second_factor, management.conflict.
        """
        found = self.find_half(half_secret)
        if found is None:
            raise errors.wrong_second_step()
        return self._factors.ask_passkey("second", found[1].id)

    def methods_to_finish(self, half: Half) -> tuple[Method, ...]:
        """Return by what a sign-in may be finished."""
        return self._factors.held(half.user_id).methods

    def find_invited(self, link_token: str) -> tuple[str, LinkPurpose] | None:
        """Return whose link this is and what for, while it works. Does not use it up."""
        found = self._store.find_user_link(hash_secret(link_token))
        if found is None or found[0].expires_ns <= self._clock.now_ns():
            return None
        return found[1].name, found[0].purpose

    def accept(self, *, link_token: str, password: str, origin: Origin, replaced: str | None) -> Entered | Halfway:
        """Choose a password with a one-time link and sign in; every other session of that person ends.

        Halfway when the person has a second factor, which a link does not replace. Raises management.user_link,
        management.invalid, management.throttled. The link is used up by success only.
        """
        attempt = self.gate.enter(origin.address)
        link_hash, now_ns = hash_secret(link_token), self._clock.now_ns()
        found = self._store.find_user_link(link_hash)
        if found is None or found[0].expires_ns <= now_ns:
            raise errors.bad_user_link()
        _check_password(password, found[1].name)
        hashed = self._hasher.hash(password)
        with self._transactions.write():
            # Read again: while the password was hashed, somebody may have changed what this person may do.
            found = self._store.find_user_link(link_hash)
            user = None if found is None else _with_password(found[1], hashed, now_ns)
            if found is None or user is None or not self._store.accept_link(user, link_hash=link_hash, now_ns=now_ns):
                raise errors.bad_user_link()
            purpose = found[0].purpose
            if purpose == "reset":
                self._notices.tell(AccountNews("password_changed", user, actor_of(user, origin), "link", origin.agent))
        return self._first_step(user, origin, attempt, Beginning(f"user.accept_{purpose}", "link", replaced))

    def confirmable(self, user_id: str) -> tuple[Method, ...]:
        """Return by what a person confirms who they are: by a second factor if there is one, else by the password."""
        return self._factors.held(user_id).methods or ("password",)

    def confirm(self, secret: str, proof: Proof, *, origin: Origin) -> Entered:
        """Prove again who one is: a new session in the place of this one, fresh from now on; the old cookie is dead.

        Raises management.unauthenticated, management.invalid (a wrong proof, or not by this), management.throttled.
        """
        found = self.find_live(secret)
        if found is None:
            raise errors.nobody()
        session, user = found
        methods = self.confirmable(user.id)
        if proof.password is not None and "password" not in methods:
            raise errors.not_this_way(", ".join(methods))
        attempt = self._enter(proof, user, origin)
        method = self._prove(user, proof, "confirm")
        if method is None:
            self._refuse(user, origin, action="session.confirm", code="management.invalid")
            raise errors.wrong_proof(_field(proof))
        self.gate.passed(attempt)
        self._tell_of_code(user, method, origin)
        return self.renew(session, user, origin, Beginning("session.confirm", method, secret))

    def ask_to_confirm(self, user_id: str) -> Asked:
        """Return a challenge for a person's own passkeys. Raises management.conflict (no passkeys here)."""
        return self._factors.ask_passkey("confirm", user_id)

    def change_password(self, *, user_id: str, current: str, new: str, origin: Origin) -> Entered:
        """Replace a password, end every session of the person, and begin a new one.

        Wrong current passwords count like failed sign-ins. Raises management.invalid (also for a wrong current
        password), management.throttled.
        """
        user = self._store.find_user(user_id)
        if user is None:
            raise errors.wrong_sign_in()
        attempt = self.gate.enter(origin.address, user.name_key)
        if not self._matches(current, user.password_hash):
            self._refuse(user, origin)
            raise errors.wrong_password()
        self.gate.passed(attempt)
        _check_password(new, user.name, field="new")
        hashed = self._hasher.hash(new)
        with self._transactions.write():
            self._store.set_password_hash(user.id, hashed)
            self._notices.tell(AccountNews("password_changed", user, actor_of(user, origin), "password", origin.agent))
            return self.begin_anew(user.id, origin, Beginning("user.password", "password"))

    def _first_step(self, user: User, origin: Origin, attempt: Attempt, why: Beginning) -> Entered | Halfway:
        """Begin the session, or wait for the second factor if there is one."""
        methods = self._factors.held(user.id).methods
        if methods:
            self.gate.halfway(attempt)
            return self.begin_half(user, why.action, methods)
        self.gate.passed(attempt, name_key=user.name_key, address=origin.address)
        return self.begin(user, origin, why)

    def _tell_of_code(self, user: User, method: Method, origin: Origin) -> None:
        """Tell a person that one of their recovery codes was used up: these are for emergencies."""
        if method == "recovery":
            self._notices.tell(AccountNews("code_used", user, actor_of(user, origin), method, origin.agent))

    def _enter(self, proof: Proof, user: User, origin: Origin) -> Attempt:
        if proof.code is not None and is_code(proof.code):
            return self.gate.enter_with_code(origin.address, user)
        return self.gate.enter(origin.address, user.name_key)

    def _prove(self, user: User, proof: Proof, purpose: Literal["second", "confirm"]) -> Method | None:
        """Return by what the proof proves the person, None when it does not. The gate was passed."""
        if proof.password is not None:
            return "password" if self._matches(proof.password, user.password_hash) else None
        if proof.code is not None:
            if is_code(proof.code):
                return "totp" if self._factors.take_code(user.id, proof.code) else None
            return "recovery" if self._factors.take_recovery(user.id, proof.code) else None
        if proof.passkey is not None:
            return "passkey" if self._factors.take_passkey(proof.passkey, purpose, user.id) else None
        return None

    def _owner_of(self, presented: Assertion) -> User | None:
        passkey = self._factors.find_passkey(presented)
        return None if passkey is None else self._store.find_user(passkey.user_id)

    def _matches(self, password: str, stored: str | None) -> bool:
        is_checkable = len(password.encode("utf-8", "surrogatepass")) <= PASSWORD_BYTES_MAX
        return self._hasher.verify(password if is_checkable else "", stored)

    def _refuse(
        self, user: User | None, origin: Origin, *, action: str = SIGNING_IN, code: str = "management.sign_in"
    ) -> None:
        """Write a failed sign-in. What was typed as a name is not kept: it is sometimes the password."""
        nobody = Actor("", "unknown", address=origin.address, request_id=origin.request_id)
        subject = Subject("user", user.id, user.name) if user else Subject("user")
        self._trail.refuse(nobody, Refusal(action, subject, code))


def _field(proof: Proof) -> str:
    """Return the name of what was presented."""
    if proof.password is not None:
        return "password"
    return "code" if proof.code is not None else "passkey"


def _with_password(user: User, password_hash: str, now_ns: int) -> User:
    """Return the person as whoever has just chosen a password."""
    return replace(
        user,
        password_hash=password_hash,
        state="active",
        updated_ns=now_ns,
        updated_by=f"user:{user.id}",
        version=user.version + 1,
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
