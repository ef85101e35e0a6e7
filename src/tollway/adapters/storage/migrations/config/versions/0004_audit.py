"""The audit log and its head."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, _ORDERED, nullable=False)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False, nullable=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        _key("actor"),
        _text("actor_name"),
        _text("role"),
        _text("address"),
        _key("request_id"),
        _key("action"),
        _text("outcome"),
        _text("code"),
        _text("kind"),
        _key("object_id"),
        _text("object_name"),
        _text("before", null=True),
        _text("after", null=True),
        _bytes("hash"),
    )
    op.create_index("audit_by_actor", "audit", ["actor", "seq"])
    op.create_index("audit_by_object", "audit", ["object_id", "seq"])
    op.create_index("audit_by_request", "audit", ["request_id"])
    op.create_table(
        "audit_head",
        sa.Column("only", sa.Integer(), primary_key=True, autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        _bytes("hash"),
        _bytes("seal"),
    )
