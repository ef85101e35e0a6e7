"""Providers and services have an environment and a team; tokens may manage; accounts may be a service's.

What is there stays as it was used: providers and services are live, belong to the installation, and every account is a
person's. An entry of the audit log says by which token it was made, if by one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _text(name: str, *, default: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _id(name: str) -> sa.Column[str]:
    return sa.Column(name, _ORDERED, nullable=True)


def upgrade() -> None:
    """Make the columns."""
    for table in ("providers", "services"):
        op.add_column(table, _text("environment", default="live"))
        op.add_column(table, _id("team_id"))
    op.add_column("tokens", sa.Column("scopes", sa.Text(), nullable=True))
    op.add_column("users", _text("kind", default="person"))
    op.add_column("users", sa.Column("email", sa.Text(), nullable=True))
    op.add_column("users", _id("owner_id"))
    op.add_column("users", _id("team_id"))
    op.create_index("users_by_owner", "users", ["owner_id"])
    op.create_index("users_by_team", "users", ["team_id"])
    op.add_column("audit", sa.Column("token_id", _ORDERED, nullable=False, server_default=""))
    op.create_index("audit_by_token", "audit", ["token_id", "seq"])
