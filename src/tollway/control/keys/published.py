"""The sealed keys in the policy store: what workers call upstreams with (implements SealedPlace).

They are copies of what the database holds and seals of what references stand for, so publishing anew is all it takes.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

from tollway.contract.policy import ProviderRecord, SealedKey, ServiceRecord, Snapshot
from tollway.control.keys.ports import SealedPlace
from tollway.control.ports import Transactions


class Publishing(Protocol):
    """The publisher, as this needs it."""

    def snapshot(self) -> Snapshot:
        """Return the snapshot published last. Raises gateway.not_ready before the first."""
        ...

    def touch_snapshot(self) -> None:
        """Publish anew after the transaction."""
        ...


class PublishedKeys:
    """Looks at the snapshot published last. `is_old` says whether an older key has sealed a value."""

    def __init__(self, publisher: Publishing, transactions: Transactions, is_old: Callable[[bytes], bool]) -> None:
        self._publisher = publisher
        self._transactions = transactions
        self._is_old = is_old
        self._damaged: set[bytes] = set()

    @property
    def name(self) -> str:
        """What is sealed there."""
        return "published keys"

    def count_old(self) -> int:
        """Count the keys that an older root key has sealed."""
        return len(self._old() - self._damaged)

    def reseal(self, limit: int) -> int:
        """Publish anew, all at once whatever the limit. What the database could not seal again stays as it is."""
        before = self.count_old()
        if not before:
            return 0
        with self._transactions.write():
            self._publisher.touch_snapshot()
        self._damaged = self._old()
        return before

    def _old(self) -> set[bytes]:
        return {key.sealed for key in _keys(self._publisher.snapshot()) if self._is_old(key.sealed)}


def _keys(snapshot: Snapshot) -> Iterator[SealedKey]:
    records: tuple[ProviderRecord | ServiceRecord, ...] = (*snapshot.providers, *snapshot.services)
    for record in records:
        yield from record.keys
        if record.upstream.proxy_key is not None:
            yield record.upstream.proxy_key


_: type[SealedPlace] = PublishedKeys
