"""How much in the config database is kept as a keyed hash of each root key: tokens and passwords.

Only what can still be used counts: revoked and expired tokens and deactivated people need no key.
"""

import msgspec
from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_rows import from_json
from tollway.adapters.storage.config_schema import tokens
from tollway.adapters.storage.sessions_schema import users
from tollway.contract.life import OldSecret
from tollway.control.keys.model import NAMES_MAX, Uses
from tollway.control.keys.ports import KeyUses
from tollway.kernel.clock import Clock


class _Life(msgspec.Struct):
    """What this reads of a token's life."""

    old_secrets: tuple[OldSecret, ...] = ()


class SQLKeyUses:
    """Implements KeyUses. Reads the whole table of tokens: seconds for a million."""

    def __init__(self, database: ConfigDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def tokens(self, generation: int) -> Uses:
        """Return the tokens of that generation that are neither revoked nor expired, the oldest first.

        A replaced secret counts for as long as it is accepted beside the new one.
        """
        now = self._clock.now_ns()
        is_usable = and_(tokens.c.state != "revoked", or_(tokens.c.expires_ns.is_(None), tokens.c.expires_ns > now))
        newest = self._uses(
            select(tokens.c.name).order_by(tokens.c.created_ns, tokens.c.id),
            tokens.c.pepper_version == generation,
            is_usable,
        )
        replaced = self._replaced(is_usable, generation, now)
        return Uses(newest.count + len(replaced), (*newest.names, *replaced)[:NAMES_MAX])

    def _replaced(self, is_usable: ColumnElement[bool], generation: int, now_ns: int) -> tuple[str, ...]:
        """Return the names of tokens of newer keys with a replaced secret of that generation that still works."""
        has_replaced = tokens.c.life.contains('"old_secrets":[[')
        query = select(tokens.c.name, tokens.c.life).where(
            is_usable, tokens.c.pepper_version != generation, has_replaced
        )
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(tokens.c.created_ns, tokens.c.id)).all()
        return tuple(
            row.name
            for row in rows
            if any(
                old.pepper_version == generation and old.valid_until_ns > now_ns
                for old in from_json(row.life, _Life).old_secrets
            )
        )

    def passwords(self, generation: int) -> Uses:
        """Return the people who may sign in with a password of that generation, the oldest first."""
        # The first generation has no mark; see control/sessions/passwords.py.
        mark = "" if generation == 1 else str(generation)
        return self._uses(
            select(users.c.name).order_by(users.c.created_ns, users.c.id),
            users.c.password_hash.startswith(f"{mark}$", autoescape=True),
            users.c.state == "active",
        )

    def _uses(self, names: Select[tuple[str]], *conditions: ColumnElement[bool]) -> Uses:
        with self._database.reading() as connection:
            count = connection.execute(names.with_only_columns(func.count()).order_by(None).where(*conditions)).scalar()
            found = connection.execute(names.where(*conditions).limit(NAMES_MAX)).all()
        return Uses(int(count or 0), tuple(row.name for row in found))


_: type[KeyUses] = SQLKeyUses
