"""Users, sessions, the set-up link and attempt counters in the config database.

Every method is a transaction of its own, which is what makes counters survive the failures they count.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, delete, insert, or_, select, update

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.factors_schema import sign_in_halves
from tollway.adapters.storage.sessions_schema import (
    attempts,
    devices,
    members,
    sessions,
    setup_links,
    user_links,
    users,
)
from tollway.control.sessions.model import Familiarity, Half, Session, SetupLink, User, UserLink
from tollway.control.sessions.ports import SessionStore, ThrottleStore
from tollway.control.sessions.throttle import Bucket

_PURGE = 1_000
_DEVICES_MAX = 50
"""Browsers that are known of one person."""


class SQLSessionStore:
    """Implements SessionStore."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def has_users(self) -> bool:
        """Return whether anybody can sign in."""
        with self._database.reading() as connection:
            return connection.execute(select(users.c.id).limit(1)).first() is not None

    def find_user_by_name(self, name_key: str) -> User | None:
        """Return the person with this canonical name; never a service account, which has nothing to sign in with."""
        query = select(users).where(users.c.name_key == name_key, users.c.kind == "person")
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return read_user(row) if row else None

    def find_user(self, user_id: str) -> User | None:
        """Return the user with this id."""
        with self._database.reading() as connection:
            row = connection.execute(select(users).where(users.c.id == user_id)).mappings().first()
        return read_user(row) if row else None

    def add_first_user(self, user: User, *, link_hash: bytes, now_ns: int) -> bool:
        """Add the owner and use up the link. The writer's lock makes one of several simultaneous calls succeed."""
        with self._database.write():
            link = self.find_setup_link(link_hash)
            if link is None or link.expires_ns <= now_ns or self.has_users():
                return False
            connection = self._database.writing()
            connection.execute(insert(users).values(user_values(user)))
            connection.execute(delete(setup_links))
            return True

    def set_password_hash(self, user_id: str, password_hash: str, *, instead_of: str | None = None) -> None:
        """Replace a password hash; with `instead_of` only while that one is stored."""
        with self._database.write():
            query = update(users).where(users.c.id == user_id).values(password_hash=password_hash)
            if instead_of is not None:
                query = query.where(users.c.password_hash == instead_of)
            self._database.writing().execute(query)

    def find_user_link(self, secret_hash: bytes) -> tuple[UserLink, User] | None:
        """Return the stored link and whom it is for."""
        query = (
            select(users, *(column.label(f"link_{column.name}") for column in user_links.c))
            .join(user_links, user_links.c.user_id == users.c.id)
            .where(user_links.c.secret_hash == secret_hash)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            return None
        link = UserLink(row["link_secret_hash"], row["link_user_id"], row["link_purpose"], row["link_expires_ns"])
        return link, read_user(row)

    def accept_link(self, user: User, *, link_hash: bytes, now_ns: int) -> bool:
        """Store the user, use up their links, end their sessions. The writer's lock makes one of several succeed."""
        with self._database.write():
            found = self.find_user_link(link_hash)
            if found is None or found[0].expires_ns <= now_ns or found[0].user_id != user.id:
                return False
            connection = self._database.writing()
            connection.execute(update(users).where(users.c.id == user.id).values(user_values(user)))
            connection.execute(delete(user_links).where(user_links.c.user_id == user.id))
            end_sessions(connection, user.id)
            return True

    def team_ids(self, user_id: str) -> frozenset[str]:
        """Return the teams that the user is in, by members_by_user."""
        with self._database.reading() as connection:
            found = connection.execute(select(members.c.team_id).where(members.c.user_id == user_id))
            return frozenset(found.scalars())

    def record_sign_in(self, user_id: str, now_ns: int) -> None:
        """Remember when the user signed in last."""
        with self._database.write():
            query = update(users).where(users.c.id == user_id).values(signed_in_ns=now_ns)
            self._database.writing().execute(query)

    def replace_setup_link(self, link: SetupLink) -> None:
        """Store a link and delete those before it."""
        with self._database.write():
            connection = self._database.writing()
            connection.execute(delete(setup_links))
            connection.execute(insert(setup_links).values(secret_hash=link.secret_hash, expires_ns=link.expires_ns))

    def find_setup_link(self, secret_hash: bytes) -> SetupLink | None:
        """Return the stored link."""
        query = select(setup_links).where(setup_links.c.secret_hash == secret_hash)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return SetupLink(row["secret_hash"], row["expires_ns"]) if row else None

    def add_session(self, session: Session, *, replaced_hash: bytes | None, idle_before_ns: int) -> None:
        """Store a session, delete the one it replaces, and purge up to 1,000 ended ones by sessions_by_expiry."""
        ended = or_(sessions.c.expires_ns <= session.created_ns, sessions.c.last_seen_ns <= idle_before_ns)
        old = select(sessions.c.id).where(ended).order_by(sessions.c.expires_ns).limit(_PURGE)
        with self._database.write():
            connection = self._database.writing()
            if replaced_hash is not None:
                connection.execute(delete(sessions).where(sessions.c.secret_hash == replaced_hash))
            connection.execute(delete(sessions).where(sessions.c.id.in_(old)))
            connection.execute(insert(sessions).values(_session_values(session)))

    def find_session(self, secret_hash: bytes) -> tuple[Session, User] | None:
        """Return the session and its user: by the unique index on secret_hash, at every request of a browser."""
        query = (
            select(sessions, *(column.label(f"user_{column.name}") for column in users.c if column.name != "id"))
            .join(users, and_(users.c.id == sessions.c.user_id, users.c.state == "active"))
            .where(sessions.c.secret_hash == secret_hash)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            return None
        return _session(row), read_user(_without_prefix(row, "user_"))

    def touch_session(self, session_id: str, now_ns: int) -> None:
        """Record use; never moves back."""
        query = update(sessions).where(sessions.c.id == session_id, sessions.c.last_seen_ns < now_ns)
        with self._database.write():
            self._database.writing().execute(query.values(last_seen_ns=now_ns))

    def list_sessions(self, user_id: str) -> list[Session]:
        """Return a user's sessions by sessions_by_user, newest use first, then by id."""
        query = select(sessions).where(sessions.c.user_id == user_id)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(sessions.c.last_seen_ns.desc(), sessions.c.id)).mappings().all()
        return [_session(row) for row in rows]

    def delete_session(self, session_id: str, *, user_id: str) -> bool:
        """End a session of this user."""
        query = delete(sessions).where(sessions.c.id == session_id, sessions.c.user_id == user_id)
        with self._database.write():
            return bool(self._database.writing().execute(query).rowcount)

    def delete_sessions(self, user_id: str) -> int:
        """End all sessions of a user, and sign-ins of theirs that are half done."""
        with self._database.write():
            return end_sessions(self._database.writing(), user_id)

    def meet_device(self, user_id: str, secret_hash: bytes, now_ns: int) -> Familiarity:
        """Remember a sign-in with a browser, by the primary key; those used least lately give way."""
        its = and_(devices.c.user_id == user_id, devices.c.secret_hash == secret_hash)
        of_user = select(devices.c.secret_hash).where(devices.c.user_id == user_id)
        with self._database.write():
            connection = self._database.writing()
            if connection.execute(update(devices).where(its).values(last_ns=now_ns)).rowcount:
                return "known"
            # Newest use first, then by hash, so that both engines keep the same ones.
            newest = of_user.order_by(devices.c.last_ns.desc(), devices.c.secret_hash).limit(_DEVICES_MAX - 1)
            kept = connection.execute(newest).scalars().all()
            row = {"user_id": user_id, "secret_hash": secret_hash, "first_ns": now_ns, "last_ns": now_ns}
            connection.execute(delete(devices).where(devices.c.user_id == user_id, devices.c.secret_hash.not_in(kept)))
            connection.execute(insert(devices).values(row))
            return "new" if kept else "first"

    def forget_devices(self, user_id: str, *, kept: bytes) -> None:
        """Forget all browsers of a person but one."""
        query = delete(devices).where(devices.c.user_id == user_id, devices.c.secret_hash != kept)
        with self._database.write():
            self._database.writing().execute(query)

    def add_half(self, half: Half, now_ns: int) -> None:
        """Store a half-done sign-in, and purge up to 1,000 by sign_in_halves_by_expiry."""
        table = sign_in_halves
        old = select(table.c.secret_hash).where(table.c.expires_ns <= now_ns).order_by(table.c.expires_ns)
        with self._database.write():
            connection = self._database.writing()
            connection.execute(delete(table).where(table.c.secret_hash.in_(old.limit(_PURGE))))
            connection.execute(insert(table).values({name: getattr(half, name) for name in _HALF_COLUMNS}))

    def find_half(self, secret_hash: bytes) -> tuple[Half, User] | None:
        """Return the half-done sign-in and its user, who is active."""
        query = (
            select(users, *(column.label(f"half_{column.name}") for column in sign_in_halves.c))
            .join(sign_in_halves, and_(sign_in_halves.c.user_id == users.c.id, users.c.state == "active"))
            .where(sign_in_halves.c.secret_hash == secret_hash)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return (Half(**_without_prefix(row, "half_")), read_user(row)) if row else None

    def delete_half(self, secret_hash: bytes) -> bool:
        """Use it up; the row count says who was first."""
        with self._database.write():
            query = delete(sign_in_halves).where(sign_in_halves.c.secret_hash == secret_hash)
            return bool(self._database.writing().execute(query).rowcount)


def end_sessions(connection: Connection, user_id: str) -> int:
    """Delete what a person is or was about to be signed in by; return how many sessions there were."""
    connection.execute(delete(sign_in_halves).where(sign_in_halves.c.user_id == user_id))
    return connection.execute(delete(sessions).where(sessions.c.user_id == user_id)).rowcount


class SQLThrottleStore:
    """Implements ThrottleStore. The writer's lock makes `take` atomic between threads and nodes."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def take(self, buckets: tuple[Bucket, ...], now_ns: int) -> int:
        """Count one attempt in every bucket, or in none when one is full."""
        with self._database.write():
            connection = self._database.writing()
            old = select(attempts.c.bucket).where(attempts.c.ends_ns <= now_ns).limit(_PURGE)
            connection.execute(delete(attempts).where(attempts.c.bucket.in_(old)))
            found = connection.execute(
                select(attempts.c.bucket, attempts.c.count, attempts.c.ends_ns).where(
                    attempts.c.bucket.in_([one.key for one in buckets])
                )
            )
            counts: dict[bytes, tuple[int, int]] = {row[0]: (row[1], row[2]) for row in found}
            # What has ended counts for nothing, also when more had ended than were purged.
            live = {key: value for key, value in counts.items() if value[1] > now_ns}
            full = [one for one in buckets if live.get(one.key, (0, 0))[0] >= one.limit]
            if full:
                return max(live[one.key][1] for one in full) - now_ns
            for one in buckets:
                count, ends_ns = live.get(one.key, (0, now_ns + one.window_ns))
                if one.key in counts:
                    changed = update(attempts).where(attempts.c.bucket == one.key)
                    connection.execute(changed.values(count=count + 1, ends_ns=ends_ns))
                else:
                    connection.execute(insert(attempts).values(bucket=one.key, count=1, ends_ns=ends_ns))
            return 0

    def give_back(self, buckets: tuple[Bucket, ...], *, cleared: Bucket | None) -> None:
        """Uncount this attempt in `buckets` and empty `cleared`."""
        with self._database.write():
            connection = self._database.writing()
            counted = update(attempts).where(attempts.c.bucket.in_([one.key for one in buckets]), attempts.c.count > 0)
            connection.execute(counted.values(count=attempts.c.count - 1))
            if cleared is not None:
                connection.execute(delete(attempts).where(attempts.c.bucket == cleared.key))


def _without_prefix(row: RowMapping, prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in row.items() if name.startswith(prefix)}


_USER_COLUMNS = tuple(column.name for column in users.c)


def read_user(row: Mapping[str, Any] | RowMapping) -> User:
    """Return the user of a row; the columns are the fields."""
    return User(**{name: row[name] for name in _USER_COLUMNS})


def user_values(user: User) -> dict[str, Any]:
    """Return the row of a user; the columns are the fields."""
    return {name: getattr(user, name) for name in _USER_COLUMNS}


_HALF_COLUMNS = tuple(column.name for column in sign_in_halves.c)
_SESSION_COLUMNS = tuple(column.name for column in sessions.c)


def _session(row: RowMapping) -> Session:
    return Session(**{name: row[name] for name in _SESSION_COLUMNS})


def _session_values(session: Session) -> dict[str, Any]:
    return {name: getattr(session, name) for name in _SESSION_COLUMNS}


_sessions: type[SessionStore] = SQLSessionStore
_throttle: type[ThrottleStore] = SQLThrottleStore
