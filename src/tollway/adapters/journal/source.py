"""The ledger's view of the journal folder: payloads as bytes, since the ledger keeps and decodes them its own way."""

import logging
import os
from pathlib import Path
from typing import Any
from zlib import crc32

from tollway.adapters.journal.layout import FRAME, RECORD_BYTES_MAX, SUFFIX
from tollway.adapters.journal.reader import (
    Scan,
    UnknownVersion,
    delete_ingested,
    is_finished,
    list_files,
    log_damage,
)
from tollway.ledger.ports import JournalSource

_log = logging.getLogger(__name__)


class _PayloadScan(Scan):
    """Collects the payload of each good frame without decoding it, in one tight loop: it runs for every record."""

    def _read_frames(self, offset: int, chunk: bytes) -> tuple[list, int]:  # type: ignore[type-arg]  # bytes here
        payloads: list[bytes] = []
        salt, unpack, checksum_of = self._salt, FRAME.unpack_from, crc32
        position, last = 0, len(chunk) - FRAME.size
        while salt is not None and position <= last:
            length, checksum = unpack(chunk, position)
            start = position + 8
            end = start + length
            payload = chunk[start:end]
            if not 0 < length <= RECORD_BYTES_MAX or end > len(chunk) or checksum_of(payload, salt) != checksum:
                break
            payloads.append(payload)
            position = end
        return payloads, offset + position


class DirectoryJournalSource:
    """Reads `<data>/journal`. A file written by a newer program is left alone: never read, never finished.

    File names are `<time>-<process>-<start>-<random>.twj`; what is between the first and the last part names one
    start of one process, the writer.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._unreadable: set[str] = set()

    def names(self) -> list[str]:
        """See JournalSource.names."""
        try:
            return [path.name for path in list_files(self._directory)]
        except FileNotFoundError:
            return []

    def writer_of(self, name: str) -> str:
        """See JournalSource.writer_of."""
        return name.removesuffix(SUFFIX).partition("-")[2].rpartition("-")[0] or name

    def is_finished(self, name: str) -> bool:
        """See JournalSource.is_finished."""
        return name not in self._unreadable and is_finished(self._directory / name)

    def size(self, name: str) -> int:
        """See JournalSource.size."""
        fd = os.open(self._directory / name, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return Scan(self._directory / name, fd, log_damage).size
        except UnknownVersion:
            return os.fstat(fd).st_size
        finally:
            os.close(fd)

    def sync(self, name: str) -> None:
        """See JournalSource.sync."""
        fd = os.open(self._directory / name, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fdatasync(fd)
        finally:
            os.close(fd)

    def read(self, name: str, position: int, limit_bytes: int) -> tuple[list[bytes], int]:
        """See JournalSource.read. Damage in a finished file is logged and skipped."""
        path = self._directory / name
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            found: tuple[list[Any], int] = _PayloadScan(path, fd, log_damage).read(position, limit_bytes)
            return found
        except UnknownVersion as error:
            if name not in self._unreadable:
                self._unreadable.add(name)
                _log.error("%s", error)
            return [], position
        finally:
            os.close(fd)

    def delete(self, name: str, position: int) -> None:
        """See JournalSource.delete."""
        delete_ingested(self._directory / name, position)


_: type[JournalSource] = DirectoryJournalSource
