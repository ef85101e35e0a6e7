"""Reads journal files for the ledger, while their writers go on or after they died.

Nothing here writes to a journal. Positions are byte offsets; 0 is the start of a file. A position is only ever
moved past whole records and, in a file whose writer is gone, past reported damage, so that a reader that
stores it with what it read ingests every record exactly once.
"""

import fcntl
import logging
import os
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import msgspec

from tollway.adapters.journal.layout import (
    FRAME,
    HEADER,
    MAGIC,
    RECORD_BYTES_MAX,
    SUFFIX,
    UNFINISHED_SUFFIX,
    VERSION,
)
from tollway.contract.records import Record, decode

_log = logging.getLogger(__name__)
_NOT_ZERO = re.compile(rb"[^\0]")


class UnknownVersion(Exception):
    """The file was written by a newer program; it is left as it is."""


class Damage(msgspec.Struct, frozen=True, gc=False):
    """`bytes_lost` bytes at `offset` of a file could not be read as records and were skipped."""

    path: Path
    offset: int
    bytes_lost: int
    reason: str


Report: TypeAlias = Callable[[Damage], None]


def log_damage(damage: Damage) -> None:
    """Write one line to the log; what is done with damage unless the caller asks for it."""
    _log.error("journal: %s: %d bytes skipped at %d: %s", damage.path, damage.bytes_lost, damage.offset, damage.reason)


def list_files(directory: Path) -> list[Path]:
    """Return the journal files, oldest first (by the clock at their start, then by name)."""
    return sorted(path for path in directory.iterdir() if path.suffix == SUFFIX)


def is_finished(path: Path) -> bool:
    """Tell whether no process can append to the file any more. Once true, it stays true and the size is final.

    Raises FileNotFoundError.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return _is_unlocked(fd)
    finally:
        os.close(fd)


def read_from(path: Path, offset: int, limit_bytes: int, *, on_damage: Report = log_damage) -> tuple[list[Record], int]:
    """Read whole records from `offset` on, about `limit_bytes` of them, and return them with the next offset.

    Returns no record and the same offset at the end. In a live file the first incomplete or damaged frame is
    such an end; in a finished one it is skipped and reported. A whole record that cannot be decoded is skipped
    and reported in either. Raises UnknownVersion and OSError.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return Scan(path, fd, on_damage).read(offset, limit_bytes)
    finally:
        os.close(fd)


def delete_ingested(path: Path, offset: int) -> bool:
    """Delete the file if it is finished and `offset` is its end; return whether it is gone. Idempotent."""
    try:
        if not is_finished(path) or path.stat().st_size > offset:
            return False
        path.unlink()
    except FileNotFoundError:
        pass
    return True


def remove_leftovers(directory: Path) -> None:
    """Delete files that never got their name because their process died. Only while no worker is starting."""
    for path in directory.glob("*" + UNFINISHED_SUFFIX):
        path.unlink(missing_ok=True)


def _is_unlocked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class Scan:
    """One look at one open file. Whether it is finished is asked first: what is read then is all there will be."""

    def __init__(self, path: Path, fd: int, on_damage: Report) -> None:
        self._path = path
        self._fd = fd
        self._on_damage = on_damage
        self._is_finished = _is_unlocked(fd)
        self.size = os.fstat(fd).st_size
        """Where what was written ends, as far as is known: in a live file, where its writer says."""
        self._salt = self._read_header()

    def read(self, offset: int, limit_bytes: int) -> tuple[list[Record], int]:
        offset = max(offset, HEADER.size)
        for bytes_max in (limit_bytes, FRAME.size + RECORD_BYTES_MAX):
            records, end = self._read_frames(
                offset, os.pread(self._fd, max(0, min(bytes_max, self.size - offset)), offset)
            )
            if end > offset:
                return records, end
        if self._is_finished and offset < self.size:
            end = self._find_next(offset)
            if end < self.size or not self._is_room(offset):
                self._skip(offset, end, "torn or damaged")
        return [], end

    def _is_room(self, offset: int) -> bool:
        """Whether no record was begun at `offset`: its frame's head, which comes last, is zero."""
        return not any(os.pread(self._fd, FRAME.size, offset))

    def _read_frames(self, offset: int, chunk: bytes) -> tuple[list[Record], int]:
        records: list[Record] = []
        position = 0
        while end := self._frame_end(chunk, position):
            self._decode(chunk[position + FRAME.size : end], offset + position, records)
            position = end
        return records, offset + position

    def _read_header(self) -> int | None:
        header = os.pread(self._fd, HEADER.size, 0)
        if len(header) < HEADER.size:
            return None
        magic, version, salt, end = HEADER.unpack(header)
        if magic != MAGIC:
            return None
        if version != VERSION:
            raise UnknownVersion(f"{self._path}: version {version}; this program reads version {VERSION}")
        if not self._is_finished:
            self.size = end
        return int(salt)

    def _frame_end(self, chunk: bytes, position: int) -> int:
        """Return the end of the good frame at `position` of the chunk, or 0 when there is none."""
        if self._salt is None or len(chunk) - position < FRAME.size:
            return 0
        length, checksum = FRAME.unpack_from(chunk, position)
        start = position + FRAME.size
        if not 0 < length <= RECORD_BYTES_MAX or len(chunk) - start < length:
            return 0
        payload = memoryview(chunk)[start : start + length]
        return start + length if zlib.crc32(payload, self._salt) == checksum else 0

    def _decode(self, payload: bytes, offset: int, records: list[Record]) -> None:
        try:
            records.append(decode(payload))
        except ValueError as error:
            self._skip(offset, offset + FRAME.size + len(payload), f"not a record: {error}")

    def _find_next(self, offset: int) -> int:
        """Return where the next good frame after the bad one at `offset` starts, or the end of the file."""
        if self._salt is None:
            return self.size
        rest = os.pread(self._fd, self.size - offset, offset)
        place = 1
        while found := _NOT_ZERO.search(rest, place):
            # A length below 2**24 ends in a zero, so that a frame may start up to three zeros before this byte.
            for start in range(max(place, found.start() - 3), found.end()):
                if self._frame_end(rest, start):
                    return offset + start
            place = found.end()
        return self.size

    def _skip(self, offset: int, end: int, reason: str) -> int:
        self._on_damage(Damage(self._path, offset, end - offset, reason))
        return end
