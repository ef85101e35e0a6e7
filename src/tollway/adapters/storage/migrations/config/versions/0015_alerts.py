"""What fired of budgets, limits and providers."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "alerts",
        sa.Column("id", _ORDERED, primary_key=True, nullable=False),
        *(sa.Column(name, _ORDERED, nullable=False) for name in ("kind", "subject", "owner_level", "owner_id")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("owner_name", "limit_id", "limit_name", "measure")),
        sa.Column("alert_percent", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("allowed", sa.BigInteger(), nullable=False),
        sa.Column("is_soft", sa.Boolean(), nullable=False),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("until_ns", sa.BigInteger(), nullable=False),
        sa.Column("used_up_ns", sa.BigInteger(), nullable=True),
        sa.Column("team_id", _ORDERED, nullable=True),
        sa.Column("user_id", _ORDERED, nullable=True),
        sa.Column("acknowledged_ns", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
    )
    op.create_index("alerts_by_time", "alerts", ["created_ns", "id"])
    op.create_index("alerts_by_subject", "alerts", ["subject", "until_ns"])
    op.create_index("alerts_by_state", "alerts", ["acknowledged_ns", "until_ns"])
    op.create_index("alerts_by_owner", "alerts", ["owner_id", "created_ns", "id"])
