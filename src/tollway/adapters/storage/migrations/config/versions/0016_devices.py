"""The browsers that people signed in with, so that a new one can be told of."""

import sqlalchemy as sa
from alembic import op

from tollway.adapters.storage.config_schema import Ordered

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "devices",
        sa.Column("user_id", Ordered, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("secret_hash", sa.LargeBinary(), primary_key=True),
        sa.Column("first_ns", sa.BigInteger(), nullable=False),
        sa.Column("last_ns", sa.BigInteger(), nullable=False),
    )
