"""Groups of models: one name for many, changed in one place, in force for every list that names it.

Law: a group that somebody's rights name cannot be deleted, since an unknown group permits nothing and denies all.
"""

from dataclasses import dataclass, replace

from tollway.control.actor import Actor
from tollway.control.audit.facts import pick
from tollway.control.audit.model import Subject
from tollway.control.faults import Faults
from tollway.control.names import check_slug
from tollway.control.ports import Touching, Trail, Transactions
from tollway.control.rights.checks import find_group_faults
from tollway.control.rights.errors import group_in_use, group_name_taken, group_not_found
from tollway.control.rights.model import Group
from tollway.control.rights.ports import GroupStore
from tollway.control.versions import check_version
from tollway.kernel.clock import Clock

GROUPS_MAX = 1_000
DESCRIPTION_CHARACTERS_MAX = 200


@dataclass(frozen=True, slots=True)
class GroupParts:
    """What the service is built from."""

    store: GroupStore
    touching: Touching
    transactions: Transactions
    trail: Trail
    clock: Clock


class ModelGroups:
    """The groups of models of this installation. Thread-safe."""

    def __init__(self, parts: GroupParts) -> None:
        self._parts = parts
        self._store = parts.store

    def all(self) -> tuple[Group, ...]:
        """Return every group by name."""
        return self._store.all()

    def get(self, name: str) -> Group:
        """Return the group. Raises management.not_found."""
        group = self._store.find(name)
        if group is None:
            raise group_not_found()
        return group

    def create(self, group: Group, actor: Actor) -> Group:
        """Make a group. Raises management.invalid, .conflict (name taken)."""
        with self._parts.transactions.write():
            faults = Faults()
            check_slug(group.name, "/name", faults)
            if len(self._store.all()) >= GROUPS_MAX:
                faults.add("", f"an installation has at most {GROUPS_MAX} groups of models")
            _check(group, faults)
            if self._store.find(group.name) is not None:
                raise group_name_taken()
            now, by = self._parts.clock.now_ns(), str(actor)
            made = replace(group, created_ns=now, created_by=by, updated_ns=now, updated_by=by, version=1)
            self._store.add(made)
            self._done(actor, "create", None, made)
            return made

    def change(
        self, name: str, models: tuple[str, ...], description: str, actor: Actor, *, expected_version: int | None = None
    ) -> Group:
        """Replace the members. Raises management.not_found, .precondition, .invalid."""
        with self._parts.transactions.write():
            before = self.get(name)
            check_version(before.version, expected_version)
            after = replace(before, models=tuple(dict.fromkeys(models)), description=description)
            _check(after, Faults())
            if after == before:
                return before
            saved = replace(
                after, updated_ns=self._parts.clock.now_ns(), updated_by=str(actor), version=before.version + 1
            )
            self._store.put(saved)
            self._done(actor, "change", before, saved)
            return saved

    def delete(self, name: str, actor: Actor, *, expected_version: int | None = None) -> None:
        """Delete a group that nobody's rights name. Raises management.not_found, .precondition, .conflict."""
        with self._parts.transactions.write():
            group = self.get(name)
            check_version(group.version, expected_version)
            place = self._store.find_user(name)
            if place is not None:
                raise group_in_use(place)
            self._store.remove(name)
            self._done(actor, "delete", group, None)

    def _done(self, actor: Actor, act: str, before: Group | None, after: Group | None) -> None:
        found = after or before
        assert found is not None, "something was made, changed or deleted"
        self._parts.touching.touch_snapshot()
        facts = [None if one is None else pick(one, "models", "description") for one in (before, after)]
        self._parts.trail.record(actor, f"model_group.{act}", Subject("model_group", found.name, found.name), *facts)


def _check(group: Group, faults: Faults) -> None:
    faults.extend("", find_group_faults(group.models))
    if len(group.description) > DESCRIPTION_CHARACTERS_MAX:
        faults.add("/description", f"at most {DESCRIPTION_CHARACTERS_MAX} characters")
    faults.check()
