"""What the plans domain needs from outside, and what it is to those that have a plan."""

from collections.abc import Collection
from typing import Protocol

from tollway.control.model import Page, Position
from tollway.control.plans.model import Plan, Use


class PlanStore(Protocol):
    """Plans in the config database. Every method raises management.unavailable."""

    def add(self, plan: Plan) -> None:
        """Store a new plan. Only inside a transaction, like `put` and `remove`."""
        ...

    def put(self, plan: Plan) -> None:
        """Store a changed plan."""
        ...

    def remove(self, plan_id: str) -> None:
        """Delete a plan that nobody has."""
        ...

    def find(self, plan_id: str) -> Plan | None:
        """Return the plan."""
        ...

    def find_named(self, name: str) -> Plan | None:
        """Return the plan of that name (case ignored)."""
        ...

    def find_name(self, plan_id: str) -> str | None:
        """Return the name of the plan unless there is none of that id."""
        ...

    def page(self, *, after: Position | None, limit: int) -> Page[Plan]:
        """Return the plans, newest first."""
        ...

    def all(self) -> tuple[Plan, ...]:
        """Return every plan by id."""
        ...

    def names(self, plan_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist."""
        ...

    def count_use(self, plan_id: str, *, at_most: int) -> Use:
        """Return how many tokens that are not revoked, and how many applications, have the plan; each up to a bound."""
        ...


class PlanDirectory(Protocol):
    """The plans that tokens and applications may have."""

    def find_name(self, plan_id: str) -> str | None:
        """Return the name of the plan unless there is none of that id."""
        ...
