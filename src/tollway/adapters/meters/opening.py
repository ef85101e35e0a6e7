"""Opens the meters file, or makes it anew when its counts cannot be trusted.

Counts are trusted within one boot of the machine: they are in memory that all processes share, and outlive
each of them. After power loss the file may be any mixture of old pages, so it is replaced, and budgets are
seeded from the ledger. A file is replaced by renaming, never cut under a process that maps it.
"""

import fcntl
import os
import secrets
from pathlib import Path

from tollway.adapters.meters.layout import HEADER, Layout, read_header
from tollway.adapters.meters.meters import MappedMeters
from tollway.kernel.clock import Clock, SystemClock
from tollway.kernel.errors import TollwayError

BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")


def read_boot_id(path: Path = BOOT_ID_FILE) -> str:
    """Return what names this boot of the machine; where the system has no such name, one that is always the same."""
    return path.read_text().strip() if path.exists() else "unknown"


def open_meters(
    path: Path, boot_id: str, *, layout: Layout | None = None, clock: Clock | None = None
) -> tuple[MappedMeters, bool]:
    """Join the meters of the node; return them and whether budgets must still be seeded from the ledger.

    `layout` and a fresh file matter only when there is none of this boot and version. Call it after fork, once
    per process and file: a second opening would drop the locks of the first. Raises gateway.meters_unavailable.
    """
    try:
        fd, found = _open(path, boot_id, layout or Layout())
        meters = MappedMeters(fd, found, clock or SystemClock())
    except OSError as error:
        raise TollwayError("gateway.meters_unavailable", internal=f"{path}: {error}") from error
    meters.join()
    return meters, meters.needs_seed


def _open(path: Path, boot_id: str, layout: Layout) -> tuple[int, Layout]:
    directory = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        # One process at a time decides whether the file is good.
        fcntl.flock(directory, fcntl.LOCK_EX)
        _refuse_second_opening(path)
        if path.exists():
            fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            found = read_header(os.pread(fd, HEADER.size, 0), boot_id)
            if found is not None and os.fstat(fd).st_size == found.file_bytes:
                return fd, found
            os.close(fd)
        return _make(path, boot_id, layout), layout
    finally:
        os.close(directory)


def _make(path: Path, boot_id: str, layout: Layout) -> int:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    fd = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.ftruncate(fd, layout.file_bytes)
        os.pwrite(fd, layout.header(boot_id), 0)
        draft.replace(path)
    except BaseException:
        os.close(fd)
        draft.unlink(missing_ok=True)
        raise
    return fd


def _refuse_second_opening(path: Path) -> None:
    """Fail when this process has the file open already; opening it and closing that again would drop its locks."""
    if path.exists():
        status = path.stat()
        if (os.getpid(), status.st_dev, status.st_ino) in MappedMeters.open_files:
            raise OSError("these meters are open in this process already")
