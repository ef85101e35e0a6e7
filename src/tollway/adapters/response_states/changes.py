"""What is done inside one write transaction: keep, forget, and make room.

Every table is changed together, so that whatever process dies, the file says one thing. The oldest states go first:
those that are too old, then those of an owner who has more than its share, then the oldest of all.
"""

from typing import Any

import lmdb
import msgspec

from tollway.adapters.response_states.layout import (
    HASH_BYTES,
    TIME_BYTES,
    Entry,
    Key,
    Tables,
    decode_entry,
    encode_entry,
)

SWEEP_MAX = 256
"""States forgotten in one transaction for their age; the rest wait for the next."""
OVERHEAD_BYTES = 512
"""What a state takes beside its bytes in all tables, rounded up."""


class Limits:
    """How much and how long: in bytes of the file for all, of states for one owner, and in nanoseconds."""

    __slots__ = ("age_ns", "bytes_max", "owner_bytes_max")

    def __init__(self, *, bytes_max: int, owner_bytes_max: int, age_ns: int) -> None:
        self.bytes_max = bytes_max
        self.owner_bytes_max = owner_bytes_max
        self.age_ns = age_ns


class Changes:
    """The changes of one write transaction. Raises lmdb.Error; then none of them counts."""

    def __init__(self, transaction: lmdb.Transaction, tables: Tables, limits: Limits) -> None:
        self._transaction: Any = transaction  # lmdb has no types.
        self._tables = tables
        self._limits = limits

    def keep(self, key: Key, sealed: bytes, items: tuple[bytes, ...], now_ns: int) -> None:
        """Keep a state in the place of any under its key, making room for it."""
        self.forget(key)
        size = len(sealed) + OVERHEAD_BYTES
        self.sweep(now_ns)
        self._make_room_for_owner(key.owner, size)
        self._make_room(size)
        when = now_ns.to_bytes(TIME_BYTES, "big")
        put = self._transaction.put
        entry = Entry(kept_ns=now_ns, size=size, items=items, sealed=sealed)
        put(key.joined(), encode_entry(entry), db=self._tables.states)
        put(when + key.joined(), b"", db=self._tables.ages)
        put(key.owner + when + key.id, b"", db=self._tables.owned)
        for item in items:
            put(key.owner + item, key.id, db=self._tables.items)
        self._add(key.owner, size)

    def forget(self, key: Key) -> bool:
        """Forget a state in every table; whether there was one."""
        raw = self._transaction.pop(key.joined(), db=self._tables.states)
        if raw is None:
            return False
        try:
            entry = decode_entry(raw)
        except msgspec.DecodeError:  # A damaged state is gone; rows that point to it go when their turn comes.
            return False
        when = entry.kept_ns.to_bytes(TIME_BYTES, "big")
        delete = self._transaction.delete
        delete(when + key.joined(), db=self._tables.ages)
        delete(key.owner + when + key.id, db=self._tables.owned)
        for item in entry.items:
            # Another response may have taken the item over since.
            if self._transaction.get(key.owner + item, db=self._tables.items) == key.id:
                delete(key.owner + item, db=self._tables.items)
        self._add(key.owner, -entry.size)
        return True

    def sweep(self, now_ns: int) -> int:
        """Forget a batch of what is too old; return how many."""
        end = max(0, now_ns - self._limits.age_ns).to_bytes(TIME_BYTES, "big")
        count = 0
        while count < SWEEP_MAX:
            oldest = self._first(self._tables.ages, b"")
            if oldest is None or oldest[:TIME_BYTES] >= end:
                break
            self._forget_aged(oldest)
            count += 1
        return count

    def evict(self, count: int) -> int:
        """Forget the oldest states, whatever their age; return how many.

        Pages become free two transactions after the one that let go of them, so this one counts in any case.
        """
        self._transaction.put(b"turn", b"", db=self._tables.turns)
        done = 0
        while done < count and (oldest := self._first(self._tables.ages, b"")) is not None:
            self._forget_aged(oldest)
            done += 1
        return done

    def _make_room_for_owner(self, owner: bytes, size: int) -> None:
        while self._sum(owner) + size > self._limits.owner_bytes_max:
            oldest = self._first(self._tables.owned, owner)
            if oldest is None:
                return
            self.forget(Key(owner, oldest[-HASH_BYTES:]))
            self._transaction.delete(oldest, db=self._tables.owned)

    def _make_room(self, size: int) -> None:
        while self._used() + size > self._limits.bytes_max:
            oldest = self._first(self._tables.ages, b"")
            if oldest is None:
                return
            self._forget_aged(oldest)

    def _forget_aged(self, row: bytes) -> None:
        """Forget the state of a row of `ages`, and the row itself even if there is none: so that loops always end."""
        self.forget(Key(row[TIME_BYTES : TIME_BYTES + HASH_BYTES], row[TIME_BYTES + HASH_BYTES :]))
        self._transaction.delete(row, db=self._tables.ages)

    def _first(self, table: object, prefix: bytes) -> bytes | None:
        with self._transaction.cursor(db=table) as cursor:
            found = cursor.set_range(prefix) if prefix else cursor.first()
            key: bytes = cursor.key() if found else b""
        return key if found and key.startswith(prefix) else None

    def _used(self) -> int:
        """Return the bytes of the pages that all tables take."""
        stats = (self._transaction.stat(db=table) for table in self._tables)
        pages = ("branch_pages", "leaf_pages", "overflow_pages")
        return sum(stat["psize"] * sum(stat[name] for name in pages) for stat in stats)

    def _sum(self, owner: bytes) -> int:
        return int.from_bytes(self._transaction.get(owner, b"", db=self._tables.sums), "big")

    def _add(self, owner: bytes, size: int) -> None:
        total = max(0, self._sum(owner) + size)
        if total:
            self._transaction.put(owner, total.to_bytes(8, "big"), db=self._tables.sums)
        else:
            self._transaction.delete(owner, db=self._tables.sums)
