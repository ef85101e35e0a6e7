"""An index of what sliding windows have used by the hour, so that hours which no window reaches any more can go."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the index."""
    of_windows = sa.text("budget_id LIKE '%~%'")
    op.create_index("spent_windows", "spent", ["period_start_ns"], sqlite_where=of_windows, postgresql_where=of_windows)
