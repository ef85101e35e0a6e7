"""Appends call records to this process's own journal file.

Records are stored into the mapped file, so that what was appended survives the death of the process; a background
thread makes it survive power loss within 200 ms. Room is allocated ahead, so that a full disk refuses a record before
anything of it is stored. The file is locked for as long as this process may write to it: a reader that can lock it
knows that it is finished.
"""

import contextlib
import fcntl
import logging
import mmap
import os
import secrets
import threading
from collections import deque
from pathlib import Path
from typing import NamedTuple, NoReturn
from zlib import crc32

from tollway.adapters.journal.layout import (
    END,
    END_AT,
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
ROOM_BYTES = 256 * 1024
"""Allocated at a time: some hundred records."""

_FRAME_BYTES, _write_frame, _write_end = FRAME.size, FRAME.pack_into, END.pack_into
_log = logging.getLogger(__name__)


class Full(NamedTuple):
    """A file that gets no more records, and where its last one ends."""

    fd: int
    memory: mmap.mmap
    size: int


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
        self._retired: deque[Full] = deque()
        self._is_dirty = False
        self._is_broken = False
        self._size = 0
        self._plain_until = 0
        """A record that ends here at the latest, its frame left out, needs neither room nor another file."""
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
        size = len(payload)
        at = self._size
        if at + size > self._plain_until or self._is_broken:
            self._make_room(size)
            at = self._size
        start = at + _FRAME_BYTES
        end = start + size
        memory = self._memory
        memory[start:end] = payload
        # The frame's head comes after its content, and the file's end last: a reader takes whole records only.
        _write_frame(memory, at, size, crc32(payload, self._salt))
        _write_end(memory, END_AT, end)
        self._size = end
        self._is_dirty = True

    def close(self) -> None:
        """Make everything durable and release the file. Idempotent; nothing may be appended afterwards."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._flusher.join()
        self._retired.append(Full(self._fd, self._memory, self._size))
        self._flush()

    def _make_room(self, payload_bytes: int) -> None:
        """Move to a new file, or allocate more of this one, where needed. Raises gateway.journal_unavailable."""
        if payload_bytes > RECORD_BYTES_MAX:
            self._refuse(f"a record of {payload_bytes} bytes")
        if self._is_broken or self._size >= self._rotate_bytes:
            old = Full(self._fd, self._memory, self._size)
            try:
                self._start_file()
            except OSError as error:
                # A file that is merely full goes on growing; one that could not be synced must not.
                if self._is_broken:
                    self._refuse(error)
            else:
                self._is_broken = False
                self._retired.append(old)
        end = self._size + FRAME.size + payload_bytes
        if end > len(self._memory):
            try:
                self._allocate(end)
            except OSError as error:
                self._refuse(error)

    def _allocate(self, bytes_wanted: int) -> None:
        """Let the file and its mapping have room for `bytes_wanted`. Raises OSError, having changed nothing."""
        room = len(self._memory)
        wanted = -(-bytes_wanted // ROOM_BYTES) * ROOM_BYTES
        _prepare_room(self._fd, room, wanted)
        self._memory.resize(wanted)
        self._plain_until = min(wanted - FRAME.size, self._rotate_bytes)

    def _start_file(self) -> None:
        name = f"{self._clock.now_ns():020d}-{self._process}-{secrets.token_hex(3)}"
        path = self._directory / (name + UNFINISHED_SUFFIX)
        salt = secrets.randbits(32)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        memory = None
        try:
            # Locked and headed before it has its name: no reader takes it for a finished file.
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _prepare_room(fd, 0, ROOM_BYTES)
            memory = mmap.mmap(fd, ROOM_BYTES)
            HEADER.pack_into(memory, 0, MAGIC, VERSION, salt, HEADER.size)
            path.rename(self._directory / (name + SUFFIX))
        except BaseException:
            if memory is not None:
                memory.close()  # it holds a descriptor of its own
            os.close(fd)
            with contextlib.suppress(OSError):
                path.unlink()
            raise
        self._fd, self._memory, self._salt, self._size = fd, memory, salt, HEADER.size
        self._plain_until = min(ROOM_BYTES - FRAME.size, self._rotate_bytes)
        self._is_directory_dirty = True

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
            full = self._retired.popleft()
            full.memory.close()
            try:
                os.ftruncate(full.fd, full.size)
                os.fdatasync(full.fd)
            except OSError as error:
                _log.error("journal: cannot sync a finished file: %s", error)
            finally:
                os.close(full.fd)

    def _sync_directory(self) -> None:
        self._is_directory_dirty = False
        fd = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def _prepare_room(fd: int, start: int, end: int) -> None:
    """Allocate a part of a file, on the disk and then in memory. Raises OSError; no record is touched.

    A page that nobody has written yet costs its first store 3.4 us, in which the file system looks for its block;
    writing its zeros here costs a fifth of that.
    """
    os.posix_fallocate(fd, start, end - start)
    os.pwrite(fd, bytes(end - start), start)


_: type[Journal] = JournalWriter
