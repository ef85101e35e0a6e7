"""The tables of people, roles, sessions and the audit log, as the newest migration leaves them."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

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
    Column("state", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_ns", BigInteger, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("signed_in_ns", BigInteger, nullable=True),
    Column("version", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("email", Text, nullable=True),
    Column("owner_id", Ordered, nullable=True),
    Column("team_id", Ordered, nullable=True),
    Index("users_by_time", "created_ns", "id"),
    Index("users_by_owner", "owner_id"),
    Index("users_by_team", "team_id"),
)

user_links = Table(
    "user_links",
    metadata,
    Column("secret_hash", LargeBinary, primary_key=True),
    Column("user_id", Ordered, ForeignKey("users.id"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Index("user_links_by_user", "user_id"),
)

members = Table(
    "members",
    metadata,
    Column("team_id", Ordered, ForeignKey("teams.id"), primary_key=True),
    Column("user_id", Ordered, ForeignKey("users.id"), primary_key=True),
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Index("members_by_user", "user_id"),
)

roles = Table(
    "roles",
    metadata,
    Column("id", Ordered, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Ordered, nullable=False, unique=True),
    Column("description", Text, nullable=False),
    Column("rights", Text, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_ns", BigInteger, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("version", Integer, nullable=False),
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
    Column("confirmed_ns", BigInteger, nullable=False),
    Column("method", Text, nullable=False),
    Index("sessions_by_user", "user_id"),
    Index("sessions_by_expiry", "expires_ns"),
)

devices = Table(
    "devices",
    metadata,
    Column("user_id", Ordered, ForeignKey("users.id"), primary_key=True),
    Column("secret_hash", LargeBinary, primary_key=True),
    Column("first_ns", BigInteger, nullable=False),
    Column("last_ns", BigInteger, nullable=False),
)

management_uses = Table(
    "management_uses",
    metadata,
    Column("token_id", Ordered, primary_key=True),
    Column("first_ns", BigInteger, nullable=False),
    Column("last_ns", BigInteger, nullable=False),
    Column("last_address", Text, nullable=False),
    Column("last_agent", Text, nullable=False),
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

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("actor", Ordered, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("request_id", Ordered, nullable=False),
    Column("action", Ordered, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("object_id", Ordered, nullable=False),
    Column("object_name", Text, nullable=False),
    Column("before", Text, nullable=True),
    Column("after", Text, nullable=True),
    Column("token_id", Ordered, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index("audit_by_actor", "actor", "seq"),
    Index("audit_by_token", "token_id", "seq"),
    Index("audit_by_object", "object_id", "seq"),
    Index("audit_by_request", "request_id"),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)

audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)
