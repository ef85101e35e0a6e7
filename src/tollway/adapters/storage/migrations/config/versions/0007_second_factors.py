"""Second factors: authenticator apps, passkeys, recovery codes; halves of sign-ins; when a session was confirmed."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _text(name: str, *, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _number(name: str, *, null: bool = False, default: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=null, server_default=default)


def _bytes(name: str, *, primary: bool = False, unique: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), primary_key=primary, nullable=False, unique=unique)


def _user(*, primary: bool = False, null: bool = False) -> sa.Column[str]:
    return sa.Column("user_id", _ORDERED, sa.ForeignKey("users.id"), primary_key=primary, nullable=null)


def upgrade() -> None:
    """Make the tables and columns. A session that is there was confirmed when it began, by a password."""
    op.add_column("sessions", _number("confirmed_ns", default="0"))
    op.add_column("sessions", _text("method", default="password"))
    op.execute("UPDATE sessions SET confirmed_ns = created_ns")
    op.create_table(
        "totp_factors",
        _user(primary=True),
        _bytes("sealed"),
        _number("last_step"),
        _number("created_ns"),
        _number("confirmed_ns", null=True),
    )
    op.create_table("recovery_codes", _user(primary=True), _bytes("code_hash", primary=True), _number("created_ns"))
    op.create_table(
        "passkeys",
        sa.Column("id", _ORDERED, primary_key=True, nullable=False),
        _user(),
        _text("name"),
        _bytes("credential_id", unique=True),
        _bytes("public_key"),
        _number("sign_count"),
        _text("transports"),
        sa.Column("is_backed_up", sa.Boolean(), nullable=False),
        _number("created_ns"),
        _number("used_ns", null=True),
    )
    op.create_index("passkeys_by_user", "passkeys", ["user_id", "created_ns", "id"])
    op.create_table(
        "passkey_challenges",
        _bytes("challenge_hash", primary=True),
        _text("purpose"),
        _user(null=True),
        _number("expires_ns"),
    )
    op.create_index("passkey_challenges_by_expiry", "passkey_challenges", ["expires_ns"])
    op.create_table(
        "sign_in_halves",
        _bytes("secret_hash", primary=True),
        _user(),
        _text("action"),
        _number("expires_ns"),
    )
    op.create_index("sign_in_halves_by_user", "sign_in_halves", ["user_id"])
    op.create_index("sign_in_halves_by_expiry", "sign_in_halves", ["expires_ns"])
