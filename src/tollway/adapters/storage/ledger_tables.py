"""The tables of the ledger database, as `migrations/ledger` makes them (a test compares the two)."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, SmallInteger, Table, Text, text

from tollway.ledger.model import DAY, HOUR, MINUTE, Sums

metadata = MetaData()


def _int(name: str, *, key: bool = False) -> Column[int]:
    return Column(name, BigInteger(), primary_key=key, autoincrement=False, nullable=False)


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, Text(), primary_key=key, nullable=False)


def _body(name: str) -> Column[bytes]:
    return Column(name, LargeBinary(), nullable=False)


journal_files = Table("journal_files", metadata, _text("name", key=True), _int("position"))
"""How far each journal file is in the database; changed in the transaction that holds what was read."""

open_calls = Table("open_calls", metadata, _text("request_id", key=True), _text("writer"), _body("body"))
"""Opened and not closed yet; `body` is the OpenRecord."""

groups = Table(
    "groups",
    metadata,
    Column("id", Integer(), primary_key=True, autoincrement=False),
    Column("cube", SmallInteger(), nullable=False),
    _text("token"),
    _text("application"),
    _text("team"),
    _text("service"),
    _text("model"),
    _text("provider"),
    _text("operation"),
    _text("outcome"),
    _text("environment"),
    Column("status", SmallInteger(), nullable=False),
)
"""Each combination of dimensions that ever occurred; the columns after `id` are those of model.Group."""

Index("groups_by_dimensions", *list(groups.c)[1:], unique=True)
Index("groups_by_application", groups.c.cube, groups.c.application)
Index("groups_by_service", groups.c.cube, groups.c.service)

calls = Table(
    "calls",
    metadata,
    _int("started_ns"),
    Column("group_id", Integer(), nullable=False),
    _text("request_id"),
    _body("body"),
)
"""Single calls: one to a row, where `body` is the CloseRecord, or a pack of them; see call_packs.py."""

Index("calls_by_start", calls.c.started_ns)
Index("calls_by_group", calls.c.group_id, calls.c.started_ns)
Index("calls_by_request", calls.c.request_id)


def _usage(name: str) -> Table:
    table = Table(
        name,
        metadata,
        Column("cube", SmallInteger(), primary_key=True, autoincrement=False),
        _int("start_seconds", key=True),
        Column("group_id", Integer(), primary_key=True, autoincrement=False),
        *(_int(column) for column in Sums.COLUMNS),
        _body("latencies"),
        sqlite_with_rowid=False,
    )
    Index(f"{name}_by_group", table.c.group_id, table.c.start_seconds)
    return table


usage = {MINUTE: _usage("usage_minutes"), HOUR: _usage("usage_hours"), DAY: _usage("usage_days")}
"""Sums by resolution."""

condensed = Table(
    "usage_condensed",
    metadata,
    _int("resolution", key=True),
    Column("cube", SmallInteger(), primary_key=True, autoincrement=False),
    _int("start_seconds", key=True),
    Column("group_id", Integer(), primary_key=True, autoincrement=False),
    *(_int(column) for column in Sums.COLUMNS),
    _body("latencies"),
    sqlite_with_rowid=False,
)
"""Narrow cubes by hour and day, and every cube by span; see model.NARROW and model.SPANS."""

Index("usage_condensed_by_group", condensed.c.group_id, condensed.c.resolution, condensed.c.start_seconds)

condensed_units = Table(
    "condensed_units", metadata, _int("resolution", key=True), _int("start_seconds", key=True), sqlite_with_rowid=False
)
"""The hours, days and spans whose condensed sums are whole."""

OF_WINDOWS = text("budget_id LIKE '%~%'")
"""Which rows of `spent` are hours of sliding windows. In these very words, so that the partial index is used."""

OF_PERIODS = text("budget_id NOT LIKE '%~%' AND period_start_ns > 0")
"""Which are of calendar periods that end; as above."""

OF_TOTALS = text("period_start_ns = 0")
"""Which never start anew; as above."""

spent = Table(
    "spent",
    metadata,
    _text("owner_id", key=True),
    _text("budget_id", key=True),
    _int("period_start_ns", key=True),
    _int("nanos"),
    Index("spent_windows", "period_start_ns", sqlite_where=OF_WINDOWS, postgresql_where=OF_WINDOWS),
    Index("spent_periods", "period_start_ns", sqlite_where=OF_PERIODS, postgresql_where=OF_PERIODS),
    Index("spent_totals", "owner_id", sqlite_where=OF_TOTALS, postgresql_where=OF_TOTALS),
)

token_uses = Table(
    "token_uses",
    metadata,
    _text("token_id", key=True),
    _int("first_ns"),
    _int("last_ns"),
    _text("last_address"),
    _text("last_agent"),
    _int("calls"),
)

token_secrets = Table(
    "token_secrets",
    metadata,
    _text("token_id", key=True),
    _text("generation", key=True),
    _int("first_ns"),
    _int("last_ns"),
    _text("last_address"),
    _text("last_agent"),
    _int("calls"),
)
"""Uses of secrets that their token had a newer one for."""

token_addresses = Table(
    "token_addresses",
    metadata,
    _text("token_id", key=True),
    _text("address", key=True),
    _int("first_ns"),
    _int("last_ns"),
    _text("last_agent"),
    _int("calls"),
)
"""The addresses that a token was used from last, at most ADDRESSES_KEPT."""

watch_states = Table("watch_states", metadata, _text("key", key=True), _body("body"))
"""What the watch has learned of each token, and the policy it heeds."""

findings = Table(
    "findings",
    metadata,
    Column("seq", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True),
    _int("at_ns"),
    _body("body"),
    sqlite_autoincrement=True,
)
"""What the watch found, in order; a number is never used again, since the console remembers how far it has read."""

unpriced = Table(
    "unpriced",
    metadata,
    _int("day_seconds", key=True),
    _text("provider_id", key=True),
    _text("upstream_model", key=True),
    _int("calls"),
    _int("last_ns"),
)

tallies = Table("tallies", metadata, _int("minute_seconds", key=True), _text("code", key=True), _int("calls"))
