"""What is stored: whether each part can be read, and by this version of the program."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from tollway.adapters.policy_store.reader import LMDBPolicyStore
from tollway.adapters.storage.engine import Database, open_engine
from tollway.adapters.storage.migrate import current, newest
from tollway.contract.policy import decode_snapshot
from tollway.kernel.errors import TollwayError
from tollway.runtime.checkup.finding import Finding
from tollway.settings.model import Settings

LAG_BYTES_WARNING = 64 * 1_048_576


def check_stores(settings: Settings) -> Iterator[Finding]:
    """Look at the databases, the policy store, the meters and the journals."""
    yield _schema(settings, "config")
    yield _schema(settings, "ledger")
    if not settings.data.is_dir():
        return
    yield _policy(settings.data / "policy")
    yield _meters(settings.data / "meters.mm")
    yield check_journals(settings.data / "journal")


def _schema(settings: Settings, database: Database) -> Finding:
    check = f"{database} database"
    path = settings.data / f"{database}.db"
    if not settings.database.url and not path.exists():
        return Finding(check, "info", f"{path} does not exist yet; the first start makes it")
    engine = open_engine(settings.database.url or path, database=database, writer=False)
    try:
        with engine.connect() as connection:
            found = current(connection, database)
    except TollwayError as error:
        return Finding(check, "high", error.public, error.code.check)
    except SQLAlchemyError as error:
        return _unreadable(check, settings, error)
    finally:
        engine.dispose()
    if found == newest(database):
        return Finding(check, "ok", f"schema {found}")
    return Finding(check, "info", f"schema {found or 'none'}; the next start brings it to {newest(database)}")


def _unreadable(check: str, settings: Settings, error: SQLAlchemyError) -> Finding:
    """Say why without the driver's words, which may hold the address of the database and its login."""
    if isinstance(error, OperationalError) and settings.database.url:
        fix = "start PostgreSQL, or correct database.url; calls go on meanwhile, changes wait"
        return Finding(check, "high", "PostgreSQL cannot be reached or refuses the login", fix)
    if isinstance(error, OperationalError):
        return Finding(check, "high", "the file cannot be opened or is locked", "stop other programs that have it open")
    return Finding(check, "high", "the file is damaged, or no database", "stop the server, then: tollway restore FILE")


def _policy(path: Path) -> Finding:
    if not path.exists():
        return Finding("policy store", "info", f"{path} does not exist yet; the console makes it")
    try:
        store = LMDBPolicyStore(path)
        try:
            view = store.view()
            raw, revision = view.snapshot(), view.revision
            del view
        finally:
            store.close()
        snapshot = decode_snapshot(raw) if raw is not None else None
    except (TollwayError, ValueError) as error:
        fix = "remove the folder and start the server: the console writes it anew"
        return Finding("policy store", "high", f"cannot be read: {error}", fix)
    if snapshot is None:
        return Finding(
            "policy store", "warning", "nothing was published yet; every call is refused", "start the server"
        )
    return Finding("policy store", "ok", f"revision {revision}, {len(snapshot.models)} models")


def _meters(path: Path) -> Finding:
    if not path.exists():
        return Finding("meters", "info", f"{path} does not exist yet; the first start makes it")
    try:
        status = path.stat()
        with path.open("rb") as file:
            head = file.read(4_096)
    except OSError as error:
        return Finding("meters", "high", f"cannot be read: {error.strerror}")
    if not any(head):
        return Finding(
            "meters", "high", "the file is empty", "stop the server, remove the file and start: it is rebuilt"
        )
    disk, room = status.st_blocks * 512 / 1_048_576, status.st_size / 1_048_576
    return Finding("meters", "ok", f"{disk:.1f} MiB on disk, room for {room:.0f} MiB")


def check_journals(folder: Path) -> Finding:
    """Say how much the journals hold; how far a running ledger is behind them, only the server can say."""
    sizes = [path.stat().st_size for path in folder.glob("*.twj")]
    text = f"{len(sizes)} file{'' if len(sizes) == 1 else 's'}, {sum(sizes) / 1_048_576:.1f} MiB"
    if sum(sizes) > LAG_BYTES_WARNING * 16:
        return Finding(
            "journals", "warning", f"{text}; they are removed once the ledger has them", "see the ledger's log"
        )
    return Finding("journals", "ok", text)
