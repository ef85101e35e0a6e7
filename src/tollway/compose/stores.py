"""Opens the config database and what is kept in it, and refuses one that is not this data directory's.

A policy store that an installation published says which tokens there are. A database that is empty or another
installation's would be published in its place, and every token would end; so neither is opened beside it.
"""

from pathlib import Path

import msgspec
from sqlalchemy import Engine

from tollway.adapters.policy_store import PolicyStoreWriter
from tollway.adapters.storage.accounts import SQLAccountStore
from tollway.adapters.storage.alerts import SQLAlertStore
from tollway.adapters.storage.applications import SQLApplicationStore
from tollway.adapters.storage.audit import SQLAuditStore
from tollway.adapters.storage.config_database import ConfigDatabase
from tollway.adapters.storage.engine import open_engine
from tollway.adapters.storage.letters import SQLLetterStore
from tollway.adapters.storage.levels import SQLLevelStore
from tollway.adapters.storage.migrate import migrate
from tollway.adapters.storage.notices import SQLDeliveryStore, SQLMailStore, SQLToldStore, SQLWebhookStore
from tollway.adapters.storage.plans import SQLPlanStore
from tollway.adapters.storage.publication import find_installation
from tollway.adapters.storage.roles import SQLRoleStore
from tollway.adapters.storage.services import SQLServiceStore
from tollway.adapters.storage.teams import SQLTeamStore
from tollway.adapters.storage.tokens import SQLTokenStore
from tollway.adapters.storage.upstreams import SQLProviderStore
from tollway.contract.policy import decode_snapshot
from tollway.kernel.clock import Clock
from tollway.kernel.errors import TollwayError
from tollway.settings.model import Settings


class Stores(msgspec.Struct, frozen=True):
    """The config database and what is kept in it, and the policy store that it is published to."""

    database: ConfigDatabase
    policy: PolicyStoreWriter
    tokens: SQLTokenStore
    applications: SQLApplicationStore
    teams: SQLTeamStore
    providers: SQLProviderStore
    services: SQLServiceStore
    accounts: SQLAccountStore
    roles: SQLRoleStore
    audit: SQLAuditStore
    webhooks: SQLWebhookStore
    deliveries: SQLDeliveryStore
    mail: SQLMailStore
    letters: SQLLetterStore
    told: SQLToldStore
    plans: SQLPlanStore
    levels: SQLLevelStore
    alerts: SQLAlertStore


def open_stores(settings: Settings, clock: Clock) -> Stores:
    """Open the policy store and the config database, which is brought to this program's schema.

    Raises management.unavailable (not this directory's, or out of reach; nothing is changed), storage.newer_schema,
    gateway.policy_unavailable.
    """
    place = settings.database.url or settings.data / "config.db"
    policy = PolicyStoreWriter(settings.data / "policy")
    try:
        writer = _open_writer(place, _published_installation(policy), settings)
    except BaseException:
        policy.close()
        raise
    database = ConfigDatabase(writer, open_engine(place, database="config", writer=False))
    return Stores(
        database,
        policy,
        SQLTokenStore(database),
        SQLApplicationStore(database),
        SQLTeamStore(database),
        SQLProviderStore(database, clock),
        SQLServiceStore(database, clock),
        SQLAccountStore(database),
        SQLRoleStore(database),
        SQLAuditStore(database),
        SQLWebhookStore(database),
        SQLDeliveryStore(database),
        SQLMailStore(database),
        SQLLetterStore(database),
        SQLToldStore(database),
        SQLPlanStore(database),
        SQLLevelStore(database),
        SQLAlertStore(database),
    )


def _open_writer(place: str | Path, published: str, settings: Settings) -> Engine:
    if published and isinstance(place, Path) and not place.exists():
        raise _refused("is gone", settings)
    writer = open_engine(place, database="config", writer=True)
    if published and (found := find_installation(writer)) != published:
        writer.dispose()
        raise _refused("is empty" if found is None else "is another installation's", settings)
    migrate(writer, "config", settings.data / "backups")
    return writer


def _published_installation(policy: PolicyStoreWriter) -> str:
    """Return whose policy is published here; "" when none is, or none that can be read."""
    raw = policy.snapshot()
    try:
        return "" if raw is None else decode_snapshot(raw).installation
    except ValueError:
        return ""


def _refused(what: str, settings: Settings) -> TollwayError:
    policy = settings.data / "policy"
    if settings.database.url:
        text = (
            f"The database of `database.url` {what}, and {policy} was published from an installation's own: set "
            "`database.url` to that one, or restore a backup"
        )
    else:
        text = f"{settings.data / 'config.db'} {what}; put this installation's back or restore a backup"
    return TollwayError("management.unavailable", public=f"{text} (to begin anew with it, move {policy} away).")
