"""What idempotency needs from outside."""

from typing import Protocol

from tollway.control.idempotency.model import Remembered


class IdempotencyStore(Protocol):
    """Remembered requests in the config database. Every method raises management.unavailable."""

    def find(self, scope: str, key: str) -> Remembered | None:
        """Return what is remembered under the key."""
        ...

    def add(self, scope: str, key: str, request: Remembered) -> None:
        """Remember a request. Only inside a transaction, like `put`, `remove` and `forget`."""
        ...

    def put(self, scope: str, key: str, request: Remembered) -> None:
        """Replace what is remembered."""
        ...

    def remove(self, scope: str, key: str) -> None:
        """Forget one request."""
        ...

    def forget(self, *, before_ns: int, limit: int) -> int:
        """Delete at most `limit` requests made before that instant; return how many."""
        ...
