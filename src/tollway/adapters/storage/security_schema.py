"""The tables of security events, of the rules they are found by, and of reports, as the newest migration leaves them.
Built-in rules have no row.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text

from tollway.adapters.storage.config_schema import Ordered, metadata

security_events = Table(
    "security_events",
    metadata,
    Column("id", Ordered, primary_key=True),
    Column("kind", Ordered, nullable=False),
    Column("severity", Ordered, nullable=False),
    Column("subject", Ordered, nullable=False),
    Column("subject_name", Text, nullable=False),
    Column("is_token", Boolean, nullable=False),
    Column("team_id", Ordered, nullable=True),
    Column("owner_id", Ordered, nullable=True),
    Column("detail", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("state", Ordered, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("last_ns", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    Column("act", Text, nullable=False),
    Column("act_state", Ordered, nullable=False),
    Column("act_ns", BigInteger, nullable=True),
    Column("act_by", Text, nullable=True),
    Column("act_before", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("closed_ns", BigInteger, nullable=True),
    Column("closed_by", Text, nullable=True),
    Column("version", Integer, nullable=False),
    Index("security_events_by_time", "created_ns", "id"),
    Index("security_events_by_state", "state", "created_ns", "id"),
    Index("security_events_open", "state", "severity", "team_id", "owner_id"),
    Index("security_events_by_subject", "subject", "created_ns", "id"),
    Index("security_events_by_act", "act_state", "act_ns"),
)

security_rules = Table(
    "security_rules",
    metadata,
    Column("team_id", Ordered, primary_key=True),
    Column("rules", Text, nullable=False),
    Column("updated_ns", BigInteger, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("version", Integer, nullable=False),
)

security_expected = Table(
    "security_expected",
    metadata,
    Column("kind", Ordered, primary_key=True),
    Column("subject", Ordered, primary_key=True),
    Column("detail", Ordered, primary_key=True),
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
)

decoys = Table(
    "decoys",
    metadata,
    Column("token_id", Ordered, primary_key=True),
    Column("name", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("masked", Text, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
)

security_cursor = Table(
    "security_cursor",
    metadata,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
)

leak_reports = Table(
    "leak_reports",
    metadata,
    Column("id", Ordered, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Index("leak_reports_by_time", "created_ns", "id"),
)
