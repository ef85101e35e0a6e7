"""The tables of people and sessions, as the newest migration leaves them; part of the config database's metadata."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Table, Text

from tollway.adapters.storage.config_schema import Ordered, metadata

users = Table(
    "users",
    metadata,
    Column("id", Ordered, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Ordered, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Ordered, primary_key=True),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    Column("user_id", Ordered, ForeignKey("users.id"), nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("last_seen_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Index("sessions_by_user", "user_id"),
    Index("sessions_by_expiry", "expires_ns"),
)

setup_links = Table(
    "setup_links",
    metadata,
    Column("secret_hash", LargeBinary, primary_key=True),
    Column("expires_ns", BigInteger, nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    Column("bucket", LargeBinary, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("ends_ns", BigInteger, nullable=False),
    Index("attempts_by_end", "ends_ns"),
)
