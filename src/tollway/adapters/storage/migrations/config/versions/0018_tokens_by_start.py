"""The index of tokens that are valid from an instant on: few are."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Make the index."""
    of_later = sa.text("not_before_ns IS NOT NULL")
    op.create_index("tokens_by_start", "tokens", ["not_before_ns"], sqlite_where=of_later, postgresql_where=of_later)
