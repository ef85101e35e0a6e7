"""The lock on a data directory: held by a server for its whole life, and by a command that works without one.

`flock` belongs to the open file, so the kernel releases it however the holder ends. The file also names the
holder, for the message, until it lets go: a name that is left there belongs to a holder that was killed.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK_FILE = Path("run") / "supervisor.lock"


class DataInUseError(Exception):
    """Another process works on this data directory. `holder` is what it wrote about itself, possibly empty."""

    def __init__(self, data: Path, holder: str) -> None:
        self.holder = holder
        super().__init__(f"the data directory {data} is in use" + (f" by {holder}" if holder else ""))


@contextmanager
def hold(data: Path, purpose: str) -> Iterator[bool]:
    """Hold the lock of `data`, creating the directory (mode 0700) when needed; yield whether the last one was killed.

    `purpose` is shown to whoever finds the lock held, such as `tollway serve`. Raises DataInUseError at once when
    it is held, OSError when the directory cannot be made or written.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data / LOCK_FILE
    path.parent.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataInUseError(data, os.read(descriptor, 200).decode("utf-8", "replace").strip()) from None
        was_killed = os.fstat(descriptor).st_size > 0
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{purpose} (process {os.getpid()})\n".encode())
        try:
            yield was_killed
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)
