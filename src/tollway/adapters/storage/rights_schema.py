"""The tables of rights and of groups of models, as the newest migration leaves them."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from tollway.adapters.storage.config_schema import Ordered, metadata

level_rights = Table(
    "level_rights",
    metadata,
    Column("level", Ordered, primary_key=True),
    Column("owner_id", Ordered, primary_key=True),
    Column("rights", Text, nullable=False),
    Column("updated_ns", BigInteger, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("version", Integer, nullable=False),
)

model_groups = Table(
    "model_groups",
    metadata,
    Column("name", Ordered, primary_key=True),
    Column("models", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_ns", BigInteger, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("version", Integer, nullable=False),
)
