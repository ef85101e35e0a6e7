"""Brings a database to the schema this program knows, and refuses one that is newer.

Each database has a tree of Alembic revisions, `migrations/<database>/versions/<NNNN>_<what>.py`, in one line:
revision `NNNN` follows `NNNN - 1`. Alembic is imported only when there is something to do, since the ledger
must start fast.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, inspect, text

from tollway.adapters.storage.engine import Database
from tollway.kernel.errors import TollwayError

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

TREES = Path(__file__).parent / "migrations"
_LOCKS: dict[Database, int] = {"config": 0x746F_6C6C_0001, "ledger": 0x746F_6C6C_0002}


def migrate(engine: Engine, database: Database, backup_dir: Path) -> str:
    """Bring the database to `newest(database)`, which is returned. Idempotent; all or nothing.

    An existing SQLite file is first copied whole to `backup_dir/<database>-<revision>.db` (made if absent; a copy
    of an earlier attempt is replaced). On PostgreSQL everything happens under an advisory lock in one
    transaction, so that nodes may start together. Raises storage.newer_schema when a newer program has already
    migrated it; nothing is changed then.
    """
    wanted = newest(database)
    with engine.connect() as connection:
        found = current(connection, database)
    if found == wanted:
        return wanted
    if found is not None and engine.dialect.name == "sqlite":
        _copy(engine, backup_dir, f"{database}-{found}.db")
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCKS[database]})
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {database}"))
            if current(connection, database) == wanted:
                return wanted
        _upgrade(connection, database)
    return wanted


def newest(database: Database) -> str:
    """Return the newest revision this program knows."""
    return max(path.name[:4] for path in (TREES / database / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))


def current(connection: Connection, database: Database) -> str | None:
    """Return the database's revision, None when it is empty. Raises storage.newer_schema."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found > newest(database):
        raise TollwayError(
            "storage.newer_schema",
            public=f"The {database} database has schema {found}; this program knows schemas up to {newest(database)}.",
        )
    return found


def _copy(engine: Engine, folder: Path, name: str) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = folder / f"{name}.part"
    partial.unlink(missing_ok=True)
    raw = engine.raw_connection()
    try:
        raw.execute("VACUUM INTO ?", (str(partial),))
    finally:
        raw.close()
    partial.chmod(0o600)
    partial.replace(folder / name)


def _upgrade(connection: Connection, database: Database) -> None:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(TREES / database))

    def steps(revision: Any, _context: "MigrationContext") -> Any:
        # The same call as `alembic upgrade head`; there is no env.py to run, since the connection is here.
        return script._upgrade_revs("head", revision)

    with EnvironmentContext(Config(), script, fn=steps) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()
