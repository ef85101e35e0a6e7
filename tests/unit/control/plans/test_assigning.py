"""A token or an application has a plan that exists, or none."""

from tollway.control.faults import Faults
from tollway.control.plans.assigning import NoPlans, find_plan


class OnePlan:
    """A directory of one plan."""

    def find_name(self, plan_id: str) -> str | None:
        return "interns" if plan_id == "plan_1" else None


def test_plan_is_found_with_its_name() -> None:
    faults = Faults()
    assert find_plan(OnePlan(), "plan_1", faults) == {"plan_id": "plan_1", "plan_name": "interns"}
    assert find_plan(OnePlan(), None, faults) == {"plan_id": None, "plan_name": None}
    assert faults.found == []


def test_unknown_plan_is_a_fault() -> None:
    for plans in (OnePlan(), NoPlans()):
        faults = Faults()
        find_plan(plans, "plan_2", faults)
        assert [fault.path for fault in faults.found] == ["/plan_id"]
