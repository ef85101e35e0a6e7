"""Puts a backup in the place of what a data directory holds.

The caller holds the directory's lock. What was there is moved aside first and is never deleted; the root key,
which no backup holds, stays where it is.
"""

from pathlib import Path

from tollway.adapters.secrets import ROOT_KEY_FILE, load_root_keys
from tollway.adapters.storage.dumps import PostgresRestorer, SQLiteRestorer
from tollway.adapters.storage.engine import open_engine
from tollway.control.backups.model import Backup
from tollway.control.backups.ports import Restorer
from tollway.control.backups.service import Tell, restore, tell_nobody
from tollway.settings.model import Settings

REPLACED = (
    *("config.db", "config.db-wal", "config.db-shm", "ledger.db", "ledger.db-wal", "ledger.db-shm"),
    *("policy", "meters.mm", "journal"),
)
"""What a restore replaces; everything else in the directory is kept."""


def restore_backup(settings: Settings, archive: Path, *, aside: Path | None, tell: Tell = tell_nobody) -> Backup:
    """Restore an archive; with `aside`, what is there is moved into that folder first, and back when it fails.

    `tell` hears how many bytes of the archive are read. Without `aside` the directory must hold no stores.
    Raises management.invalid (not a usable backup), management.conflict (something is there), storage.newer_schema,
    management.unavailable; OSError from moving.
    """
    moved = _move(settings.data, aside) if aside is not None else []
    try:
        return restore(archive, settings.data, _restorer(settings), tell=tell)
    except BaseException:
        for name in moved:
            ((aside or settings.data) / name).replace(settings.data / name)
        if moved and aside is not None:
            aside.rmdir()
        raise


def find_missing_keys(data: Path, backup: Backup) -> tuple[str, ...]:
    """Return the fingerprints of root keys that open what the backup holds and are not in the directory's file.

    Empty when the file is not there yet, or when the backup does not say. Raises RootKeyError for a damaged file.
    """
    path = data / ROOT_KEY_FILE
    if not backup.manifest.root_keys or not path.exists():
        return ()
    found = {key.fingerprint for key in load_root_keys(path)}
    return tuple(name for name in backup.manifest.root_keys if name not in found)


def _move(data: Path, aside: Path) -> list[str]:
    found = [name for name in REPLACED if (data / name).exists()]
    if found:
        aside.mkdir(mode=0o700)
    for name in found:
        (data / name).replace(aside / name)
    return found


def _restorer(settings: Settings) -> Restorer:
    if not settings.database.url:
        return SQLiteRestorer()
    return PostgresRestorer(
        open_engine(settings.database.url, database="config", writer=True),
        open_engine(settings.database.url, database="ledger", writer=True),
    )
