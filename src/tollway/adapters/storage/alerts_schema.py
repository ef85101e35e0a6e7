"""The table of alerts, as the newest migration leaves it."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from tollway.adapters.storage.config_schema import Ordered, metadata

alerts = Table(
    "alerts",
    metadata,
    Column("id", Ordered, primary_key=True),
    Column("kind", Ordered, nullable=False),
    Column("subject", Ordered, nullable=False),
    Column("owner_level", Ordered, nullable=False),
    Column("owner_id", Ordered, nullable=False),
    Column("owner_name", Text, nullable=False),
    Column("limit_id", Text, nullable=False),
    Column("limit_name", Text, nullable=False),
    Column("measure", Text, nullable=False),
    Column("alert_percent", Integer, nullable=False),
    Column("percent", Integer, nullable=False),
    Column("used", BigInteger, nullable=False),
    Column("allowed", BigInteger, nullable=False),
    Column("is_soft", Boolean, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("until_ns", BigInteger, nullable=False),
    Column("used_up_ns", BigInteger, nullable=True),
    Column("team_id", Ordered, nullable=True),
    Column("user_id", Ordered, nullable=True),
    Column("acknowledged_ns", BigInteger, nullable=True),
    Column("acknowledged_by", Text, nullable=False),
    Column("note", Text, nullable=False),
    Index("alerts_by_time", "created_ns", "id"),
    Index("alerts_by_subject", "subject", "until_ns"),
    Index("alerts_by_state", "acknowledged_ns", "until_ns"),
    Index("alerts_by_owner", "owner_id", "created_ns", "id"),
)
