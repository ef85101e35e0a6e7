"""Plans over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from msgspec import UNSET
from pydantic import Field

from tollway.control.plans.model import USE_MAX, NewPlan, Plan, PlanChange
from tollway.web.asking import Asking, FreshPlans, ReadPlans
from tollway.web.etags import ExpectedVersion
from tollway.web.fields import Input, Instant, Name, Output, Text, absent, format_instant
from tollway.web.limits import LimitsInput, LimitsOutput, read_limits, show_limits
from tollway.web.paging import Page, PageQuery

router = APIRouter(prefix="/plans", tags=["plans"])

PlanId = Annotated[str, Path(pattern=r"^[0-9A-Za-z_]{1,64}$")]


class PlanInput(Input):
    """A plan to add. Its limits count for each token or application that has it by itself."""

    name: Name
    description: Text = ""
    limits: LimitsInput = LimitsInput()


class PlanPatch(Input):
    """Fields to change, for everybody who has the plan; those left out stay as they are."""

    name: Name = absent()
    description: Text = absent()
    limits: LimitsInput = absent()


class PlanOutput(Output):
    """A named set of rights, limits and budgets. `tokens` (that are not revoked) are counted up to 10,000."""

    id: str
    name: str
    description: str
    limits: LimitsOutput
    tokens: Annotated[int, Field(le=USE_MAX)]
    applications: Annotated[int, Field(le=USE_MAX)]
    created_at: Instant
    created_by: str
    updated_at: Instant
    updated_by: str


@router.get("")
def list_plans(query: Annotated[PageQuery, Query()], ask: ReadPlans) -> Page[PlanOutput]:
    """List plans and how many have each, newest first."""
    plans = ask.services.limits.plans
    return ask.page(query, lambda after, limit: plans.page(after=after, limit=limit), lambda plan: _show(plan, ask))


@router.post("", status_code=201)
def create_plan(body: PlanInput, ask: FreshPlans) -> PlanOutput:
    """Add a plan."""
    new = NewPlan(body.name, body.description, limits=read_limits(body.limits))
    return _answer(ask.services.limits.plans.create(new, ask.actor), ask)


@router.get("/{plan_id}")
def get_plan(plan_id: PlanId, ask: ReadPlans) -> PlanOutput:
    """Show a plan and how many have it."""
    return _answer(ask.services.limits.plans.get(plan_id), ask)


@router.patch("/{plan_id}")
def change_plan(plan_id: PlanId, body: PlanPatch, expected: ExpectedVersion, ask: FreshPlans) -> PlanOutput:
    """Change a plan. Everybody who has it is held to the change from their next call on; nothing spent is lost."""
    limits = read_limits(body.limits) if "limits" in body.model_fields_set else UNSET
    change = PlanChange(body.name, body.description, limits=limits)
    return _answer(ask.services.limits.plans.change(plan_id, change, ask.actor, expected_version=expected), ask)


@router.delete("/{plan_id}", status_code=204)
def delete_plan(plan_id: PlanId, expected: ExpectedVersion, ask: FreshPlans) -> None:
    """Delete a plan that no token and no application has."""
    ask.services.limits.plans.delete(plan_id, ask.actor, expected_version=expected)


def _show(plan: Plan, ask: Asking) -> PlanOutput:
    use = ask.services.limits.plans.count_use(plan.id)
    return PlanOutput(
        id=plan.id,
        name=plan.name,
        description=plan.description,
        limits=show_limits(plan.limits),
        tokens=use.tokens,
        applications=use.applications,
        created_at=format_instant(plan.created_ns),
        created_by=plan.created_by,
        updated_at=format_instant(plan.updated_ns),
        updated_by=plan.updated_by,
    )


def _answer(plan: Plan, ask: Asking) -> PlanOutput:
    ask.tag(plan.version)
    return _show(plan, ask)
