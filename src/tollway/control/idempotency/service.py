"""Answer a repeated request with its first answer instead of doing it twice.

Keys are remembered for 24 hours within a scope (who asks, and where). An answer that showed a secret is kept
without its content: a repetition is refused rather than answered.
"""

import hmac
from dataclasses import replace

from tollway.control.idempotency.model import LIFETIME_SECONDS, Remembered
from tollway.control.idempotency.ports import IdempotencyStore
from tollway.control.ports import Transactions
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.errors import TollwayError

_FORGET = 200
"""Old keys deleted with each new one, so that the table stays small without a job of its own."""


class IdempotencyKeys:
    """The keys of this installation. Thread-safe: of two equal requests at once, one runs."""

    def __init__(self, store: IdempotencyStore, transactions: Transactions, clock: Clock) -> None:
        self._store = store
        self._transactions = transactions
        self._clock = clock

    def begin(self, scope: str, key: str, body_hash: bytes) -> Remembered | None:
        """Take the key for a request that now runs, and return None; or return what is remembered under it.

        What is remembered has `status` None while the first request runs (or when the program died during it).
        Raises management.idempotency when the key was used with another body.
        """
        now = self._clock.now_ns()
        oldest = now - LIFETIME_SECONDS * NANOS_PER_SECOND
        with self._transactions.write():
            self._store.forget(before_ns=oldest, limit=_FORGET)
            found = self._store.find(scope, key)
            if found is not None and found.created_ns < oldest:
                self._store.remove(scope, key)
                found = None
            if found is None:
                self._store.add(scope, key, Remembered(body_hash, None, (), b"", False, now))
                return None
        if not hmac.compare_digest(found.body_hash, body_hash):
            raise TollwayError("management.idempotency")
        return found

    def finish(self, scope: str, key: str, answer: Remembered) -> None:
        """Remember the answer to a request that took the key; of one that showed a secret, only its status."""
        kept = replace(answer, headers=(), body=b"") if answer.is_secret else answer
        with self._transactions.write():
            self._store.put(scope, key, kept)

    def release(self, scope: str, key: str) -> None:
        """Give the key back: the request failed in a way that may be tried again."""
        with self._transactions.write():
            self._store.remove(scope, key)
