"""Seals what is kept of responses with the root key in use, beside the workers that read and write it.

A batch is one write transaction: what a worker keeps or forgets meanwhile comes before it or after it, whole.
"""

from pathlib import Path
from typing import Any

import lmdb
import msgspec

from tollway.adapters.response_states.layout import Entry, decode_entry, encode_entry, open_environment, state_aad
from tollway.adapters.secrets.box import SealingBox
from tollway.control.keys.ports import SealedPlace
from tollway.kernel.errors import TollwayError


class SealedResponses:
    """Implements SealedPlace. The file is opened when it is first looked at, and only if it is there."""

    def __init__(self, path: Path, box: SealingBox, map_bytes: int) -> None:
        self._path = path
        self._box = box
        self._map_bytes = map_bytes
        self._opened: tuple[Any, Any] | None = None
        self._from = b""
        self._damaged: set[bytes] = set()

    @property
    def name(self) -> str:
        """What is sealed there."""
        return "kept responses"

    def count_old(self) -> int:
        """Count by reading the whole file, without what does not open."""
        return len(self._find(b"", None))

    def reseal(self, limit: int) -> int:
        """Seal a batch again; goes on where the last call ended, and once more from the beginning at the end."""
        keys = self._find(self._from, limit)
        if not keys and self._from:
            keys = self._find(b"", limit)
        if not keys:
            self._from = b""
            return 0
        self._from = keys[-1]
        environment, table = self._open()
        try:
            with environment.begin(write=True) as transaction:
                return sum(self._reseal(transaction, table, key) for key in keys)
        except lmdb.Error as error:
            raise _unavailable(error) from error

    def close(self) -> None:
        """Let the file go. Idempotent."""
        if self._opened is not None:
            self._opened[0].close()
            self._opened = None

    def _find(self, start: bytes, limit: int | None) -> list[bytes]:
        """Return the keys, from `start` on, of states that an older key has sealed. Holds no lock."""
        if not self._box.older or not self._path.exists():
            return []
        environment, table = self._open()
        found: list[bytes] = []
        try:
            with environment.begin() as transaction, transaction.cursor(db=table) as cursor:
                is_there = cursor.set_range(start) if start else cursor.first()
                while is_there and (limit is None or len(found) < limit):
                    if self._old_entry(cursor.value()) is not None and cursor.key() not in self._damaged:
                        found.append(cursor.key())
                    is_there = cursor.next()
        except lmdb.Error as error:
            raise _unavailable(error) from error
        return found

    def _reseal(self, transaction: Any, table: Any, key: bytes) -> bool:
        # Between the look and this transaction a worker may have kept or forgotten it.
        raw = transaction.get(key, db=table)
        entry = None if raw is None else self._old_entry(raw)
        if entry is None:
            return False
        try:
            sealed = self._box.reseal(entry.sealed, state_aad(key))
        except TollwayError:  # It opens with no key, so for readers it is gone already.
            self._damaged.add(key)
            return False
        transaction.put(key, encode_entry(msgspec.structs.replace(entry, sealed=sealed)), db=table)
        return True

    def _old_entry(self, raw: bytes) -> Entry | None:
        try:
            entry = decode_entry(raw)
        except msgspec.DecodeError:
            return None
        return entry if self._box.is_old(entry.sealed) else None

    def _open(self) -> tuple[Any, Any]:
        if self._opened is None:
            environment, tables = open_environment(self._path, self._map_bytes)
            self._opened = environment, tables.states
        return self._opened


def _unavailable(error: lmdb.Error) -> TollwayError:
    return TollwayError("management.unavailable", internal=f"response states: {error}")


_: type[SealedPlace] = SealedResponses
