"""Usage and calls over HTTP: sums by any dimension as JSON or CSV, and single calls with names resolved."""

from typing import Annotated, cast, get_args

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from tollway.contract.ledger_api import CallsQuery, Dimension, Interval, Order, UsageQuery
from tollway.contract.records import Outcome
from tollway.control.access.model import Permission
from tollway.control.faults import refuse
from tollway.control.usage.csv import write_csv
from tollway.control.usage.itemised import itemise
from tollway.control.usage.savings import sum_savings
from tollway.control.usage.scope import Scope, is_found, narrow, sees_call
from tollway.control.usage.service import call_not_found
from tollway.control.usage.shown import (
    CallDetail,
    CallOutput,
    UsageOutput,
    ids_of_calls,
    ids_of_rows,
    show_call,
    show_detail,
    show_usage,
)
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.money import format_usd
from tollway.web.asking import Asking, ReadCalls, ReadOverview, ReadUsage
from tollway.web.fields import InstantInput, Output, Usd
from tollway.web.fields import Query as QueryModel
from tollway.web.paging import Page, PageQuery, place_of

router = APIRouter(tags=["usage"])

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
ROWS_MAX = 10_000
LARGEST_MAX = 100
_DAY_NS = 86_400 * NANOS_PER_SECOND

Id = Annotated[str, Field(min_length=1, max_length=200)]
By = Annotated[
    str,
    StringConstraints(max_length=200),
    Field(
        description="Dimensions to group by, with commas between: " + ", ".join(DIMENSIONS), examples=["token,model"]
    ),
]
RequestId = Annotated[str, Path(pattern=r"^req_[0-9A-Za-z]{1,60}$")]


class CallsFilter(PageQuery):
    """Which calls to list."""

    since: InstantInput | None = None
    until: InstantInput | None = None
    token: Id | None = None
    application: Id | None = None
    team: Id | None = None
    service: Id | None = None
    model: Id | None = None
    provider: Id | None = None
    operation: Id | None = None
    status: Id | None = None
    outcome: Outcome | None = None
    rule: Annotated[Id, Field(description="Text within the rule that refused them.")] | None = None


class UsageFilter(QueryModel):
    """Which calls to sum, and how. `until` left out: now; `since` left out: a day before."""

    by: By = ""
    interval: Interval | None = None
    since: InstantInput | None = None
    until: InstantInput | None = None
    token: Id | None = None
    application: Id | None = None
    team: Id | None = None
    service: Id | None = None
    model: Id | None = None
    provider: Id | None = None
    operation: Id | None = None
    status: Id | None = None
    outcome: Outcome | None = None
    order: Annotated[Order, Field(description="By what groups are large; the largest come first.")] = "calls"
    largest: (
        Annotated[
            int,
            Field(
                ge=1,
                le=LARGEST_MAX,
                description="With an interval: only so many values of the first dimension, the largest of the range.",
            ),
        ]
        | None
    ) = None
    limit: Annotated[int, Field(ge=1, le=ROWS_MAX)] = 1_000


class SavingsFilter(QueryModel):
    """Of which time. `until` left out: now; `since` left out: a day before."""

    since: InstantInput | None = None
    until: InstantInput | None = None


class SavingsOutput(Output):
    """What cached prompts saved. Tokens without a known price are counted in `unpriced_cached_input_tokens` alone."""

    saved_usd: Usd
    cached_input_tokens: int
    unpriced_cached_input_tokens: int


@router.get("/usage")
def get_usage(query: Annotated[UsageFilter, Query()], ask: ReadUsage) -> UsageOutput:
    """Sum calls by any dimensions, and by time when an interval is given."""
    return _sum(query, ask)


