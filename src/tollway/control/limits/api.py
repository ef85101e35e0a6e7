"""Limits of every level over HTTP: shown, changed, read as meters, topped up for a while."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field

from tollway.contract.limits import Limit
from tollway.control.faults import refuse
from tollway.control.limits.model import LEVELS, meter_owner_id
from tollway.control.limits.owners import Owned, OwnerLevel
from tollway.control.limits.service import find_limit
from tollway.control.limits.top_ups import NewTopUp
from tollway.web.asking import Asking, FreshLimits, ReadLimits
from tollway.web.etags import ExpectedVersion
from tollway.web.fields import Input, InstantInput, Output, UsdInput
from tollway.web.fields import Query as QueryModel
from tollway.web.limits import LimitsInput, LimitsOutput, MetersOutput, read_limits, read_meters, show_limits

router = APIRouter(prefix="/limits", tags=["limits"])

Level = Annotated[OwnerLevel, Path(description="`global` has the one owner `global`.")]
OwnerId = Annotated[
    str, Path(min_length=1, max_length=200, description="An id; for a model its name, each slash written as `~`.")
]
TopUpId = Annotated[str, Path(pattern=r"^top_[0-9A-Za-z]{16}$")]


class LevelQuery(QueryModel):
    """Which levels to list."""

    level: Literal["global", "team", "user", "service", "model", "provider"] | None = None


class OwnedLimitsOutput(Output):
    """The limits of one owner at a level."""

    level: OwnerLevel
    owner_id: str
    owner_name: str
    limits: LimitsOutput


class OwnedLimitsList(Output):
    """Everybody who has limits, by level and id; tokens, applications and plans show theirs themselves."""

    items: list[OwnedLimitsOutput]


class TopUpInput(Input):
    """More on the limit or budget of this name, until an instant: `amount_usd` where it is money, else `amount`."""

    limit: Annotated[str, Field(min_length=1, max_length=200)]
    amount: Annotated[int, Field(ge=1, le=2**61 - 1)] | None = None
    amount_usd: UsdInput | None = None
    ends_at: InstantInput
    starts_at: InstantInput | None = None


@router.get("")
def list_limits(query: Annotated[LevelQuery, Query()], ask: ReadLimits) -> OwnedLimitsList:
    """List who has limits: the installation, teams, people, services, models, providers."""
    found = ask.services.limits.levels.all(ask.sight)
    return OwnedLimitsList(
        items=[
            OwnedLimitsOutput(
                level=item.level, owner_id=item.owner_id, owner_name=name, limits=show_limits(item.limits)
            )
            for name, item in sorted(found, key=lambda pair: LEVELS.index(pair[1].level))
            if query.level in (None, item.level)
        ]
    )


@router.get("/{level}/{owner_id}")
def get_limits(level: Level, owner_id: OwnerId, ask: ReadLimits) -> OwnedLimitsOutput:
    """Show the limits of one owner, which may be none."""
    return _answer(ask.services.limits.owners.get(level, _read_id(level, owner_id), ask.sight), ask)


@router.put("/{level}/{owner_id}")
def put_limits(
    level: Level, owner_id: OwnerId, body: LimitsInput, expected: ExpectedVersion, ask: FreshLimits
) -> OwnedLimitsOutput:
    """Give the owner these limits instead of those it has. What was spent stays spent, and top-ups stay."""
    owners, rules = ask.services.limits.owners, read_limits(body)
    owner = owners.change(level, _read_id(level, owner_id), rules, ask.actor, expected_version=expected)
    return _answer(owner, ask)


@router.get("/{level}/{owner_id}/meters")
def get_meters(level: Level, owner_id: OwnerId, ask: ReadLimits) -> MetersOutput:
    """Show how much of the owner's limits is used now."""
    owner = ask.services.limits.owners.get(level, _read_id(level, owner_id), ask.sight)
    meter_id = meter_owner_id(owner.level, owner.owner_id)
    return read_meters(ask.services.meters, owner.level, meter_id, owner.limits)


@router.post("/{level}/{owner_id}/top-ups", status_code=201)
def give_top_up(
    level: Level, owner_id: OwnerId, body: TopUpInput, expected: ExpectedVersion, ask: FreshLimits
) -> OwnedLimitsOutput:
    """Allow more for a while. It ends by itself, and what was spent meanwhile stays spent."""
    owners, real_id = ask.services.limits.owners, _read_id(level, owner_id)
    amount = _amount(body, find_limit(owners.get(level, real_id, ask.sight).limits, body.limit))
    new = NewTopUp(body.limit, amount, body.ends_at, body.starts_at or 0)
    ask.services.limits.top_ups.give(level, real_id, new, ask.actor, expected_version=expected)
    return _answer(owners.get(level, real_id, ask.sight), ask)


@router.delete("/{level}/{owner_id}/top-ups/{top_up_id}", status_code=204)
def end_top_up(
    level: Level, owner_id: OwnerId, top_up_id: TopUpId, expected: ExpectedVersion, ask: FreshLimits
) -> None:
    """End a top-up now."""
    real_id = _read_id(level, owner_id)
    ask.services.limits.top_ups.end(level, real_id, top_up_id, ask.actor, expected_version=expected)


def _read_id(level: str, owner_id: str) -> str:
    return owner_id.replace("~", "/") if level == "model" else owner_id


def _amount(body: TopUpInput, limit: Limit | None) -> int:
    """Return the amount in the unit of the limit; of a limit that does not exist the domain says so."""
    is_money = limit is not None and limit.measure == "cost"
    wanted, other = ("amount_usd", "amount") if is_money else ("amount", "amount_usd")
    amount = body.amount_usd if is_money else body.amount
    if limit is None:
        return body.amount or body.amount_usd or 1
    if amount is None or getattr(body, other) is not None:
        raise refuse(f"/{wanted}", f"this limit is topped up by `{wanted}`")
    return amount


def _answer(owner: Owned, ask: Asking) -> OwnedLimitsOutput:
    if owner.version:
        ask.tag(owner.version)
    return OwnedLimitsOutput(
        level=owner.level, owner_id=owner.owner_id, owner_name=owner.name, limits=show_limits(owner.limits)
    )
