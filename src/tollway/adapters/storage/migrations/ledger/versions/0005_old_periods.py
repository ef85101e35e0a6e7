"""An index of what calendar periods have used by their start, so that periods long past can go."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the index."""
    of_periods = sa.text("budget_id NOT LIKE '%~%' AND period_start_ns > 0")
    op.create_index("spent_periods", "spent", ["period_start_ns"], sqlite_where=of_periods, postgresql_where=of_periods)
