"""Plans: changed in one place, published at once, and never deleted under those who have them."""

import pytest
from msgspec import structs

from kit.control import ACTOR, ControlPlane
from tollway.contract.policy import PlanRecord
from tollway.contract.rights import ALL_RIGHTS, Rights
from tollway.control.applications.model import ApplicationChange, NewApplication
from tollway.control.audit.model import Wanted
from tollway.control.faults import Invalid
from tollway.control.limits.model import BudgetRule, LimitRules
from tollway.control.plans.model import NewPlan, PlanChange, Use
from tollway.control.tokens.model import NewToken, TokenChange, TokenFilter
from tollway.kernel.errors import TollwayError

MONTH = LimitRules(budgets=(BudgetRule("month", 5, "month"),))


def test_plan_is_published_with_its_limits_and_rights(plane: ControlPlane) -> None:
    rights = Rights(scopes=("generate",))
    plan = plane.plans.create(NewPlan("interns", "for the summer", rights, MONTH), ACTOR)
    assert plane.policy.read_snapshot().plans == (PlanRecord(plan.id, "interns", rights, plan.limits),)
    changed = plane.plans.change(
        plan.id, PlanChange(limits=LimitRules(budgets=(BudgetRule("month", 9, "day"),)), rights=ALL_RIGHTS), ACTOR
    )
    (record,) = plane.policy.read_snapshot().plans
    assert record == PlanRecord(plan.id, "interns", ALL_RIGHTS, changed.limits)
    assert record.limits.budgets[0] == structs.replace(plan.limits.budgets[0], limit_nanos=9, period="day")
    plane.plans.delete(plan.id, ACTOR)
    assert plane.policy.read_snapshot().plans == ()


def test_tokens_and_applications_have_the_plan(plane: ControlPlane) -> None:
    plan = plane.plans.create(NewPlan("interns"), ACTOR)
    application = plane.applications.create(NewApplication("shop", plan_id=plan.id), ACTOR)
    token = plane.tokens.issue(NewToken("ci", plan_id=plan.id), ACTOR).token
    other = plane.tokens.issue(NewToken("other"), ACTOR).token
    assert (token.plan_name, application.plan_name) == ("interns", "interns")
    assert plane.policy.token(token.id).plan_id == plane.policy.application(application.id).plan_id == plan.id
    assert [found.id for found in plane.tokens.page(TokenFilter(plan_id=plan.id)).items] == [token.id]
    plane.tokens.change(other.id, TokenChange(plan_id=plan.id), ACTOR)
    assert plane.plans.count_use(plan.id) == Use(2, 1)
    plane.tokens.change(token.id, TokenChange(plan_id=None), ACTOR)
    assert plane.policy.token(token.id).plan_id is None
    with pytest.raises(Invalid, match="/plan_id"):
        plane.tokens.change(token.id, TokenChange(plan_id="plan_none"), ACTOR)
    with pytest.raises(Invalid, match="/plan_id"):
        plane.applications.change(application.id, ApplicationChange(plan_id="plan_none"), ACTOR)


def test_plan_in_use_is_not_deleted(plane: ControlPlane) -> None:
    plan = plane.plans.create(NewPlan("interns"), ACTOR)
    token = plane.tokens.issue(NewToken("ci", plan_id=plan.id), ACTOR).token
    with pytest.raises(TollwayError, match=r"^management\.conflict.*1 token and 0 applications"):
        plane.plans.delete(plan.id, ACTOR)
    plane.tokens.revoke(token.id, ACTOR)
    plane.plans.delete(plan.id, ACTOR)
    assert plane.tokens.get(token.id).plan_name is None
    with pytest.raises(TollwayError, match=r"^management\.not_found"):
        plane.plans.get(plan.id)


def test_faults_names_and_versions(plane: ControlPlane) -> None:
    with pytest.raises(Invalid) as caught:
        plane.plans.create(NewPlan("", "x" * 501, limits=LimitRules(concurrency=0)), ACTOR)
    assert [fault.path for fault in caught.value.faults] == ["/name", "/description", "/limits/concurrency"]
    plan = plane.plans.create(NewPlan("a"), ACTOR)
    assert plane.plans.find_named("A") == plan
    assert plane.plans.names([plan.id]) == {plan.id: "a"}
    assert plane.plans.change(plan.id, PlanChange(name="a"), ACTOR) == plan
    plane.clock.advance(1)
    plane.plans.create(NewPlan("b"), ACTOR)
    with pytest.raises(TollwayError, match=r"^management\.conflict"):
        plane.plans.change(plan.id, PlanChange(name="B"), ACTOR)
    with pytest.raises(TollwayError, match=r"^management\.precondition"):
        plane.plans.change(plan.id, PlanChange(name="c"), ACTOR, expected_version=7)
    assert [found.name for found in plane.plans.page().items] == ["b", "a"]


def test_every_change_is_audited(plane: ControlPlane) -> None:
    plan = plane.plans.create(NewPlan("a"), ACTOR)
    plane.plans.change(plan.id, PlanChange(limits=MONTH), ACTOR)
    plane.plans.delete(plan.id, ACTOR)
    acts = [entry.action for entry in plane.audit.page(Wanted()) if entry.object_id == plan.id]
    assert acts == ["plan.delete", "plan.change", "plan.create"]
