"""What can be done with anything that is configured and reached: shown, listed, switched, deleted, saved.

The base of providers and services, whose own files say how they are made and changed. When a method returns, the
policy store has the change.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Generic, TypeVar

from msgspec import UNSET, UnsetType

from tollway.contract.policy import Environment, State
from tollway.control.access.model import EVERYWHERE, Reach, Sight
from tollway.control.actor import Actor
from tollway.control.audit.model import Facts, Subject
from tollway.control.faults import Faults
from tollway.control.paging import PAGE_SIZE, Page, Position, bound_size
from tollway.control.ports import Touching, Trail, Transactions
from tollway.control.upstreams.ports import TeamDirectory, Versioned, VersionedStore
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
        teams: TeamDirectory,
        touching: Touching,
        transactions: Transactions,
        trail: Trail,
        clock: Clock,
        missing: Callable[[], TollwayError],
        kind: str,
        facts: Callable[[T], Facts],
    ) -> None:
        self._objects = store
        self._teams = teams
        self._touching = touching
        self._transactions = transactions
        self._trail = trail
        self._clock = clock
        self._missing = missing
        self._kind = kind
        self._facts = facts

    def get(self, object_id: str, sight: Sight = EVERYWHERE) -> T:
        """Return the object. Raises management.not_found, also for one that is out of sight."""
        found = self._objects.find(object_id)
        if found is None or not sight.covers(team_id=found.team_id):
            raise self._missing()
        return found

    def find_named(self, name: str) -> T | None:
        """Return the object of that name."""
        return self._objects.find_named(name)

    def page(
        self,
        *,
        search: str | None = None,
        sight: Sight = EVERYWHERE,
        after: Position | None = None,
        limit: int = PAGE_SIZE,
    ) -> Page[T]:
        """Return a page of what is in sight, newest first; `search` is the beginning of a name."""
        return self._objects.page(search=search, sight=sight, after=after, limit=bound_size(limit))

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
            before = self._at_version(object_id, actor, expected_version)
            self._objects.remove(object_id)
            self._touching.touch_snapshot()
            self._record(actor, "delete", before, None)

    def _add(self, new: T, actor: Actor) -> T:
        self._objects.add(new)
        self._touching.touch_snapshot()
        self._record(actor, "create", None, new)
        return new

    def _switch(self, object_id: str, state: State, actor: Actor, expected_version: int | None) -> T:
        with self._transactions.write():
            before = self._at_version(object_id, actor, expected_version)
            self._touching.touch_snapshot()
            act = "enable" if state == "active" else "disable"
            return self._save(before, replace(before, state=state), actor, act)  # type: ignore[type-var]  # a dataclass

    def _at_version(self, object_id: str, actor: Actor, expected_version: int | None) -> T:
        found = self.get(object_id, actor.sight)
        check_version(found.version, expected_version)
        return found

    def _place(
        self,
        environment: Environment | UnsetType,
        team_id: str | UnsetType | None,
        actor: Actor,
        faults: Faults,
    ) -> dict[str, object]:
        """Return the fields that say whose it is and for which tokens, as far as they are given; adds faults.

        The team is one that the actor's permission reaches; the installation itself is reached by what reaches all.
        """
        found: dict[str, object] = {}
        if environment is not UNSET:
            if environment not in ("live", "test"):
                faults.add("/environment", "use live or test")
            found["environment"] = environment
        if team_id is not UNSET:
            if team_id is None and actor.sight.reach is not Reach.ALL:
                faults.add("/team_id", "choose one of your teams")
            elif team_id is not None and not self._is_in_reach(team_id, actor.sight):
                faults.add("/team_id", "there is no such team")
            found["team_id"] = team_id
        return found

    def _is_in_reach(self, team_id: str, sight: Sight) -> bool:
        return sight.covers(team_id=team_id) and self._teams.find(team_id) is not None

    def _save(self, before: T, after: T, actor: Actor, act: str = "change") -> T:
        """Store the object as of now; a change of nothing leaves version and instants."""
        if after == before:
            return before
        saved = replace(  # type: ignore[type-var]  # a dataclass
            after, updated_ns=self._clock.now_ns(), updated_by=str(actor), version=before.version + 1
        )
        self._objects.put(saved)
        self._touching.touch_snapshot()
        self._record(actor, act, before, saved)
        return saved

    def _record(self, actor: Actor, act: str, before: T | None, after: T | None) -> None:
        found = after or before
        assert found is not None, "something was made, changed or deleted"
        subject = Subject(self._kind, found.id, found.name)
        facts = [None if one is None else self._facts(one) for one in (before, after)]
        self._trail.record(actor, f"{self._kind}.{act}", subject, *facts)


def only_team(sight: Sight) -> str | None:
    """Return the team of what is made without naming one: the maker's, where they have but one; else None."""
    is_one = sight.reach is not Reach.ALL and len(sight.team_ids) == 1
    return next(iter(sight.team_ids)) if is_one else None
