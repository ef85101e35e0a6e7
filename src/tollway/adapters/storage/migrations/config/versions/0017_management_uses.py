"""When tokens were last used at the management API."""

import sqlalchemy as sa
from alembic import op

from tollway.adapters.storage.config_schema import Ordered

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "management_uses",
        sa.Column("token_id", Ordered, primary_key=True),
        sa.Column("first_ns", sa.BigInteger(), nullable=False),
        sa.Column("last_ns", sa.BigInteger(), nullable=False),
        sa.Column("last_address", sa.Text(), nullable=False),
        sa.Column("last_agent", sa.Text(), nullable=False),
    )
