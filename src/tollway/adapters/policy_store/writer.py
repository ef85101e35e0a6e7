"""Writes the policy store; only the console does, from any of its threads.

Each method is one transaction, durable and visible to the next call in every worker when the method returns.
A method that raises has changed nothing.
"""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal, TypeVar

import lmdb
import msgspec

from tollway.adapters.policy_store.layout import (
    APPLICATION_PREFIX,
    REVISION_KEY,
    SNAPSHOT_KEY,
    TOKEN_PREFIX,
    open_environment,
)
from tollway.contract.policy import decode_snapshot, encode
from tollway.kernel.errors import TollwayError

MAP_BYTES = 16 * 1024**3
"""Address space, not disk: a million tokens take about 500 MB of the file. Doubled when it is full."""

T = TypeVar("T")
Stored = tuple[Literal["token", "application"], str, bytes]
"""What is stored, its id, and the bytes of its record."""

_PREFIXES = {"token": TOKEN_PREFIX, "application": APPLICATION_PREFIX}


class PolicyStoreWriter:
    """The one writer. Makes the store when there is none. Every method raises gateway.policy_unavailable."""

    def __init__(self, path: Path, *, map_bytes: int = MAP_BYTES) -> None:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._environment = open_environment(path, map_size=map_bytes)
        # Growing the map must not meet a reader of this process, so that reads take the lock as well.
        self._lock = threading.Lock()

    def put_token(self, token_id: str, raw: bytes) -> None:
        """Store the record of one token."""
        self.put_many((("token", token_id, raw),))

    def put_application(self, application_id: str, raw: bytes) -> None:
        """Store the record of one application."""
        self.put_many((("application", application_id, raw),))

    def put_tokens(self, tokens: Iterable[tuple[str, bytes]]) -> None:
        """Store the records of many tokens, (id, bytes) each, at once or not at all."""
        self.put_many([("token", token_id, raw) for token_id, raw in tokens])

    def put_many(self, records: Iterable[Stored]) -> None:
        """Store records, at once or not at all. `records` is iterated again when the map has to grow."""
        self._write(lambda transaction: _put_all(transaction, records))

    def delete_token(self, token_id: str) -> bool:
        """Remove a token; return whether there was one."""
        return self._write(lambda transaction: transaction.delete(TOKEN_PREFIX + token_id.encode()))

    def delete_application(self, application_id: str) -> bool:
        """Remove an application; return whether there was one."""
        return self._write(lambda transaction: transaction.delete(APPLICATION_PREFIX + application_id.encode()))

    def publish_snapshot(self, raw: bytes) -> int:
        """Replace the snapshot and move the revision; return the new revision, which the stored snapshot bears too.

        It is the snapshot's own revision when that is higher than the last, else the next one. Raises
        ValueError when the bytes are not a snapshot of this version.
        """
        return self._write(lambda transaction: _put_snapshot(transaction, raw))

    def rebuild(self, records: Iterable[Stored], snapshot: bytes | None) -> int:
        """Replace everything at once; return the revision, which only ever grows (also without a snapshot).

        `records` is iterated again when the map has to grow, so a one-shot iterator is refused by ValueError.
        """
        if iter(records) is records:
            raise ValueError("records must be iterable more than once")

        def replace(transaction: lmdb.Transaction) -> int:
            revision = _revision(transaction)
            transaction.drop(self._environment.open_db(txn=transaction), delete=False)
            transaction.put(REVISION_KEY, _revision_bytes(revision))
            _put_all(transaction, records)
            if snapshot is not None:
                return _put_snapshot(transaction, snapshot)
            transaction.put(REVISION_KEY, _revision_bytes(revision + 1))
            return revision + 1

        return self._write(replace)

    def find_token(self, token_id: str) -> bytes | None:
        """Return the stored bytes of a token record."""
        return self._get(TOKEN_PREFIX + token_id.encode())

    def find_application(self, application_id: str) -> bytes | None:
        """Return the stored bytes of an application record."""
        return self._get(APPLICATION_PREFIX + application_id.encode())

    def snapshot(self) -> bytes | None:
        """Return the stored bytes of the snapshot."""
        return self._get(SNAPSHOT_KEY)

    def revision(self) -> int:
        """Return the revision of the snapshot; 0 when nothing was published yet."""
        return self._read(_revision)

    def close(self) -> None:
        """Release the file. Idempotent."""
        with self._lock:
            self._environment.close()

    def _get(self, key: bytes) -> bytes | None:
        # Without buffers=True it is bytes.
        return self._read(lambda transaction: transaction.get(key))  # type: ignore[return-value]  # see above

    def _read(self, act: Callable[[lmdb.Transaction], T]) -> T:
        try:
            with self._lock, self._environment.begin() as transaction:
                return act(transaction)
        except lmdb.Error as error:
            raise TollwayError("gateway.policy_unavailable", internal=f"policy store: {error}") from error

    def _write(self, act: Callable[[lmdb.Transaction], T]) -> T:
        try:
            with self._lock:
                # Slots of killed workers would pin the pages they last saw.
                self._environment.reader_check()
                while True:
                    try:
                        with self._environment.begin(write=True) as transaction:
                            return act(transaction)
                    except lmdb.MapFullError:
                        self._environment.set_mapsize(self._environment.info()["map_size"] * 2)
        except lmdb.Error as error:
            raise TollwayError("gateway.policy_unavailable", internal=f"policy store: {error}") from error


def _put_all(transaction: lmdb.Transaction, records: Iterable[Stored]) -> None:
    for kind, record_id, raw in records:
        transaction.put(_PREFIXES[kind] + record_id.encode(), raw)


def _put_snapshot(transaction: lmdb.Transaction, raw: bytes) -> int:
    snapshot = decode_snapshot(raw)
    revision = max(_revision(transaction) + 1, snapshot.revision)
    if revision != snapshot.revision:
        raw = encode(msgspec.structs.replace(snapshot, revision=revision))
    transaction.put(SNAPSHOT_KEY, raw)
    transaction.put(REVISION_KEY, _revision_bytes(revision))
    return revision


def _revision(transaction: lmdb.Transaction) -> int:
    return int.from_bytes(transaction.get(REVISION_KEY, b""), "big")


def _revision_bytes(revision: int) -> bytes:
    return revision.to_bytes(8, "big")
