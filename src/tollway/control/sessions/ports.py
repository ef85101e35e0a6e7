"""What sign-in needs of the outside world: three stores and a slow password hash."""

from typing import Protocol

from tollway.control.factors.model import Asked, Assertion, Held, Passkey, Purpose
from tollway.control.sessions.model import AccountNews, Familiarity, Half, Session, SetupLink, User, UserLink
from tollway.control.sessions.throttle import Bucket


class SessionStore(Protocol):
    """Users, sessions and the set-up link. Every method is its own transaction and raises management.unavailable."""

    def has_users(self) -> bool:
        """Return whether anybody can sign in."""
        ...

    def find_user_by_name(self, name_key: str) -> User | None:
        """Return the person with this canonical name; never a service account."""
        ...

    def find_user(self, user_id: str) -> User | None:
        """Return the user with this id."""
        ...

    def add_first_user(self, user: User, *, link_hash: bytes, now_ns: int) -> bool:
        """Add the owner and use up the link, or change nothing and return False.

        False when the link is unknown or expired at `now_ns`, or when there is a user already. Of any
        number of simultaneous calls one succeeds.
        """
        ...

    def set_password_hash(self, user_id: str, password_hash: str, *, instead_of: str | None = None) -> None:
        """Replace a password hash; with `instead_of` only while that one is stored, else nothing is done."""
        ...

    def find_user_link(self, secret_hash: bytes) -> tuple[UserLink, User] | None:
        """Return the stored link and whom it is for."""
        ...

    def accept_link(self, user: User, *, link_hash: bytes, now_ns: int) -> bool:
        """Store the user with their new password, use up all their links and end all their sessions.

        False, and nothing is changed, when the link is unknown or expired at `now_ns`, or is not this user's. Of any
        number of simultaneous calls one succeeds.
        """
        ...

    def team_ids(self, user_id: str) -> frozenset[str]:
        """Return the teams that the user is in. Read at every request of a browser."""
        ...

    def record_sign_in(self, user_id: str, now_ns: int) -> None:
        """Remember when the user signed in last."""
        ...

    def replace_setup_link(self, link: SetupLink) -> None:
        """Store a link; those stored before stop working."""
        ...

    def find_setup_link(self, secret_hash: bytes) -> SetupLink | None:
        """Return the stored link."""
        ...

    def add_session(self, session: Session, *, replaced_hash: bytes | None, idle_before_ns: int) -> None:
        """Store a session, delete the one it replaces, and purge up to 1,000 that have ended."""
        ...

    def find_session(self, secret_hash: bytes) -> tuple[Session, User] | None:
        """Return the session and its user, who is active."""
        ...

    def touch_session(self, session_id: str, now_ns: int) -> None:
        """Record use; never moves back."""
        ...

    def list_sessions(self, user_id: str) -> list[Session]:
        """Return a user's sessions, newest use first."""
        ...

    def delete_session(self, session_id: str, *, user_id: str) -> bool:
        """End a session of this user; False when there is none."""
        ...

    def delete_sessions(self, user_id: str) -> int:
        """End all sessions of a user, and half-done sign-ins; return how many sessions there were."""
        ...

    def meet_device(self, user_id: str, secret_hash: bytes, now_ns: int) -> Familiarity:
        """Remember that a person signed in with this browser, and return whether they had before.

        Of a person's browsers the 50 that were used last are known.
        """
        ...

    def forget_devices(self, user_id: str, *, kept: bytes) -> None:
        """Know no browser of a person any more but this one."""
        ...

    def add_half(self, half: Half, now_ns: int) -> None:
        """Store a half-done sign-in, and purge up to 1,000 that have expired."""
        ...

    def find_half(self, secret_hash: bytes) -> tuple[Half, User] | None:
        """Return the half-done sign-in and its user, who is active."""
        ...

    def delete_half(self, secret_hash: bytes) -> bool:
        """Use it up. Of any number of simultaneous calls one returns True."""
        ...


class SecondFactors(Protocol):
    """Checks of second factors (control/factors/checking.py): what is accepted is used up by that."""

    def held(self, user_id: str) -> Held:
        """Return a person's second factors."""
        ...

    def take_code(self, user_id: str, code: str) -> bool:
        """Return whether this is a code of the person's app."""
        ...

    def take_recovery(self, user_id: str, code: str) -> bool:
        """Return whether this is one of the person's recovery codes."""
        ...

    def ask_passkey(self, purpose: Purpose, user_id: str | None) -> Asked:
        """Return a new challenge. Raises management.conflict where browsers have no passkeys."""
        ...

    def find_passkey(self, presented: Assertion) -> Passkey | None:
        """Return the passkey that is presented, of whomever; nothing is proved by that."""
        ...

    def take_passkey(self, presented: Assertion, purpose: Purpose, user_id: str | None) -> Passkey | None:
        """Return the passkey that was proved."""
        ...


class AccountNotices(Protocol):
    """Tells people what happened to their accounts."""

    def tell(self, news: AccountNews) -> None:
        """Tell it, in the transaction that stores it. Nothing waits for who hears of it, or fails because of them."""
        ...


class NoAccountNotices:
    """Implements AccountNotices where nobody listens."""

    def tell(self, news: AccountNews) -> None:
        """Do nothing."""


class ThrottleStore(Protocol):
    """Attempt counters. Each call commits by itself, so that no other failure can undo it (tokens.md R36)."""

    def take(self, buckets: tuple[Bucket, ...], now_ns: int) -> int:
        """Count one attempt in every bucket, or in none when one is full.

        Returns 0 when counted, else the nanoseconds until the fullest bucket empties. Atomic between
        threads and processes.
        """
        ...

    def give_back(self, buckets: tuple[Bucket, ...], *, cleared: Bucket | None) -> None:
        """After a success: uncount this attempt in `buckets` and empty `cleared`."""
        ...


class PasswordHasher(Protocol):
    """A slow, salted password hash, computed in a bounded pool."""

    def hash(self, password: str) -> str:
        """Return the hash to store. Raises management.throttled when the pool and its queue are full."""
        ...

    def verify(self, password: str, password_hash: str | None) -> bool:
        """Return whether they match; None costs the same time and never matches. Raises management.throttled."""
        ...

    def needs_rehash(self, password_hash: str) -> bool:
        """Return whether the hash was made with other parameters than today's."""
        ...


_: type[AccountNotices] = NoAccountNotices
