"""The plan of a token or an application: whether there is one of that id, and its name."""

from tollway.control.faults import Faults
from tollway.control.plans.ports import PlanDirectory


class NoPlans:
    """A directory without plans, for what is built without them."""

    def find_name(self, plan_id: str) -> str | None:
        """Return None."""
        return None


def find_plan(plans: PlanDirectory, plan_id: str | None, faults: Faults) -> dict[str, object]:
    """Return the fields `plan_id` and `plan_name`; None takes the plan away. An unknown plan is a fault."""
    name = None if plan_id is None else plans.find_name(plan_id)
    if plan_id is not None and name is None:
        faults.add("/plan_id", "there is no such plan")
    return {"plan_id": plan_id, "plan_name": name}


_: type[PlanDirectory] = NoPlans
