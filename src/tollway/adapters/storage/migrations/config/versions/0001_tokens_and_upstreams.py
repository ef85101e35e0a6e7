"""Teams, applications, tokens, providers, services, what is left to publish, and idempotency keys."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _key(name: str, *, primary: bool = False, null: bool = False, unique: bool = False) -> sa.Column[str]:
    return sa.Column(name, _ORDERED, primary_key=primary, nullable=null, unique=unique)


def _int(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=null)


def _instant(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def _kept() -> tuple[sa.Column[int] | sa.Column[str], ...]:
    return (_instant("created_ns"), _text("created_by"), _instant("updated_ns"), _text("updated_by"), _int("version"))


def upgrade() -> None:
    """Make every table, and this installation's id."""
    _publication()
    _owners()
    _tokens()
    _upstreams()
    _idempotency()


def _publication() -> None:
    installation = op.create_table(
        "installation",
        sa.Column("only", sa.Integer(), primary_key=True, autoincrement=False),
        _text("id"),
        _instant("revision"),
    )
    new_id = "inst_" + "".join(secrets.choice(_BASE62) for _ in range(16))
    op.bulk_insert(installation, [{"only": 1, "id": new_id, "revision": 0}])
    op.create_table(
        "dirty",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
        _text("kind"),
        _text("object_id"),
        sqlite_autoincrement=True,
    )


def _owners() -> None:
    op.create_table("teams", _key("id", primary=True), _text("name"), _key("name_key", unique=True), *_kept())
    op.create_table(
        "applications",
        _key("id", primary=True),
        _text("name"),
        _key("name_key", null=True, unique=True),
        _key("team_id"),
        _text("state"),
        _text("limits"),
        *_kept(),
        _instant("deleted_ns", null=True),
    )
    op.create_index("applications_by_time", "applications", ["created_ns", "id"])
    op.create_index("applications_by_team", "applications", ["team_id"])


def _tokens() -> None:
    op.create_table(
        "tokens",
        _key("id", primary=True),
        _text("kind"),
        _text("name"),
        _key("name_key"),
        _text("state"),
        _bytes("mac"),
        _int("pepper_version"),
        sa.Column("application_id", _ORDERED, sa.ForeignKey("applications.id"), nullable=True),
        _text("environment"),
        _text("models", null=True),
        _text("services", null=True),
        _text("limits"),
        _instant("expires_ns", null=True),
        *_kept(),
        _instant("revoked_ns", null=True),
        _text("revoked_by", null=True),
        _text("revoked_reason", null=True),
    )
    op.create_index("tokens_by_time", "tokens", ["created_ns", "id"])
    op.create_index("tokens_by_state", "tokens", ["state", "created_ns", "id"])
    op.create_index("tokens_by_application", "tokens", ["application_id", "created_ns", "id"])
    op.create_index("tokens_by_name", "tokens", ["name_key"])
    op.create_index("tokens_by_expiry", "tokens", ["expires_ns", "state"])


def _upstreams() -> None:
    op.create_table(
        "providers",
        _key("id", primary=True),
        _text("name"),
        _key("name_key", null=True, unique=True),
        _text("kind"),
        _text("state"),
        _text("connection"),
        _text("models"),
        _int("priority"),
        *_kept(),
        _instant("deleted_ns", null=True),
    )
    op.create_index("providers_by_time", "providers", ["created_ns", "id"])
    op.create_table(
        "services",
        _key("id", primary=True),
        _text("name"),
        _key("name_key", null=True, unique=True),
        _key("path_prefix", null=True, unique=True),
        _text("state"),
        _text("connection"),
        _text("behaviour"),
        *_kept(),
        _instant("deleted_ns", null=True),
    )
    op.create_index("services_by_time", "services", ["created_ns", "id"])
    op.create_table(
        "upstream_keys",
        _key("id", primary=True),
        _key("owner_id"),
        _int("position"),
        _text("source"),
        _text("reference"),
        _text("masked"),
        _bytes("sealed"),
        _bytes("aad"),
        _instant("created_ns"),
    )
    op.create_index("upstream_keys_by_owner", "upstream_keys", ["owner_id", "position"])


def _idempotency() -> None:
    op.create_table(
        "idempotency",
        _key("scope", primary=True),
        _key("key", primary=True),
        _bytes("body_hash"),
        _int("status", null=True),
        _text("headers"),
        _bytes("body"),
        sa.Column("is_secret", sa.Boolean(), nullable=False),
        _instant("created_ns"),
    )
    op.create_index("idempotency_by_time", "idempotency", ["created_ns"])
