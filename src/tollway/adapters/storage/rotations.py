"""Rotation policies, new secrets that wait, and answers to tokens that rotated themselves, in the config database."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, insert, select, update

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_schema import applications, tokens
from tollway.adapters.storage.life_schema import handovers, rotation_policies, self_rotations
from tollway.adapters.storage.tokens import SQLTokenStore
from tollway.control.model import name_key
from tollway.control.rotations.model import Handover, RotationPolicy
from tollway.control.rotations.ports import HandoverStore, RotationPolicyStore, SelfRotationStore
from tollway.control.tokens.model import Token

_POLICY = [column for column in rotation_policies.c if column.name != "name_key"]
_WAITING_MAX = 1_000


class SQLRotationPolicyStore:
    """Implements RotationPolicyStore."""

    def __init__(self, database: ConfigDatabase, token_store: SQLTokenStore) -> None:
        self._database = database
        self._tokens = token_store

    def all(self) -> tuple[RotationPolicy, ...]:
        """Return every policy, by name; there are a handful."""
        query = select(*_POLICY).order_by(rotation_policies.c.name_key)
        with self._database.reading() as connection:
            return tuple(RotationPolicy(**row) for row in connection.execute(query).mappings())

    def find(self, policy_id: str) -> RotationPolicy | None:
        """Return the policy, by primary key."""
        return self._find(rotation_policies.c.id == policy_id)

    def find_named(self, name: str) -> RotationPolicy | None:
        """Return the policy of that name, by its unique key."""
        return self._find(rotation_policies.c.name_key == name_key(name))

    def put(self, policy: RotationPolicy) -> None:
        """Store a policy, new or changed."""
        connection = self._database.writing()
        values = asdict(policy) | {"name_key": name_key(policy.name)}
        changed = connection.execute(
            update(rotation_policies).where(rotation_policies.c.id == policy.id).values(values)
        )
        if not changed.rowcount:
            connection.execute(insert(rotation_policies).values(values))

    def remove(self, policy_id: str) -> None:
        """Delete the policy."""
        self._database.writing().execute(delete(rotation_policies).where(rotation_policies.c.id == policy_id))

    def candidates(
        self, policy: RotationPolicy, *, issued_before_ns: int, after_id: str, limit: int
    ) -> tuple[Token, ...]:
        """Return active tokens in scope, by primary key; walks all tokens of the installation in slices of `limit`."""
        wanted = [
            tokens.c.id > after_id,
            tokens.c.state == "active",
            tokens.c.created_ns <= issued_before_ns,
            *_in_scope(policy),
        ]
        query = select(tokens.c.id).where(*wanted).order_by(tokens.c.id).limit(limit)
        with self._database.reading() as connection:
            found = tuple(connection.execute(query).scalars())
        whole = {token.id: token for token in self._tokens.many(found) if isinstance(token, Token)}
        return tuple(whole[token_id] for token_id in found if token_id in whole)

    def _find(self, condition: ColumnElement[bool]) -> RotationPolicy | None:
        with self._database.reading() as connection:
            row = connection.execute(select(*_POLICY).where(condition)).mappings().first()
        return None if row is None else RotationPolicy(**row)


class SQLHandoverStore:
    """Implements HandoverStore."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def add(self, handover: Handover) -> None:
        """Store a new handover; handovers_by_token refuses a second one of the same generation."""
        self._database.writing().execute(insert(handovers).values(asdict(handover)))

    def put(self, handover: Handover) -> None:
        """Store a changed handover."""
        changes = update(handovers).where(handovers.c.id == handover.id).values(asdict(handover))
        self._database.writing().execute(changes)

    def find(self, handover_id: str) -> Handover | None:
        """Return the handover, by primary key."""
        with self._database.reading() as connection:
            row = connection.execute(select(handovers).where(handovers.c.id == handover_id)).mappings().first()
        return None if row is None else Handover(**row)

    def last_of(self, token_id: str) -> Handover | None:
        """Return the token's handover of the highest generation, by handovers_by_token."""
        query = select(handovers).where(handovers.c.token_id == token_id)
        with self._database.reading() as connection:
            row = connection.execute(query.order_by(handovers.c.generation.desc()).limit(1)).mappings().first()
        return None if row is None else Handover(**row)

    def waiting(self) -> tuple[Handover, ...]:
        """Return what waits, by handovers_by_state."""
        query = select(handovers).where(handovers.c.state == "waiting").order_by(handovers.c.expires_ns)
        return self._some(query.limit(_WAITING_MAX))

    def failed(self, *, limit: int) -> tuple[Handover, ...]:
        """Return what failed last of each token, by handovers_by_state and handovers_by_token; ties by id."""
        later = handovers.alias("later")
        follows = (later.c.token_id == handovers.c.token_id, later.c.generation > handovers.c.generation)
        query = select(handovers).where(handovers.c.state == "failed", ~exists().where(*follows))
        return self._some(query.order_by(handovers.c.ended_ns.desc(), handovers.c.id).limit(limit))

    def letters_due(self, *, now_ns: int, limit: int) -> tuple[Handover, ...]:
        """Return whose letter is due, by handovers_by_state; few wait at a time."""
        table = handovers
        query = select(table).where(table.c.state == "waiting", table.c.mail_due_ns <= now_ns)
        return self._some(query.order_by(table.c.mail_due_ns, table.c.id).limit(limit))

    def purge(self, *, before_ns: int, limit: int) -> int:
        """Delete what ended before, by handovers_by_state."""
        old = (
            select(handovers.c.id).where(handovers.c.state != "waiting", handovers.c.ended_ns < before_ns).limit(limit)
        )
        return self._database.writing().execute(delete(handovers).where(handovers.c.id.in_(old))).rowcount

    def _some(self, query: Select[Any]) -> tuple[Handover, ...]:
        with self._database.reading() as connection:
            return tuple(Handover(**row) for row in connection.execute(query).mappings())


