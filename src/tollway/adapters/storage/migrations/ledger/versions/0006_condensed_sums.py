"""Sums by hour and day with few dimensions, and sums by spans of days; the ledger fills them from what there is."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_SUMS = (
    "calls",
    "refused",
    "client_errors",
    "server_errors",
    "limited",
    "input_tokens",
    "output_tokens",
    "cached_input_tokens",
    "cost_nanos",
    "unpriced_calls",
    "estimated_calls",
)


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), primary_key=True, autoincrement=False, nullable=False)


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "usage_condensed",
        _key("resolution"),
        sa.Column("cube", sa.SmallInteger(), primary_key=True, autoincrement=False),
        _key("start_seconds"),
        sa.Column("group_id", sa.Integer(), primary_key=True, autoincrement=False),
        *(sa.Column(column, sa.BigInteger(), nullable=False) for column in _SUMS),
        sa.Column("latencies", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("usage_condensed_by_group", "usage_condensed", ["group_id", "resolution", "start_seconds"])
    op.create_table("condensed_units", _key("resolution"), _key("start_seconds"), sqlite_with_rowid=False)
