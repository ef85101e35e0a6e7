"""From which addresses a token is used, and how the secrets that it had before are."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _text(name: str, *, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), primary_key=key, nullable=False)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "token_secrets",
        _text("token_id", key=True),
        _text("generation", key=True),
        _int("first_ns"),
        _int("last_ns"),
        _text("last_address"),
        _text("last_agent"),
        _int("calls"),
    )
    op.create_table(
        "token_addresses",
        _text("token_id", key=True),
        _text("address", key=True),
        _int("first_ns"),
        _int("last_ns"),
        _text("last_agent"),
        _int("calls"),
    )
