"""Rules of how long tokens live, and epochs, in the config database."""

from sqlalchemy import ColumnElement, delete, insert, select, update

from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.config_schema import applications, tokens
from tollway.adapters.storage.life_schema import epochs, lifetime_rules
from tollway.contract.life import Epoch
from tollway.control.publication.ports import PublishedEpochs
from tollway.control.tokens.model import LifetimeRule, RuleScope
from tollway.control.tokens.ports import EpochStore, LifetimeStore


class SQLLifetimeStore:
    """Implements LifetimeStore."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def all(self) -> tuple[LifetimeRule, ...]:
        """Return every rule, by primary key."""
        query = select(lifetime_rules).order_by(lifetime_rules.c.scope, lifetime_rules.c.scope_id)
        with self._database.reading() as connection:
            return tuple(LifetimeRule(*row) for row in connection.execute(query))

    def find(self, scope: RuleScope, scope_id: str) -> LifetimeRule | None:
        """Return the rule of a scope, by primary key."""
        query = select(lifetime_rules).where(lifetime_rules.c.scope == scope, lifetime_rules.c.scope_id == scope_id)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else LifetimeRule(*row)

    def put(self, rule: LifetimeRule) -> None:
        """Store a rule, new or changed."""
        self.remove(rule.scope, rule.scope_id)
        self._database.writing().execute(
            insert(lifetime_rules).values(
                scope=rule.scope,
                scope_id=rule.scope_id,
                default_seconds=rule.default_seconds,
                max_seconds=rule.max_seconds,
                idle_seconds=rule.idle_seconds,
                updated_ns=rule.updated_ns,
                updated_by=rule.updated_by,
                version=rule.version,
            )
        )

    def remove(self, scope: RuleScope, scope_id: str) -> bool:
        """Delete a rule; return whether there was one."""
        wanted = (lifetime_rules.c.scope == scope, lifetime_rules.c.scope_id == scope_id)
        return self._database.writing().execute(delete(lifetime_rules).where(*wanted)).rowcount > 0


class SQLEpochStore:
    """Implements EpochStore and PublishedEpochs."""

    def __init__(self, database: ConfigDatabase) -> None:
        self._database = database

    def all(self) -> tuple[Epoch, ...]:
        """Return every epoch, by primary key."""
        query = select(epochs.c.kind, epochs.c.subject_id, epochs.c.before_ns)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(epochs.c.kind, epochs.c.subject_id))
            return tuple(Epoch(*row) for row in rows)

    def put(self, epoch: Epoch, *, now_ns: int, by: str) -> None:
        """Store the epoch unless its subject has a later one."""
        connection = self._database.writing()
        same = (epochs.c.kind == epoch.kind, epochs.c.subject_id == epoch.id)
        found = connection.execute(select(epochs.c.before_ns).where(*same)).scalar()
        values = {"before_ns": epoch.before_ns, "updated_ns": now_ns, "updated_by": by}
        if found is None:
            connection.execute(insert(epochs).values(kind=epoch.kind, subject_id=epoch.id, **values))
        elif found < epoch.before_ns:
            connection.execute(update(epochs).where(*same).values(**values))

    def issued_before(self, epoch: Epoch, *, limit: int) -> tuple[str, ...]:
        """Return ids of unrevoked tokens, oldest first; by tokens_by_application, _by_owner or _by_time."""
        wanted = [tokens.c.created_ns < epoch.before_ns, tokens.c.state != "revoked", *_of(epoch)]
        query = select(tokens.c.id).where(*wanted).order_by(tokens.c.created_ns, tokens.c.id).limit(limit)
        with self._database.reading() as connection:
            return tuple(connection.execute(query).scalars())


def _of(epoch: Epoch) -> list[ColumnElement[bool]]:
    match epoch.kind:
        case "installation":
            return []
        case "user":
            return [tokens.c.owner_id == epoch.id]
        case "application":
            return [tokens.c.application_id == epoch.id]
        case "team":
            of_team = select(applications.c.id).where(applications.c.team_id == epoch.id)
            return [tokens.c.application_id.in_(of_team)]


_: type[LifetimeStore] = SQLLifetimeStore
_epochs: type[EpochStore] = SQLEpochStore
_published: type[PublishedEpochs] = SQLEpochStore
