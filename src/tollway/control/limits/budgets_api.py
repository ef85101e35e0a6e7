"""Limits and budgets of all levels by how much of them is used, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from tollway.control.limits.owners import OwnerLevel
from tollway.control.limits.watch import UsedLimit
from tollway.web.asking import ReadLimits
from tollway.web.fields import Instant, Output, format_instant_or_none
from tollway.web.fields import Query as QueryModel
from tollway.web.meters import MeterOutput, show_meter

router = APIRouter(prefix="/budgets", tags=["limits"])


class BudgetQuery(QueryModel):
    """Which to list: of a level, of which at least `percent` is used, only budgets or also other limits."""

    level: OwnerLevel | None = None
    percent: Annotated[int, Field(ge=0, le=1_000)] = 0
    budgets_only: bool = False
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class UsedLimitOutput(Output):
    """A limit, whose it is, and its use. `plan_name` null: the owner's own. `used_up_at` is foreseen."""

    level: OwnerLevel
    owner_id: str
    owner_name: str
    plan_name: str | None
    percent: float
    used_up_at: Instant | None
    meter: MeterOutput


class UsedLimitsList(Output):
    """Fullest first."""

    items: list[UsedLimitOutput]


@router.get("")
def list_budgets(query: Annotated[BudgetQuery, Query()], ask: ReadLimits) -> UsedLimitsList:
    """List limits and budgets by how much of them is used, with when each will be used up."""
    used_limits = ask.services.used_limits
    found = used_limits.near_end(query.percent, 2_000, sight=ask.sight)
    wanted = [
        one for one in found if query.level in (None, one.level) and (one.limit.is_budget or not query.budgets_only)
    ]
    return UsedLimitsList(items=[show_used(used_limits.foreseen(one)) for one in wanted[: query.limit]])


def show_used(used: UsedLimit) -> UsedLimitOutput:
    """Write a limit with its use."""
    return UsedLimitOutput(
        level=used.level,
        owner_id=used.owner_id,
        owner_name=used.owner_name,
        plan_name=used.plan_name or None,
        percent=round(used.percent, 1),
        used_up_at=format_instant_or_none(used.empty_ns),
        meter=show_meter(used),
    )
