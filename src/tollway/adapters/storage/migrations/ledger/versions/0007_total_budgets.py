"""An index of what budgets that never start anew have spent: the largest are found without reading all periods."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the index."""
    of_totals = sa.text("period_start_ns = 0")
    op.create_index("spent_totals", "spent", ["owner_id"], sqlite_where=of_totals, postgresql_where=of_totals)
