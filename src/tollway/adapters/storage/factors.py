"""Second factors in the config database.

Every method is a transaction of its own where there is none around it: what was used up stays used up, whatever fails
afterwards.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, select, update

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_rows import chunks
from tollway.adapters.storage.factors_schema import passkey_challenges, passkeys, recovery_codes, totp_factors
from tollway.control.factors.model import AuthenticatorApp, Challenge, Passkey
from tollway.control.factors.ports import FactorStore

_PURGE = 1_000
_APP_COLUMNS = tuple(column.name for column in totp_factors.c)
_PASSKEY_COLUMNS = tuple(column.name for column in passkeys.c)


class SQLFactorStore:
    """Implements FactorStore."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def find_app(self, user_id: str) -> AuthenticatorApp | None:
        """Return the person's authenticator app."""
        query = select(totp_factors).where(totp_factors.c.user_id == user_id)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return AuthenticatorApp(**{name: row[name] for name in _APP_COLUMNS}) if row else None

    def put_app(self, app: AuthenticatorApp) -> None:
        """Store an app in place of the one before."""
        with self._database.write():
            connection = self._database.writing()
            connection.execute(delete(totp_factors).where(totp_factors.c.user_id == app.user_id))
            connection.execute(insert(totp_factors).values({name: getattr(app, name) for name in _APP_COLUMNS}))

    def advance_app(self, user_id: str, step: int) -> bool:
        """Use up a step: one statement compares and sets, so that two calls cannot both find it unused."""
        query = update(totp_factors).where(totp_factors.c.user_id == user_id, totp_factors.c.last_step < step)
        with self._database.write():
            return bool(self._database.writing().execute(query.values(last_step=step)).rowcount)

    def delete_app(self, user_id: str) -> bool:
        """Forget the app."""
        with self._database.write():
            query = delete(totp_factors).where(totp_factors.c.user_id == user_id)
            return bool(self._database.writing().execute(query).rowcount)

    def replace_codes(self, user_id: str, hashes: Collection[bytes], now_ns: int) -> None:
        """Store recovery codes and delete those before."""
        with self._database.write():
            connection = self._database.writing()
            connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
            rows = [{"user_id": user_id, "code_hash": one, "created_ns": now_ns} for one in hashes]
            if rows:
                connection.execute(insert(recovery_codes), rows)

    def count_codes(self, user_id: str) -> int:
        """Return how many recovery codes are left, by the primary key."""
        query = select(func.count()).select_from(recovery_codes).where(recovery_codes.c.user_id == user_id)
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def use_code(self, user_id: str, code_hash: bytes) -> bool:
        """Delete a recovery code; the row count says who was first."""
        query = delete(recovery_codes).where(
            recovery_codes.c.user_id == user_id, recovery_codes.c.code_hash == code_hash
        )
        with self._database.write():
            return bool(self._database.writing().execute(query).rowcount)

    def list_passkeys(self, user_id: str) -> tuple[Passkey, ...]:
        """Return a person's passkeys, oldest first, by passkeys_by_user."""
        query = select(passkeys).where(passkeys.c.user_id == user_id).order_by(passkeys.c.created_ns, passkeys.c.id)
        with self._database.reading() as connection:
            return tuple(_passkey(row) for row in connection.execute(query).mappings())

    def find_passkey(self, credential_id: bytes) -> Passkey | None:
        """Return the passkey, by the unique index on credential_id."""
        query = select(passkeys).where(passkeys.c.credential_id == credential_id)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return _passkey(row) if row else None

    def add_passkey(self, passkey: Passkey) -> None:
        """Store a passkey; the unique index refuses a credential that is known."""
        with self._database.write():
            values = {name: getattr(passkey, name) for name in _PASSKEY_COLUMNS}
            self._database.writing().execute(insert(passkeys).values(values))

    def rename_passkey(self, user_id: str, passkey_id: str, name: str) -> bool:
        """Give a passkey another name."""
        query = update(passkeys).where(passkeys.c.id == passkey_id, passkeys.c.user_id == user_id)
        with self._database.write():
            return bool(self._database.writing().execute(query.values(name=name)).rowcount)

    def use_passkey(self, passkey: Passkey, sign_count: int, now_ns: int) -> bool:
        """Record a use: one statement compares and sets the count. 0 is what authenticators send that do not count."""
        counted = passkeys.c.sign_count
        has_grown = counted < sign_count if sign_count else counted == 0
        query = update(passkeys).where(passkeys.c.id == passkey.id, has_grown)
        with self._database.write():
            values = {"sign_count": sign_count, "used_ns": now_ns}
            return bool(self._database.writing().execute(query.values(values)).rowcount)

    def delete_passkey(self, user_id: str, passkey_id: str) -> bool:
        """Forget a passkey."""
        query = delete(passkeys).where(passkeys.c.id == passkey_id, passkeys.c.user_id == user_id)
        with self._database.write():
            return bool(self._database.writing().execute(query).rowcount)

    def delete_all(self, user_id: str) -> int:
        """Forget everything of a person."""
        with self._database.write():
            connection = self._database.writing()
            for table in (recovery_codes, passkey_challenges):
                connection.execute(delete(table).where(table.c.user_id == user_id))
            apps = connection.execute(delete(totp_factors).where(totp_factors.c.user_id == user_id)).rowcount
            return apps + connection.execute(delete(passkeys).where(passkeys.c.user_id == user_id)).rowcount

    def add_challenge(self, challenge: Challenge, now_ns: int) -> None:
        """Store a challenge, and purge up to 1,000 by passkey_challenges_by_expiry."""
        table = passkey_challenges
        old = select(table.c.challenge_hash).where(table.c.expires_ns <= now_ns).order_by(table.c.expires_ns)
        with self._database.write():
            connection = self._database.writing()
            connection.execute(delete(table).where(table.c.challenge_hash.in_(old.limit(_PURGE))))
            values = {column.name: getattr(challenge, column.name) for column in table.c}
            connection.execute(insert(table).values(values))

    def take_challenge(self, challenge_hash: bytes) -> Challenge | None:
        """Delete a challenge and return it."""
        table = passkey_challenges
        with self._database.write():
            connection = self._database.writing()
            row = connection.execute(select(table).where(table.c.challenge_hash == challenge_hash)).mappings().first()
            if row is None:
                return None
            connection.execute(delete(table).where(table.c.challenge_hash == challenge_hash))
        return Challenge(**row)

    def kinds(self, user_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Return which factors each of the people has: two queries by their indexes for each thousand."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        with self._database.reading() as connection:
            for chunk in chunks(user_ids):
                apps = select(totp_factors.c.user_id).where(
                    totp_factors.c.user_id.in_(chunk), totp_factors.c.confirmed_ns.is_not(None)
                )
                keys = select(passkeys.c.user_id).where(passkeys.c.user_id.in_(chunk)).distinct()
                for kind, query in (("totp", apps), ("passkey", keys)):
                    for user_id in connection.execute(query).scalars():
                        found[user_id].add(kind)
        return {user_id: frozenset(kinds) for user_id, kinds in found.items()}


def _passkey(row: RowMapping | Mapping[str, Any]) -> Passkey:
    return Passkey(**{name: row[name] for name in _PASSKEY_COLUMNS})


_: type[FactorStore] = SQLFactorStore
