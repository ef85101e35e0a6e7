"""Make, change and delete plans. When a method returns, every worker's next call sees it.

Law: a plan that somebody has is never deleted, and its limits keep their ids through every change: what was spent
under a plan stays spent.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from msgspec import UNSET

from tollway.contract.limits import NO_LIMITS, Limits
from tollway.contract.rights import ALL_RIGHTS
from tollway.control.actor import Actor
from tollway.control.audit.facts import pick
from tollway.control.audit.model import Subject
from tollway.control.faults import Faults
from tollway.control.limits.service import compile_limits, find_faults
from tollway.control.names import check_name
from tollway.control.paging import PAGE_SIZE, Page, Position, bound_size
from tollway.control.plans.errors import plan_in_use, plan_name_taken, plan_not_found
from tollway.control.plans.model import USE_MAX, NewPlan, Plan, PlanChange, Use
from tollway.control.plans.ports import PlanStore
from tollway.control.ports import Touching, Trail, Transactions
from tollway.control.versions import check_version
from tollway.kernel.clock import Clock
from tollway.kernel.ids import PLAN, new_id

DESCRIPTION_CHARACTERS_MAX = 500
PLANS_MAX = 1_000
"""They are all part of the snapshot that workers hold."""


@dataclass(frozen=True, slots=True)
class PlanParts:
    """What the service is built from."""

    store: PlanStore
    touching: Touching
    transactions: Transactions
    trail: Trail
    clock: Clock


class Plans:
    """The plans of this installation. Thread-safe."""

    def __init__(self, parts: PlanParts) -> None:
        self._parts = parts
        self._store = parts.store
        self._transactions = parts.transactions

    def create(self, new: NewPlan, actor: Actor) -> Plan:
        """Make a plan. Raises management.invalid with all faults, management.conflict (name taken)."""
        with self._transactions.write():
            now = self._parts.clock.now_ns()
            draft = Plan(
                id=new_id(PLAN),
                name="",
                description="",
                rights=ALL_RIGHTS,
                limits=NO_LIMITS,
                created_ns=now,
                created_by=str(actor),
                updated_ns=now,
                updated_by=str(actor),
            )
            plan = self._changed(draft, PlanChange(new.name, new.description, new.rights, new.limits))
            self._store.add(plan)
            self._parts.touching.touch_snapshot()
            self._record(actor, "create", None, plan)
            return plan

    def get(self, plan_id: str) -> Plan:
        """Return the plan. Raises management.not_found."""
        plan = self._store.find(plan_id)
        if plan is None:
            raise plan_not_found()
        return plan

    def find_named(self, name: str) -> Plan | None:
        """Return the plan of that name (case ignored)."""
        return self._store.find_named(name)

    def find_name(self, plan_id: str) -> str | None:
        """Return the name of the plan unless there is none of that id."""
        return self._store.find_name(plan_id)

    def find_limits(self, plan_id: str | None) -> Limits:
        """Return the limits of a plan; none for no plan."""
        plan = None if plan_id is None else self._store.find(plan_id)
        return NO_LIMITS if plan is None else plan.limits

    def page(self, *, after: Position | None = None, limit: int = PAGE_SIZE) -> Page[Plan]:
        """Return a page of the plans, newest first."""
        return self._store.page(after=after, limit=bound_size(limit))

    def names(self, plan_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist."""
        return self._store.names(plan_ids)

    def count_use(self, plan_id: str) -> Use:
        """Return who has the plan; counts at USE_MAX mean that many or more."""
        return self._store.count_use(plan_id, at_most=USE_MAX)

    def change(self, plan_id: str, change: PlanChange, actor: Actor, *, expected_version: int | None = None) -> Plan:
        """Change what is given, for everybody who has the plan. Limits of the same name go on where they were.

        Raises management.not_found, .precondition, .invalid, .conflict (name taken).
        """
        with self._transactions.write():
            before = self.get(plan_id)
            check_version(before.version, expected_version)
            after = self._changed(before, change)
            if after == before:
                return before
            now = self._parts.clock.now_ns()
            saved = replace(after, updated_ns=now, updated_by=str(actor), version=before.version + 1)
            self._store.put(saved)
            self._parts.touching.touch_snapshot()
            self._record(actor, "change", before, saved)
            return saved

    def delete(self, plan_id: str, actor: Actor, *, expected_version: int | None = None) -> None:
        """Delete a plan that nobody has. Raises management.not_found, .precondition, .conflict (in use)."""
        with self._transactions.write():
            plan = self.get(plan_id)
            check_version(plan.version, expected_version)
            use = self.count_use(plan_id)
            if use.is_any:
                raise plan_in_use(use)
            self._store.remove(plan_id)
            self._parts.touching.touch_snapshot()
            self._record(actor, "delete", plan, None)

    def _changed(self, plan: Plan, change: PlanChange) -> Plan:
        faults = Faults()
        fields: dict[str, object] = {}
        if change.name is not UNSET:
            check_name(change.name, "/name", faults)
            fields["name"] = change.name
        if change.description is not UNSET:
            if len(change.description) > DESCRIPTION_CHARACTERS_MAX:
                faults.add("/description", f"at most {DESCRIPTION_CHARACTERS_MAX} characters")
            fields["description"] = change.description
        if change.rights is not UNSET:
            fields["rights"] = change.rights
        if change.limits is not UNSET:
            faults.extend("/limits", find_faults(change.limits))
        faults.check()
        if change.limits is not UNSET:
            fields["limits"] = compile_limits(plan.id, change.limits, plan.limits)
        changed = replace(plan, **fields)  # type: ignore[arg-type]  # each value was typed where it was put in
        other = self._store.find_named(changed.name)
        if other is not None and other.id != plan.id:
            raise plan_name_taken()
        return changed

    def _record(self, actor: Actor, act: str, before: Plan | None, after: Plan | None) -> None:
        found = after or before
        assert found is not None, "something was made, changed or deleted"
        fields = ("name", "description", "rights", "limits")
        facts = [None if one is None else pick(one, *fields) for one in (before, after)]
        self._parts.trail.record(actor, f"plan.{act}", Subject("plan", found.id, found.name), *facts)
