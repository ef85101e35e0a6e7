"""The tables of plans, limits of levels and changes of many tokens, as the newest migration leaves them."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from tollway.adapters.storage.config_schema import Ordered, metadata

plans = Table(
    "plans",
    metadata,
    Column("id", Ordered, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Ordered, nullable=False, unique=True),
    Column("description", Text, nullable=False),
    Column("rights", Text, nullable=False),
    Column("limits", Text, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_ns", BigInteger, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("version", Integer, nullable=False),
)

level_limits = Table(
    "level_limits",
    metadata,
    Column("level", Ordered, primary_key=True),
    Column("owner_id", Ordered, primary_key=True),
    Column("limits", Text, nullable=False),
    Column("updated_ns", BigInteger, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("version", Integer, nullable=False),
)

bulk_jobs = Table(
    "bulk_jobs",
    metadata,
    Column("id", Ordered, primary_key=True),
    Column("state", Ordered, nullable=False),
    Column("wanted", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("undoes", Ordered, nullable=True),
    Column("total", BigInteger, nullable=False),
    Column("looked_at", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("last_created_ns", BigInteger, nullable=False),
    Column("last_id", Ordered, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("ended_ns", BigInteger, nullable=True),
    Column("problem", Text, nullable=False),
    Index("bulk_jobs_by_time", "created_ns", "id"),
    Index("bulk_jobs_by_state", "state", "created_ns"),
)

bulk_changes = Table(
    "bulk_changes",
    metadata,
    Column("job_id", Ordered, primary_key=True),
    Column("token_id", Ordered, primary_key=True),
    Column("before", Text, nullable=False),
)
