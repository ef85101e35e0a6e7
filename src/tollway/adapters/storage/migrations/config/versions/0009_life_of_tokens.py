"""What a token's life is made of: not-before, idle time, secrets; rules, rotation policies, handovers, epochs."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _key(name: str, *, primary: bool = False, null: bool = False, unique: bool = False) -> sa.Column[str]:
    return sa.Column(name, _ORDERED, primary_key=primary, nullable=null, unique=unique)


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _bytes(name: str, *, primary: bool = False, null: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), primary_key=primary, nullable=null)


def upgrade() -> None:
    """Make the columns and the tables."""
    op.add_column("tokens", _number("not_before_ns", null=True))
    op.add_column("tokens", _number("idle_seconds", null=True))
    op.add_column("tokens", sa.Column("life", sa.Text(), nullable=False, server_default="{}"))
    op.create_index("tokens_by_idle", "tokens", ["idle_seconds", "id"])
    op.create_table(
        "lifetime_rules",
        _key("scope", primary=True),
        _key("scope_id", primary=True),
        _number("default_seconds", null=True),
        _number("max_seconds", null=True),
        _number("idle_seconds", null=True),
        _number("updated_ns"),
        _text("updated_by"),
        _count("version"),
    )
    op.create_table(
        "epochs",
        _key("kind", primary=True),
        _key("subject_id", primary=True),
        _number("before_ns"),
        _number("updated_ns"),
        _text("updated_by"),
    )
    _create_rotations()


def _create_rotations() -> None:
    op.create_table(
        "rotation_policies",
        _key("id", primary=True),
        _text("name"),
        _key("name_key", unique=True),
        _text("state"),
        _key("scope"),
        _key("scope_id"),
        _number("every_seconds"),
        _number("overlap_seconds"),
        _text("delivery"),
        _key("webhook_id", null=True),
        _number("created_ns"),
        _text("created_by"),
        _number("updated_ns"),
        _text("updated_by"),
        _count("version"),
    )
    op.create_table(
        "handovers",
        _key("id", primary=True),
        _key("token_id"),
        _count("generation"),
        _key("policy_id", null=True),
        _key("state"),
        _bytes("mac"),
        _count("pepper_version"),
        _bytes("sealed", null=True),
        _number("overlap_seconds"),
        _key("delivery_id", null=True),
        _number("created_ns"),
        _number("expires_ns"),
        _number("ended_ns", null=True),
        _text("collected_from"),
        _text("detail"),
    )
    op.create_index("handovers_by_token", "handovers", ["token_id", "generation"], unique=True)
    op.create_index("handovers_by_state", "handovers", ["state", "expires_ns"])
    op.create_table(
        "self_rotations",
        _key("token_id", primary=True),
        _bytes("key_hash", primary=True),
        _bytes("sealed"),
        _count("generation"),
        _number("created_ns"),
    )
    op.create_index("self_rotations_by_time", "self_rotations", ["created_ns"])