@router.get(
    "/usage.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "One line a group."}},
)
def get_usage_csv(query: Annotated[UsageFilter, Query()], ask: ReadUsage) -> Response:
    """Sum calls as GET /usage does, as CSV."""
    text = write_csv(_sum(query, ask), _dimensions(query.by))
    headers = {"content-disposition": 'attachment; filename="usage.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8; header=present", headers=headers)


@router.get("/savings")
def get_savings(query: Annotated[SavingsFilter, Query()], ask: ReadOverview) -> SavingsOutput:
    """Estimate what cached prompts saved, at the prices of now."""
    now_ns = ask.services.clock.now_ns()
    since_ns, until_ns = _range(query.since, query.until, ask)
    wanted = UsageQuery(since_ns=since_ns, until_ns=until_ns, by=("model", "provider"), limit=ROWS_MAX)
    found = sum_savings(ask.services.usage.sums(wanted).rows, ask.services.publisher.snapshot(), now_ns)
    return SavingsOutput(
        saved_usd=format_usd(found.saved_nanos),
        cached_input_tokens=found.cached_tokens,
        unpriced_cached_input_tokens=found.unpriced_tokens,
    )


@router.get("/calls")
def list_calls(query: Annotated[CallsFilter, Query()], ask: ReadCalls) -> Page[CallOutput]:
    """List single calls, newest first."""
    usage, cursors = ask.services.usage, ask.services.cursors
    place = place_of("/api/v1/calls", query)
    answer = usage.calls(
        CallsQuery(
            filters=narrow(_filters(query), _scope(ask)),
            since_ns=query.since or 0,
            until_ns=query.until,
            before=cursors.read(query.cursor, place, tuple[int, str]) if query.cursor else None,
            limit=query.limit,
            rule=query.rule or "",
        )
    )
    names = usage.names(ids_of_calls(answer.calls))
    return Page(
        items=[show_call(call, names) for call in answer.calls],
        next_cursor=cursors.write(place, answer.next) if answer.next else None,
    )


@router.get("/calls/{request_id}")
def get_call(request_id: RequestId, ask: ReadCalls) -> CallDetail:
    """Show one call, with what its cost is made of."""
    usage = ask.services.usage
    call = usage.get_call(request_id)
    if not sees_call(call, _scope(ask)):
        raise call_not_found()
    return show_detail(call, usage.names(ids_of_calls((call,))), itemise(call, ask.services.publisher.snapshot()))


def _sum(query: UsageFilter, ask: Asking) -> UsageOutput:
    since_ns, until_ns = _range(query.since, query.until, ask)
    by = _dimensions(query.by)
    answer = ask.services.usage.sums(
        UsageQuery(
            since_ns=since_ns,
            until_ns=until_ns,
            by=by,
            interval=query.interval,
            filters=narrow(_filters(query), _scope(ask)),
            limit=query.limit,
            order=query.order,
            largest=query.largest or 0,
        )
    )
    return show_usage(answer, by, ask.services.usage.names(ids_of_rows(answer.rows, by)))


def _range(since_ns: int | None, until_ns: int | None, ask: Asking) -> tuple[int, int]:
    """Return the range asked for: until now, and from a day before, unless told otherwise."""
    end_ns = until_ns if until_ns is not None else ask.services.clock.now_ns()
    start_ns = since_ns if since_ns is not None else max(0, end_ns - _DAY_NS)
    if start_ns > end_ns:
        raise refuse("query/since", "since is after until")
    return start_ns, end_ns


def _dimensions(text: str) -> tuple[Dimension, ...]:
    parts = [part for part in text.split(",") if part]
    unknown = [part for part in parts if part not in DIMENSIONS]
    if unknown:
        raise refuse("query/by", f"use any of {', '.join(DIMENSIONS)}, with commas between")
    return tuple(cast("Dimension", part) for part in dict.fromkeys(parts))


def _scope(ask: Asking) -> Scope:
    """Return what the caller may ask about; tokens and applications count where the caller may see them at all."""
    caller, services = ask.caller, ask.services
    return Scope(
        ask.sight,
        sees_token=lambda token_id: (
            Permission.TOKENS_READ in caller.rights
            and is_found(lambda: services.tokens.get(token_id, caller.sight(Permission.TOKENS_READ)))
        ),
        sees_application=lambda application_id: (
            Permission.APPLICATIONS_READ in caller.rights
            and is_found(lambda: services.applications.get(application_id, caller.sight(Permission.APPLICATIONS_READ)))
        ),
    )


def _filters(query: UsageFilter | CallsFilter) -> dict[Dimension, str]:
    found = {dimension: getattr(query, dimension) for dimension in DIMENSIONS}
    return {dimension: value for dimension, value in found.items() if value is not None}
