"""The tables of second factors and of half-done sign-ins, as the newest migration leaves them."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, LargeBinary, Table, Text

from tollway.adapters.storage.config_schema import Ordered, metadata
from tollway.adapters.storage.sessions_schema import users

totp_factors = Table(
    "totp_factors",
    metadata,
    Column("user_id", Ordered, ForeignKey(users.c.id), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("confirmed_ns", BigInteger, nullable=True),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("user_id", Ordered, ForeignKey(users.c.id), primary_key=True),
    Column("code_hash", LargeBinary, primary_key=True),
    Column("created_ns", BigInteger, nullable=False),
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("id", Ordered, primary_key=True),
    Column("user_id", Ordered, ForeignKey(users.c.id), nullable=False),
    Column("name", Text, nullable=False),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("transports", Text, nullable=False),
    Column("is_backed_up", Boolean, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("used_ns", BigInteger, nullable=True),
    Index("passkeys_by_user", "user_id", "created_ns", "id"),
)

passkey_challenges = Table(
    "passkey_challenges",
    metadata,
    Column("challenge_hash", LargeBinary, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("user_id", Ordered, ForeignKey(users.c.id), nullable=True),
    Column("expires_ns", BigInteger, nullable=False),
    Index("passkey_challenges_by_expiry", "expires_ns"),
)

sign_in_halves = Table(
    "sign_in_halves",
    metadata,
    Column("secret_hash", LargeBinary, primary_key=True),
    Column("user_id", Ordered, ForeignKey(users.c.id), nullable=False),
    Column("action", Text, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Index("sign_in_halves_by_user", "user_id"),
    Index("sign_in_halves_by_expiry", "expires_ns"),
)
