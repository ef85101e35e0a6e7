"""The config database's tables, as the newest migration leaves them (a contract test compares the two).

Instants are integer nanoseconds. Columns that hold structures are JSON text written and read by msgspec.
Deleted applications, providers and services stay as tombstones (their unique keys are NULL), so that ids are
never used again and old usage keeps its names. Tokens are never deleted.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, text

metadata = MetaData()

Ordered = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is compared byte by byte on both engines, for keys, ranges and paging."""

_SEQUENCE = BigInteger().with_variant(Integer(), "sqlite")


def _kept() -> list[Column[object]]:
    """Return the columns of who changed a row and when."""
    return [
        Column("created_ns", BigInteger, nullable=False),
        Column("created_by", Text, nullable=False),
        Column("updated_ns", BigInteger, nullable=False),
        Column("updated_by", Text, nullable=False),
        Column("version", Integer, nullable=False),
    ]


installation = Table(
    "installation",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
)

dirty = Table(
    "dirty",
    metadata,
    Column("seq", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    sqlite_autoincrement=True,
)

teams = Table(
    "teams",
    metadata,
    Column("id", Ordered, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Ordered, nullable=False, unique=True),
    *_kept(),
)

applications = Table(
    "applications",
    metadata,
    Column("id", Ordered, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Ordered, nullable=True, unique=True),
    Column("team_id", Ordered, nullable=False),
    Column("state", Text, nullable=False),
    Column("limits", Text, nullable=False),
    *_kept(),
    Column("deleted_ns", BigInteger, nullable=True),
    Column("plan_id", Ordered, nullable=True),
    Index("applications_by_time", "created_ns", "id"),
    Index("applications_by_team", "team_id"),
    Index("applications_by_plan", "plan_id", "created_ns", "id"),
)

OF_LATER = text("not_before_ns IS NOT NULL")

tokens = Table(
    "tokens",
    metadata,
    Column("id", Ordered, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_key", Ordered, nullable=False),
    Column("state", Text, nullable=False),
    Column("mac", LargeBinary, nullable=False),
    Column("pepper_version", Integer, nullable=False),
    Column("application_id", Ordered, ForeignKey("applications.id"), nullable=True),
    Column("environment", Text, nullable=False),
    Column("models", Text, nullable=True),
    Column("services", Text, nullable=True),
    Column("limits", Text, nullable=False),
    Column("expires_ns", BigInteger, nullable=True),
    *_kept(),
    Column("revoked_ns", BigInteger, nullable=True),
    Column("revoked_by", Text, nullable=True),
    Column("revoked_reason", Text, nullable=True),
    Column("owner_id", Ordered, nullable=True),
    Column("scopes", Text, nullable=True),
    Column("plan_id", Ordered, nullable=True),
    Column("not_before_ns", BigInteger, nullable=True),
    Column("idle_seconds", BigInteger, nullable=True),
    Column("life", Text, nullable=False),
    Index("tokens_by_time", "created_ns", "id"),
    Index("tokens_by_state", "state", "created_ns", "id"),
    Index("tokens_by_application", "application_id", "created_ns", "id"),
    Index("tokens_by_name", "name_key"),
    Index("tokens_by_owner", "owner_id", "created_ns", "id"),
    Index("tokens_by_expiry", "expires_ns", "state"),
    Index("tokens_by_plan", "plan_id", "created_ns", "id"),
    Index("tokens_by_idle", "idle_seconds", "id"),
    Index("tokens_by_start", "not_before_ns", sqlite_where=OF_LATER, postgresql_where=OF_LATER),
)

providers = Table(
    "providers",
    metadata,
    Column("id", Ordered, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Ordered, nullable=True, unique=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("connection", Text, nullable=False),
    Column("models", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    *_kept(),
    Column("deleted_ns", BigInteger, nullable=True),
    Column("environment", Text, nullable=False),
    Column("team_id", Ordered, nullable=True),
    Index("providers_by_time", "created_ns", "id"),
)

services = Table(
    "services",
    metadata,
    Column("id", Ordered, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Ordered, nullable=True, unique=True),
    Column("path_prefix", Ordered, nullable=True, unique=True),
    Column("state", Text, nullable=False),
    Column("connection", Text, nullable=False),
    Column("behaviour", Text, nullable=False),
    *_kept(),
    Column("deleted_ns", BigInteger, nullable=True),
    Column("environment", Text, nullable=False),
    Column("team_id", Ordered, nullable=True),
    Index("services_by_time", "created_ns", "id"),
)

upstream_keys = Table(
    "upstream_keys",
    metadata,
    Column("id", Ordered, primary_key=True),
    Column("owner_id", Ordered, nullable=False),
    Column("position", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("masked", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("aad", LargeBinary, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Index("upstream_keys_by_owner", "owner_id", "position"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("scope", Ordered, primary_key=True),
    Column("key", Ordered, primary_key=True),
    Column("body_hash", LargeBinary, nullable=False),
    Column("status", Integer, nullable=True),
    Column("headers", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("is_secret", Boolean, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Index("idempotency_by_time", "created_ns"),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Ordered, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Ordered, nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("kinds", Text, nullable=True),
    Column("allow_private", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("disabled_reason", Text, nullable=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("previous_sealed", LargeBinary, nullable=True),
    Column("previous_until_ns", BigInteger, nullable=True),
    *_kept(),
    Column("delivered_ns", BigInteger, nullable=True),
    Column("failed_ns", BigInteger, nullable=True),
    Column("dropped", BigInteger, nullable=False),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Ordered, primary_key=True),
    Column("webhook_id", Ordered, nullable=False),
    Column("kind", Ordered, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", Ordered, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("retry_from_ns", BigInteger, nullable=False),
    Column("due_ns", BigInteger, nullable=True),
    Column("claimed_until_ns", BigInteger, nullable=False),
    Column("attempts", Text, nullable=False),
    Column("attempts_total", Integer, nullable=False),
    Index("webhook_deliveries_by_webhook", "webhook_id", "created_ns", "id"),
    Index("webhook_deliveries_by_state", "webhook_id", "state", "created_ns", "id"),
    Index("webhook_deliveries_by_due", "state", "due_ns"),
    Index("webhook_deliveries_by_time", "created_ns"),
)

mail_server = Table(
    "mail_server",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("host", Text, nullable=False),
    Column("port", Integer, nullable=False),
    Column("security", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("sealed_password", LargeBinary, nullable=False),
    Column("from_address", Text, nullable=False),
    Column("from_name", Text, nullable=False),
    Column("updated_ns", BigInteger, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("version", Integer, nullable=False),
)

letters = Table(
    "letters",
    metadata,
    Column("id", Ordered, primary_key=True),
    Column("recipient", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("due_ns", BigInteger, nullable=False),
    Column("claimed_until_ns", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Index("letters_by_due", "due_ns", "id"),
)

told = Table(
    "told",
    metadata,
    Column("subject", Ordered, primary_key=True),
    Column("until_ns", BigInteger, nullable=False),
)
