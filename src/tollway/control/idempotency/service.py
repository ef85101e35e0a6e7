"""Answer a repeated request with its first answer instead of doing it twice.

A key is bound to its scope (who asks, and the route) and to the hash of the request's body. An answer that
showed a secret is not kept: its repetition is refused rather than answered without the secret.
"""

import hmac
from dataclasses import dataclass, replace

from tollway.control.idempotency.model import LIFETIME_SECONDS, Remembered
from tollway.control.idempotency.ports import IdempotencyStore
from tollway.control.transactions import Transactions
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.errors import TollwayError

KEY_CHARACTERS_MAX = 200
_FORGET = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to keep."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Idempotency:
    """Remembers requests for 24 hours. Thread-safe: of two equal requests at once, one is refused."""

    def __init__(self, store: IdempotencyStore, transactions: Transactions, clock: Clock) -> None:
        self._store = store
        self._transactions = transactions
        self._clock = clock

    def begin(self, scope: str, key: str, body_hash: bytes) -> Answer | None:
        """Claim the key and return None, or return the answer that was given under it.

        Raises management.idempotency when the key was used with another body, when the first request has not
        been answered (it runs, or its fate is unknown after a crash), or when its answer showed a secret.
        """
        if not 1 <= len(key) <= KEY_CHARACTERS_MAX:
            raise TollwayError("management.idempotency", public=f"A key has 1 to {KEY_CHARACTERS_MAX} characters.")
        now = self._clock.now_ns()
        with self._transactions.write():
            self._store.forget(before_ns=now - LIFETIME_SECONDS * NANOS_PER_SECOND, limit=_FORGET)
            found = self._store.find(scope, key)
            if found is not None and found.created_ns <= now - LIFETIME_SECONDS * NANOS_PER_SECOND:
                self._store.remove(scope, key)
                found = None
            if found is None:
                self._store.add(scope, key, Remembered(body_hash, None, (), b"", False, now))
                return None
        return _replay(found, body_hash)

    def finish(self, scope: str, key: str, answer: Answer, *, is_secret: bool = False) -> None:
        """Keep the answer (nothing of it when `is_secret`). Does nothing when the key was not claimed."""
        with self._transactions.write():
            found = self._store.find(scope, key)
            if found is None:
                return
            kept = Answer(answer.status, (), b"") if is_secret else answer
            self._store.put(
                scope,
                key,
                replace(found, status=kept.status, headers=kept.headers, body=kept.body, is_secret=is_secret),
            )

    def abandon(self, scope: str, key: str) -> None:
        """Free a claimed key: the request was refused and changed nothing, so it may be sent again."""
        with self._transactions.write():
            self._store.remove(scope, key)


def _replay(found: Remembered, body_hash: bytes) -> Answer:
    if not hmac.compare_digest(found.body_hash, body_hash):
        raise TollwayError("management.idempotency")
    if found.status is None:
        raise TollwayError("management.idempotency", public="The first request with this key has not been answered.")
    if found.is_secret:
        raise TollwayError(
            "management.idempotency", public="The first answer showed a secret, which is not shown again."
        )
    return Answer(found.status, found.headers, found.body)