class SQLSelfRotationStore:
    """Implements SelfRotationStore."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def find(self, token_id: str, key_hash: bytes) -> tuple[bytes, int, int] | None:
        """Return the answer under that key, by primary key."""
        table = self_rotations
        query = select(table.c.sealed, table.c.generation, table.c.created_ns)
        with self._database.reading() as connection:
            row = connection.execute(query.where(table.c.token_id == token_id, table.c.key_hash == key_hash)).first()
        return None if row is None else (bytes(row[0]), row[1], row[2])

    def add(self, token_id: str, key_hash: bytes, *, sealed: bytes, generation: int, created_ns: int) -> None:
        """Keep an answer; one under the same key that was of an earlier secret is replaced."""
        connection, table = self._database.writing(), self_rotations
        connection.execute(delete(table).where(table.c.token_id == token_id, table.c.key_hash == key_hash))
        values = {"sealed": sealed, "generation": generation, "created_ns": created_ns}
        connection.execute(insert(table).values(token_id=token_id, key_hash=key_hash, **values))

    def forget(self, *, before_ns: int) -> None:
        """Delete answers made before, by self_rotations_by_time."""
        self._database.writing().execute(delete(self_rotations).where(self_rotations.c.created_ns < before_ns))


def _in_scope(policy: RotationPolicy) -> list[ColumnElement[bool]]:
    match policy.scope:
        case "installation":
            return []
        case "token":
            return [tokens.c.id == policy.scope_id]
        case "application":
            return [tokens.c.application_id == policy.scope_id]
        case "team":
            of_team = select(applications.c.id).where(applications.c.team_id == policy.scope_id)
            return [tokens.c.application_id.in_(of_team)]


_: type[RotationPolicyStore] = SQLRotationPolicyStore
_handovers: type[HandoverStore] = SQLHandoverStore
_own: type[SelfRotationStore] = SQLSelfRotationStore
