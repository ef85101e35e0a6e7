"""Plans, limits of every level, and changes of many tokens at once; tokens and applications may have a plan."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _key(name: str, *, primary: bool = False, unique: bool = False, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, _ORDERED, primary_key=primary, nullable=null, unique=unique)


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def _kept() -> tuple[sa.Column[int] | sa.Column[str], ...]:
    version: sa.Column[int] = sa.Column("version", sa.Integer(), nullable=False)
    return (_number("created_ns"), _text("created_by"), _number("updated_ns"), _text("updated_by"), version)


def upgrade() -> None:
    """Make the tables and columns."""
    op.create_table(
        "plans",
        _key("id", primary=True),
        _text("name"),
        _key("name_key", unique=True),
        _text("description"),
        _text("rights"),
        _text("limits"),
        *_kept(),
    )
    op.create_table(
        "level_limits",
        _key("level", primary=True),
        _key("owner_id", primary=True),
        _text("limits"),
        _number("updated_ns"),
        _text("updated_by"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.add_column("tokens", _key("plan_id", null=True))
    op.create_index("tokens_by_plan", "tokens", ["plan_id", "created_ns", "id"])
    op.add_column("applications", _key("plan_id", null=True))
    op.create_index("applications_by_plan", "applications", ["plan_id", "created_ns", "id"])
    _jobs()


def _jobs() -> None:
    op.create_table(
        "bulk_jobs",
        _key("id", primary=True),
        _key("state"),
        _text("wanted"),
        _text("act"),
        _text("actor"),
        _key("undoes", null=True),
        _number("total"),
        _number("looked_at"),
        _number("changed"),
        _number("last_created_ns"),
        _key("last_id"),
        _number("created_ns"),
        _text("created_by"),
        _number("ended_ns", null=True),
        _text("problem"),
    )
    op.create_index("bulk_jobs_by_time", "bulk_jobs", ["created_ns", "id"])
    op.create_index("bulk_jobs_by_state", "bulk_jobs", ["state", "created_ns"])
    op.create_table(
        "bulk_changes",
        _key("job_id", primary=True),
        _key("token_id", primary=True),
        _text("before"),
    )
