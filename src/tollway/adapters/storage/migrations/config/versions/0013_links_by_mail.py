"""New secrets by mail: where a policy and a handover write to, and when a letter is due."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("rotation_policies", sa.Column("mail_to", sa.Text(), nullable=False, server_default=""))
    op.add_column("handovers", sa.Column("mail_to", sa.Text(), nullable=False, server_default=""))
    op.add_column("handovers", sa.Column("mail_due_ns", sa.BigInteger(), nullable=True))
    op.add_column("handovers", sa.Column("mail_attempts", sa.Integer(), nullable=False, server_default="0"))
