"""Appends call records to this process's own journal file.

One `write(2)` a record, so that what was appended survives the death of the process; a background thread
makes it survive power loss within 200 ms. The file is locked for as long as this process may write to it:
a reader that can lock it knows that it is finished.
"""

import contextlib
import fcntl
import logging
import os
import secrets
import threading
import zlib
from collections import deque
from pathlib import Path
from typing import NoReturn

from tollway.adapters.journal.layout import (
    FRAME,
    HEADER,
    MAGIC,
    RECORD_BYTES_MAX,
    SUFFIX,
    UNFINISHED_SUFFIX,
    VERSION,
)
from tollway.contract.records import CloseRecord, OpenRecord, TallyRecord, encode
from tollway.gateway.ports import Journal
from tollway.kernel.clock import Clock, SystemClock
from tollway.kernel.errors import TollwayError

FLUSH_SECONDS = 0.2
ROTATE_BYTES = 64 * 1024 * 1024

_log = logging.getLogger(__name__)


class JournalWriter:
    """The journal of one process; `append` is for one thread. Made after fork, in the process that uses it.

    `process` becomes part of the file names. Raises gateway.journal_unavailable when no file can be made.
    """

    def __init__(
        self, directory: Path, process: str, *, clock: Clock | None = None, rotate_bytes: int = ROTATE_BYTES
    ) -> None:
        self._directory = directory
        # Names this start, so that the ledger can tell a successor's file from the next one of the same process.
        self._process = f"{process}-{secrets.token_hex(4)}"
        self._clock = clock or SystemClock()
        self._rotate_bytes = rotate_bytes
        self._retired: deque[int] = deque()
        self._is_dirty = False
        self._is_broken = False
        try:
            self._start_file()
            self._sync_directory()
        except OSError as error:
            self._refuse(error)
        self._stopping = threading.Event()
        self._flusher = threading.Thread(target=self._flush_until_stopped, name="journal-flush", daemon=True)
        self._flusher.start()

    def append(self, record: OpenRecord | CloseRecord | TallyRecord) -> None:
        """Write the record so that it survives the death of this process.

        Raises gateway.journal_unavailable when it cannot be written whole; nothing of it remains then, and the
        next append starts afresh.
        """
        payload = encode(record)
        frame = FRAME.pack(len(payload), zlib.crc32(payload, self._salt)) + payload
        if self._is_broken or self._size >= self._rotate_bytes or len(payload) > RECORD_BYTES_MAX:
            frame = self._prepare(payload)
        try:
            written = os.write(self._fd, frame)
        except OSError as error:
            self._truncate_tail()
            self._refuse(error)
        if written != len(frame):
            self._truncate_tail()
            self._refuse("the disk took a part of the record")
        self._size += written
        self._is_dirty = True

    def close(self) -> None:
        """Make everything durable and release the file. Idempotent; nothing may be appended afterwards."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._flusher.join()
        self._retired.append(self._fd)
        self._flush()

    def _prepare(self, payload: bytes) -> bytes:
        """Move to a new file where needed and return the frame for it."""
        if len(payload) > RECORD_BYTES_MAX:
            self._refuse(f"a record of {len(payload)} bytes")
        old = self._fd
        try:
            self._start_file()
        except OSError as error:
            # A file that is merely full goes on growing; one with a torn tail must not.
            if self._is_broken:
                self._refuse(error)
        else:
            self._is_broken = False
            self._retired.append(old)
        return FRAME.pack(len(payload), zlib.crc32(payload, self._salt)) + payload

    def _start_file(self) -> None:
        name = f"{self._clock.now_ns():020d}-{self._process}-{secrets.token_hex(3)}"
        path = self._directory / (name + UNFINISHED_SUFFIX)
        salt = secrets.randbits(32)
        header = HEADER.pack(MAGIC, VERSION, salt)
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            # Locked and headed before it has its name: no reader takes it for a finished file.
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.write(fd, header) != len(header):
                raise OSError("the disk took a part of the header")
            path.rename(self._directory / (name + SUFFIX))
        except BaseException:
            os.close(fd)
            with contextlib.suppress(OSError):
                path.unlink()
            raise
        self._fd, self._salt, self._size = fd, salt, len(header)
        self._is_directory_dirty = True

    def _truncate_tail(self) -> None:
        try:
            os.ftruncate(self._fd, self._size)
        except OSError as error:
            self._is_broken = True
            _log.error("journal: a torn tail could not be cut: %s", error)

    def _refuse(self, cause: OSError | str) -> NoReturn:
        error = TollwayError("gateway.journal_unavailable", internal=f"{self._directory}: {cause}")
        raise error from (cause if isinstance(cause, OSError) else None)

    def _flush_until_stopped(self) -> None:
        while not self._stopping.wait(FLUSH_SECONDS):
            self._flush()

    def _flush(self) -> None:
        """Make what was appended so far durable. Only the flusher closes retired files, once they are synced."""
        try:
            if self._is_dirty:
                self._is_dirty = False
                os.fdatasync(self._fd)
            if self._is_directory_dirty:
                self._sync_directory()
        except OSError as error:
            # After a failed sync the kernel may have dropped the pages; a new file starts clean.
            self._is_broken = True
            _log.error("journal: cannot sync: %s", error)
        while self._retired:
            fd = self._retired.popleft()
            try:
                os.fdatasync(fd)
            except OSError as error:
                _log.error("journal: cannot sync a finished file: %s", error)
            finally:
                os.close(fd)

    def _sync_directory(self) -> None:
        self._is_directory_dirty = False
        fd = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


_: type[Journal] = JournalWriter
