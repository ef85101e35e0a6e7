"""Open security events are counted by an index alone: the home page asks every few seconds."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the index."""
    op.create_index("security_events_open", "security_events", ["state", "severity", "team_id", "owner_id"])
