"""Calls, sums by minute, hour and day, and the journal positions that make ingest exactly once."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_SUMS = (
    "calls",
    "refused",
    "client_errors",
    "server_errors",
    "limited",
    "input_tokens",
    "output_tokens",
    "cached_input_tokens",
    "cost_nanos",
    "unpriced_calls",
    "estimated_calls",
)
_TEXT_DIMENSIONS = (
    "token",
    "application",
    "team",
    "service",
    "model",
    "provider",
    "operation",
    "outcome",
    "environment",
)


def _int(name: str, *, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), primary_key=key, autoincrement=False, nullable=False)


def _text(name: str, *, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), primary_key=key, nullable=False)


def upgrade() -> None:
    """Make every table; names are unqualified, the connection says where they go."""
    op.create_table(
        "journal_files",
        _text("name", key=True),
        _int("position"),
    )
    op.create_table(
        "open_calls",
        _text("request_id", key=True),
        _text("writer"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "groups",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("cube", sa.SmallInteger(), nullable=False),
        *(_text(name) for name in _TEXT_DIMENSIONS),
        sa.Column("status", sa.SmallInteger(), nullable=False),
    )
    op.create_index("groups_by_dimensions", "groups", ["cube", *_TEXT_DIMENSIONS, "status"], unique=True)
    op.create_index("groups_by_application", "groups", ["cube", "application"])
    op.create_index("groups_by_service", "groups", ["cube", "service"])
    op.create_table(
        "calls",
        _int("started_ns"),
        sa.Column("group_id", sa.Integer(), nullable=False),
        _text("request_id"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    op.create_index("calls_by_start", "calls", ["started_ns"])
    op.create_index("calls_by_group", "calls", ["group_id", "started_ns"])
    op.create_index("calls_by_request", "calls", ["request_id"])
    for name in ("usage_minutes", "usage_hours", "usage_days"):
        op.create_table(
            name,
            sa.Column("cube", sa.SmallInteger(), primary_key=True, autoincrement=False),
            _int("start_seconds", key=True),
            sa.Column("group_id", sa.Integer(), primary_key=True, autoincrement=False),
            *(_int(column) for column in _SUMS),
            sa.Column("latencies", sa.LargeBinary(), nullable=False),
            sqlite_with_rowid=False,
        )
        op.create_index(f"{name}_by_group", name, ["group_id", "start_seconds"])
    op.create_table(
        "spent",
        _text("owner_id", key=True),
        _text("budget_id", key=True),
        _int("period_start_ns", key=True),
        _int("nanos"),
    )
    op.create_table(
        "token_uses",
        _text("token_id", key=True),
        _int("first_ns"),
        _int("last_ns"),
        _text("last_address"),
        _text("last_agent"),
        _int("calls"),
    )
    op.create_table(
        "unpriced",
        _int("day_seconds", key=True),
        _text("provider_id", key=True),
        _text("upstream_model", key=True),
        _int("calls"),
        _int("last_ns"),
    )
    op.create_table(
        "tallies",
        _int("minute_seconds", key=True),
        _text("code", key=True),
        _int("calls"),
    )
