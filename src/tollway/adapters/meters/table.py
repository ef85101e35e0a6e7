"""Open-addressed tables of cells, found by key without a lock and given away under the table lock.

Who looks for a key holds its stripe, and only such a process can give it a cell or take one away from it, so
a cell that was found stays. A cell that has nothing to remember is taken over when a new key finds no free
place nearby.
"""

import mmap
import struct
from collections.abc import Callable, Collection

from tollway.adapters.meters.layout import STRIPE, TAKEN, WORD
from tollway.adapters.meters.locks import RangeLocks
from tollway.kernel.errors import TollwayError

PROBES = 256
HINTS_MAX = 4_096
_KEY_BYTES = 16
_WORD = struct.Struct("=q")
_NEVER_USED = bytes(_KEY_BYTES)
_FREED = b"\xff" * _KEY_BYTES


class Table:
    """One section of the file. `is_idle` tells of the word index of a cell whether it may be forgotten."""

    def __init__(
        self, memory: mmap.mmap, locks: RangeLocks, *, at: int, cells: int, words: int, is_idle: Callable[[int], bool]
    ) -> None:
        self._memory = memory
        self._locks = locks
        self._at = at * WORD
        self._mask = cells - 1
        self._bytes = words * WORD
        self._is_idle = is_idle
        self._probes = min(PROBES, cells)
        self._hints: dict[bytes, int] = {}
        """Where keys were found last, in bytes; what is there now is looked at each time."""

    def find(self, key: bytes) -> int:
        """Return the word index of the key's cell, or 0. The caller holds the key's stripe, or only reads."""
        at = self._hints.get(key, 0)
        if at and self._memory[at : at + _KEY_BYTES] == key:
            return at // WORD
        return self._probe(key)

    def give(self, key: bytes, stripe: int, held: Collection[int], first: Collection[tuple[int, int]] = ()) -> int:
        """Give a cell to a key that has none, zero but for its stripe and words in `first`, and return its word index.

        The caller holds `held`, the key's stripe among them. Raises gateway.meters_unavailable when the table
        lock cannot be had, or when there is no cell left for this key: the table is too small for what is in use.
        """
        self._locks.lock_table()
        try:
            at = self._find_free(key, held)
            self._memory[at + _KEY_BYTES : at + self._bytes] = bytes(self._bytes - _KEY_BYTES)
            for word, value in ((STRIPE, stripe), *first):
                _WORD.pack_into(self._memory, at + word * WORD, value)
            # The key comes last: before it, the cell belongs to nobody.
            self._memory[at : at + _KEY_BYTES] = key
        finally:
            self._locks.unlock_table()
        return at // WORD

    def take_back(self, cell: int) -> None:
        """Make a cell free. The caller holds its stripe. Raises gateway.meters_unavailable."""
        self._locks.lock_table()
        try:
            self._free(cell * WORD)
        finally:
            self._locks.unlock_table()

    def move(self, moved_at: int) -> None:
        """Note in a word of a cell that its count went on elsewhere, so that nobody counts there who found it before.

        The caller holds its stripe. Raises gateway.meters_unavailable.
        """
        self._locks.lock_table()
        try:
            _WORD.pack_into(self._memory, moved_at * WORD, 1)
            self._forget_places()
        finally:
            self._locks.unlock_table()

    def _forget_places(self) -> None:
        (taken,) = _WORD.unpack_from(self._memory, TAKEN * WORD)
        _WORD.pack_into(self._memory, TAKEN * WORD, taken + 1)

    def _free(self, at: int) -> None:
        self._forget_places()
        self._memory[at : at + _KEY_BYTES] = _FREED

    def _probe(self, key: bytes) -> int:
        memory, size, mask = self._memory, self._bytes, self._mask
        place = int.from_bytes(key[:4], "little") & mask
        for _ in range(self._probes):
            at = self._at + place * size
            found = memory[at : at + _KEY_BYTES]
            if found == key:
                if len(self._hints) >= HINTS_MAX:
                    self._hints.clear()
                self._hints[key] = at
                return at // WORD
            if found == _NEVER_USED:
                return 0
            place = (place + 1) & mask
        return 0

    def _find_free(self, key: bytes, held: Collection[int]) -> int:
        start = int.from_bytes(key[:4], "little")
        window = [self._at + ((start + step) & self._mask) * self._bytes for step in range(self._probes)]
        for at in window:
            if self._memory[at : at + _KEY_BYTES] in (_NEVER_USED, _FREED):
                return at
        for at in window:
            if self._take_over(at, held):
                return at
        raise TollwayError("gateway.meters_unavailable", internal="the meters are full: make the file anew, larger")

    def _take_over(self, at: int, held: Collection[int]) -> bool:
        (stripe,) = _WORD.unpack_from(self._memory, at + STRIPE * WORD)
        is_mine = stripe in held
        if not is_mine and not self._locks.try_stripe(stripe):
            return False
        try:
            if not self._is_idle(at // WORD):
                return False
            self._free(at)
            return True
        finally:
            if not is_mine:
                self._locks.unlock_stripe(stripe)
