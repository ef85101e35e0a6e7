"""Webhooks, their deliveries, how mail is sent, and what was told."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _key(name: str, *, primary: bool = False, unique: bool = False) -> sa.Column[str]:
    return sa.Column(name, _ORDERED, primary_key=primary, nullable=False, unique=unique)


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _bytes(name: str, *, null: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=null)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "webhooks",
        _key("id", primary=True),
        _text("name"),
        _key("name_key", unique=True),
        _text("url"),
        _text("kinds", null=True),
        _text("allow_private"),
        _text("state"),
        _text("disabled_reason", null=True),
        _bytes("sealed"),
        _bytes("previous_sealed", null=True),
        _number("previous_until_ns", null=True),
        _number("created_ns"),
        _text("created_by"),
        _number("updated_ns"),
        _text("updated_by"),
        _count("version"),
        _number("delivered_ns", null=True),
        _number("failed_ns", null=True),
        _number("dropped"),
    )
    op.create_table(
        "webhook_deliveries",
        _key("id", primary=True),
        _key("webhook_id"),
        _key("kind"),
        _bytes("body"),
        _key("state"),
        _number("created_ns"),
        _number("retry_from_ns"),
        _number("due_ns", null=True),
        _number("claimed_until_ns"),
        _text("attempts"),
        _count("attempts_total"),
    )
    op.create_index("webhook_deliveries_by_webhook", "webhook_deliveries", ["webhook_id", "created_ns", "id"])
    op.create_index("webhook_deliveries_by_state", "webhook_deliveries", ["webhook_id", "state", "created_ns", "id"])
    op.create_index("webhook_deliveries_by_due", "webhook_deliveries", ["state", "due_ns"])
    op.create_index("webhook_deliveries_by_time", "webhook_deliveries", ["created_ns"])
    op.create_table(
        "mail_server",
        sa.Column("only", sa.Integer(), primary_key=True, autoincrement=False, nullable=False),
        _text("host"),
        _count("port"),
        _text("security"),
        _text("username"),
        _bytes("sealed_password"),
        _text("from_address"),
        _text("from_name"),
        _number("updated_ns"),
        _text("updated_by"),
        _count("version"),
    )
    op.create_table("told", _key("subject", primary=True), _number("until_ns"))
