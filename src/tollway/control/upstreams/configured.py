"""What can be done with anything that is configured and reached: shown, listed, switched, deleted, saved.

The base of providers and services, whose own files say how they are made and changed. When a method returns, the
policy store has the change.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Generic, TypeVar

from tollway.contract.policy import State
from tollway.control.actor import Actor
from tollway.control.paging import PAGE_SIZE, Page, Position, bound_size
from tollway.control.ports import Touching, Transactions
from tollway.control.upstreams.ports import Versioned, VersionedStore
from tollway.control.versions import check_version
from tollway.kernel.clock import Clock
from tollway.kernel.errors import TollwayError

T = TypeVar("T", bound=Versioned)


class Configured(Generic[T]):
    """The objects of one kind. Thread-safe."""

    def __init__(
        self,
        store: VersionedStore[T],
        *,
        touching: Touching,
        transactions: Transactions,
        clock: Clock,
        missing: Callable[[], TollwayError],
    ) -> None:
        self._objects = store
        self._touching = touching
        self._transactions = transactions
        self._clock = clock
        self._missing = missing

    def get(self, object_id: str) -> T:
        """Return the object. Raises management.not_found."""
        found = self._objects.find(object_id)
        if found is None:
            raise self._missing()
        return found

    def find_named(self, name: str) -> T | None:
        """Return the object of that name."""
        return self._objects.find_named(name)

    def page(self, *, after: Position | None = None, limit: int = PAGE_SIZE) -> Page[T]:
        """Return a page, newest first."""
        return self._objects.page(after=after, limit=bound_size(limit))

    def names(self, object_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist or existed."""
        return self._objects.names(object_ids)

    def disable(self, object_id: str, actor: Actor, *, expected_version: int | None = None) -> T:
        """Send it no calls until it is enabled. Idempotent. Raises management.not_found, .precondition."""
        return self._switch(object_id, "disabled", actor, expected_version)

    def enable(self, object_id: str, actor: Actor, *, expected_version: int | None = None) -> T:
        """Undo `disable`. Idempotent. Raises management.not_found, .precondition."""
        return self._switch(object_id, "active", actor, expected_version)

    def delete(self, object_id: str, actor: Actor, *, expected_version: int | None = None) -> None:
        """Delete it and its keys. Raises management.not_found, .precondition."""
        with self._transactions.write():
            self._at_version(object_id, expected_version)
            self._objects.remove(object_id)
            self._touching.touch_snapshot()

    def _add(self, new: T) -> T:
        self._objects.add(new)
        self._touching.touch_snapshot()
        return new

    def _switch(self, object_id: str, state: State, actor: Actor, expected_version: int | None) -> T:
        with self._transactions.write():
            before = self._at_version(object_id, expected_version)
            self._touching.touch_snapshot()
            return self._save(before, replace(before, state=state), actor)  # type: ignore[type-var]  # a dataclass

    def _at_version(self, object_id: str, expected_version: int | None) -> T:
        found = self.get(object_id)
        check_version(found.version, expected_version)
        return found

    def _save(self, before: T, after: T, actor: Actor) -> T:
        """Store the object as of now; a change of nothing leaves version and instants."""
        if after == before:
            return before
        saved = replace(  # type: ignore[type-var]  # a dataclass
            after, updated_ns=self._clock.now_ns(), updated_by=str(actor), version=before.version + 1
        )
        self._objects.put(saved)
        self._touching.touch_snapshot()
        return saved
