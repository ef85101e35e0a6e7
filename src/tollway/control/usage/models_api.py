"""Models over HTTP: the names callers may ask for, who serves them at what price, and those without a price."""

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from tollway.contract.policy import Candidate, ModelRecord, Price, UnitPrice
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.money import ATTOS_PER_USD_PER_MILLION_UNITS
from tollway.web.asking import ReadModels
from tollway.web.fields import Instant, InstantInput, Output, format_instant
from tollway.web.fields import Query as QueryModel

router = APIRouter(prefix="/models", tags=["models"])

_MONTH_NS = 30 * 86_400 * NANOS_PER_SECOND


class PriceOutput(Output):
    """A price in decimal USD per million tokens; null where the model has no such unit."""

    input_usd_per_million: str | None
    output_usd_per_million: str | None
    cached_input_usd_per_million: str | None
    source: str


class CandidateOutput(Output):
    """One way to serve a model. `price` null: unknown, which is not zero."""

    provider_id: str
    provider_name: str
    upstream_model: str
    price: PriceOutput | None


class ModelOutput(Output):
    """A name callers may ask for, with its candidates in order of preference."""

    name: str
    candidates: list[CandidateOutput]


class ModelsSearch(QueryModel):
    """Which models: those with `search` anywhere in their name, whatever its case; at most so many of them."""

    search: Annotated[str, Field(max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=1_000)] | None = None


class ModelList(Output):
    """All models, or those that were searched for."""

    items: list[ModelOutput]


class UnpricedOutput(Output):
    """A model that was called without a known price."""

    provider_id: str
    provider_name: str | None
    upstream_model: str
    calls: int
    last_used_at: Instant


class UnpricedList(Output):
    """Models that were called without a known price, most called first."""

    items: list[UnpricedOutput]


class ModelsFilter(QueryModel):
    """Since when to look; left out: the last 30 days."""

    since: InstantInput | None = None


@router.get("")
def list_models(query: Annotated[ModelsSearch, Query()], ask: ReadModels) -> ModelList:
    """List the names callers may ask for, as published to the workers."""
    snapshot = ask.services.publisher.snapshot()
    providers = {provider.id: provider.name for provider in snapshot.providers}
    now_ns = ask.services.clock.now_ns()
    wanted = (query.search or "").casefold()
    found = (model for model in snapshot.models if wanted in model.name.casefold())
    return ModelList(items=[_show_model(model, providers, now_ns) for model in islice(found, query.limit)])


@router.get("/unpriced")
def list_unpriced_models(query: Annotated[ModelsFilter, Query()], ask: ReadModels) -> UnpricedList:
    """List the models that were called without a known price."""
    usage = ask.services.usage
    since_ns = query.since if query.since is not None else ask.services.clock.now_ns() - _MONTH_NS
    rows = usage.unpriced(max(0, since_ns))
    names = usage.names({("provider", row.provider_id) for row in rows})
    return UnpricedList(
        items=[
            UnpricedOutput(
                provider_id=row.provider_id,
                provider_name=names.get(("provider", row.provider_id)),
                upstream_model=row.upstream_model,
                calls=row.calls,
                last_used_at=format_instant(row.last_ns),
            )
            for row in rows
        ]
    )


def _show_model(model: ModelRecord, providers: dict[str, str], now_ns: int) -> ModelOutput:
    return ModelOutput(
        name=model.name,
        candidates=[
            CandidateOutput(
                provider_id=candidate.provider_id,
                provider_name=providers.get(candidate.provider_id, candidate.provider_id),
                upstream_model=candidate.upstream_model,
                price=_show_price(_price_at(candidate, now_ns)),
            )
            for candidate in model.candidates
        ],
    )


def _price_at(candidate: Candidate, now_ns: int) -> Price | None:
    held = [dated for dated in candidate.prices if dated.from_ns is None or dated.from_ns <= now_ns]
    return max(held, key=lambda dated: dated.from_ns or 0).price if held else None


def _show_price(price: Price | None) -> PriceOutput | None:
    if price is None:
        return None
    return PriceOutput(
        input_usd_per_million=_per_million(price.input),
        output_usd_per_million=_per_million(price.output),
        cached_input_usd_per_million=_per_million(price.cached_input),
        source=price.source,
    )


def _per_million(unit: UnitPrice | None) -> str | None:
    """Write atto-USD per unit as USD per million units, exactly."""
    if unit is None:
        return None
    whole, fraction = divmod(unit.attos, ATTOS_PER_USD_PER_MILLION_UNITS)
    return f"{whole}.{fraction:012d}".rstrip("0").rstrip(".")
