"""The tables of lifetimes, rotations and epochs, as the newest migration leaves them."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from tollway.adapters.storage.config_schema import Ordered, metadata

lifetime_rules = Table(
    "lifetime_rules",
    metadata,
    Column("scope", Ordered, primary_key=True),
    Column("scope_id", Ordered, primary_key=True),
    Column("default_seconds", BigInteger, nullable=True),
    Column("max_seconds", BigInteger, nullable=True),
    Column("idle_seconds", BigInteger, nullable=True),
    Column("updated_ns", BigInteger, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("version", Integer, nullable=False),
)
"""The row of a scope says the most that its tokens may live; "installation" has the scope_id ""."""

epochs = Table(
    "epochs",
    metadata,
    Column("kind", Ordered, primary_key=True),
    Column("subject_id", Ordered, primary_key=True),
    Column("before_ns", BigInteger, nullable=False),
    Column("updated_ns", BigInteger, nullable=False),
    Column("updated_by", Text, nullable=False),
)

rotation_policies = Table(
    "rotation_policies",
    metadata,
    Column("id", Ordered, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Ordered, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("scope", Ordered, nullable=False),
    Column("scope_id", Ordered, nullable=False),
    Column("every_seconds", BigInteger, nullable=False),
    Column("overlap_seconds", BigInteger, nullable=False),
    Column("delivery", Text, nullable=False),
    Column("webhook_id", Ordered, nullable=True),
    Column("mail_to", Text, nullable=False, server_default=""),
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_ns", BigInteger, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("version", Integer, nullable=False),
)

handovers = Table(
    "handovers",
    metadata,
    Column("id", Ordered, primary_key=True),
    Column("token_id", Ordered, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("policy_id", Ordered, nullable=True),
    Column("state", Ordered, nullable=False),
    Column("mac", LargeBinary, nullable=False),
    Column("pepper_version", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=True),
    Column("overlap_seconds", BigInteger, nullable=False),
    Column("delivery_id", Ordered, nullable=True),
    Column("created_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("ended_ns", BigInteger, nullable=True),
    Column("collected_from", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("mail_to", Text, nullable=False, server_default=""),
    Column("mail_due_ns", BigInteger, nullable=True),
    Column("mail_attempts", Integer, nullable=False, server_default="0"),
    Index("handovers_by_token", "token_id", "generation", unique=True),
    Index("handovers_by_state", "state", "expires_ns"),
)
"""A new secret on its way to who uses the token. `sealed` is NULL once it was collected or is over."""

self_rotations = Table(
    "self_rotations",
    metadata,
    Column("token_id", Ordered, primary_key=True),
    Column("key_hash", LargeBinary, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Index("self_rotations_by_time", "created_ns"),
)
"""Answers to tokens that rotated themselves, kept for a moment for who did not get them."""
