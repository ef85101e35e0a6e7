"""Rights of every level, and groups of models that they may name."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, _ORDERED, primary_key=True, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _version() -> sa.Column[int]:
    return sa.Column("version", sa.Integer(), nullable=False)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "level_rights",
        _key("level"),
        _key("owner_id"),
        _text("rights"),
        _number("updated_ns"),
        _text("updated_by"),
        _version(),
    )
    op.create_table(
        "model_groups",
        _key("name"),
        _text("models"),
        _text("description"),
        _number("created_ns"),
        _text("created_by"),
        _number("updated_ns"),
        _text("updated_by"),
        _version(),
    )
