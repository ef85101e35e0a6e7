"""People with a state, memberships of teams, one-time links, custom roles; tokens have an owner."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ORDERED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _text(name: str, *, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _key(name: str, *, primary: bool = False, unique: bool = False) -> sa.Column[str]:
    return sa.Column(name, _ORDERED, primary_key=primary, nullable=False, unique=unique)


def _number(name: str, *, default: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default=default)


def _kept() -> tuple[sa.Column[int] | sa.Column[str], ...]:
    version: sa.Column[int] = sa.Column("version", sa.Integer(), nullable=False)
    return (_number("created_ns"), _text("created_by"), _number("updated_ns"), _text("updated_by"), version)


def upgrade() -> None:
    """Make the tables and columns. The first account, which set the installation up, is its owner."""
    _users()
    _members()
    _roles()
    _owners_of_tokens()


def _users() -> None:
    op.add_column("users", _text("state", default="active"))
    op.add_column("users", _text("created_by", default="setup:setup"))
    op.add_column("users", _number("updated_ns", default="0"))
    op.add_column("users", _text("updated_by", default="setup:setup"))
    op.add_column("users", sa.Column("signed_in_ns", sa.BigInteger(), nullable=True))
    op.add_column("users", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.create_index("users_by_time", "users", ["created_ns", "id"])
    op.execute("UPDATE users SET updated_ns = created_ns")
    op.execute("UPDATE users SET role = 'owner' WHERE id = (SELECT id FROM users ORDER BY created_ns, id LIMIT 1)")
    op.create_table(
        "user_links",
        sa.Column("secret_hash", sa.LargeBinary(), primary_key=True, nullable=False),
        sa.Column("user_id", _ORDERED, sa.ForeignKey("users.id"), nullable=False),
        _text("purpose"),
        _number("expires_ns"),
    )
    op.create_index("user_links_by_user", "user_links", ["user_id"])


def _members() -> None:
    op.create_table(
        "members",
        sa.Column("team_id", _ORDERED, sa.ForeignKey("teams.id"), primary_key=True, nullable=False),
        sa.Column("user_id", _ORDERED, sa.ForeignKey("users.id"), primary_key=True, nullable=False),
        _number("created_ns"),
        _text("created_by"),
    )
    op.create_index("members_by_user", "members", ["user_id"])


def _roles() -> None:
    op.create_table(
        "roles",
        _key("id", primary=True),
        _text("name"),
        _key("name_key", unique=True),
        _text("description"),
        _text("rights"),
        *_kept(),
    )


def _owners_of_tokens() -> None:
    """A token without an application belongs to the person who issued it; what the program issued is nobody's."""
    op.add_column("tokens", sa.Column("owner_id", _ORDERED, nullable=True))
    op.create_index("tokens_by_owner", "tokens", ["owner_id", "created_ns", "id"])
    op.execute(
        "UPDATE tokens SET owner_id = substr(created_by, 6) WHERE application_id IS NULL AND created_by LIKE 'user:%'"
    )
