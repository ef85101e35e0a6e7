"""Security events, the rules they are found by, decoys, and reports of leaked tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _key(name: str, *, primary: bool = False, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, _ORDERED, primary_key=primary, nullable=null)


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "security_events",
        _key("id", primary=True),
        _key("kind"),
        _key("severity"),
        _key("subject"),
        _text("subject_name"),
        sa.Column("is_token", sa.Boolean(), nullable=False),
        _key("team_id", null=True),
        _key("owner_id", null=True),
        _text("detail"),
        _text("facts"),
        _key("state"),
        _number("created_ns"),
        _number("last_ns"),
        _count("count"),
        _text("act"),
        _key("act_state"),
        _number("act_ns", null=True),
        _text("act_by", null=True),
        _text("act_before"),
        _text("note"),
        _number("closed_ns", null=True),
        _text("closed_by", null=True),
        _count("version"),
    )
    op.create_index("security_events_by_time", "security_events", ["created_ns", "id"])
    op.create_index("security_events_by_state", "security_events", ["state", "created_ns", "id"])
    op.create_index("security_events_by_subject", "security_events", ["subject", "created_ns", "id"])
    op.create_index("security_events_by_act", "security_events", ["act_state", "act_ns"])
    op.create_table(
        "security_rules",
        _key("team_id", primary=True),
        _text("rules"),
        _number("updated_ns"),
        _text("updated_by"),
        _count("version"),
    )
    op.create_table(
        "security_expected",
        _key("kind", primary=True),
        _key("subject", primary=True),
        _key("detail", primary=True),
        _number("created_ns"),
        _text("created_by"),
    )
    op.create_table(
        "decoys",
        _key("token_id", primary=True),
        _text("name"),
        _text("place"),
        _text("masked"),
        _number("created_ns"),
        _text("created_by"),
    )
    op.create_table(
        "security_cursor",
        sa.Column("only", sa.Integer(), primary_key=True, autoincrement=False, nullable=False),
        _number("seq"),
        _number("revision"),
    )
    op.create_table(
        "leak_reports",
        _key("id", primary=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _number("created_ns"),
    )
    op.create_index("leak_reports_by_time", "leak_reports", ["created_ns", "id"])
