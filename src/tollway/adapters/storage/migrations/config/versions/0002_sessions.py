"""People who may sign in, their sessions, the one-time set-up link, and attempt counters."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _key(name: str, *, primary: bool = False, unique: bool = False) -> sa.Column[str]:
    return sa.Column(name, _ORDERED, primary_key=primary, nullable=False, unique=unique)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _bytes(name: str, *, primary: bool = False, unique: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), primary_key=primary, nullable=False, unique=unique)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "users",
        _key("id", primary=True),
        _text("name"),
        _key("name_key", unique=True),
        _text("role"),
        _text("password_hash"),
        _number("created_ns"),
    )
    op.create_table(
        "sessions",
        _key("id", primary=True),
        _bytes("secret_hash", unique=True),
        sa.Column("user_id", _ORDERED, sa.ForeignKey("users.id"), nullable=False),
        _number("created_ns"),
        _number("last_seen_ns"),
        _number("expires_ns"),
        _text("address"),
        _text("agent"),
    )
    op.create_index("sessions_by_user", "sessions", ["user_id"])
    op.create_index("sessions_by_expiry", "sessions", ["expires_ns"])
    op.create_table("setup_links", _bytes("secret_hash", primary=True), _number("expires_ns"))
    op.create_table(
        "attempts",
        _bytes("bucket", primary=True),
        _number("count"),
        _number("ends_ns"),
    )
    op.create_index("attempts_by_end", "attempts", ["ends_ns"])
