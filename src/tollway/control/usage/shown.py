"""How sums and calls look in the management API. Names are resolved; an id without one stands for itself."""

from collections.abc import Mapping

from msgspec import structs
from pydantic import Field

from tollway.contract.ledger_api import Dimension, Interval, UsageAnswer, UsageRow
from tollway.contract.records import STAGES, Attempt, CloseRecord, Outcome
from tollway.contract.usage import Usage
from tollway.control.usage.itemised import Itemised
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.money import format_attos, format_usd
from tollway.web.fields import ExactUsd, Instant, Output, Usd, format_instant, format_usd_or_none

Names = Mapping[tuple[str, str], str]
"""What ids are called: (dimension, id) to name."""


class UsageItem(Output):
    """Sums of one group. `unpriced_calls` have no part in `cost_usd`; durations are in milliseconds."""

    keys: dict[Dimension, str]
    labels: dict[Dimension, str]
    start: Instant | None
    calls: int
    refused: int
    client_errors: int
    server_errors: int
    limited: int
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int
    cost_usd: Usd
    unpriced_calls: int
    estimated_calls: int
    duration_p50_ms: float
    duration_p95_ms: float
    duration_p99_ms: float
    first_byte_p50_ms: float
    first_byte_p95_ms: float
    overhead_p50_ms: float
    overhead_p95_ms: float


class UsageOutput(Output):
    """Groups with the most calls first (by start, then calls, with an interval).

    `resolution` is what the sums are exact to; `is_cut` says that there are more groups.
    """

    items: list[UsageItem]
    resolution: Interval
    is_cut: bool


class CallUsage(Output):
    """What a call consumed, in the provider's own units."""

    input_tokens: int
    output_tokens: int
    cached_input_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    input_audio_tokens: int
    output_audio_tokens: int
    web_searches: int
    is_estimated: bool
    cache_write_1h_tokens: int
    cached_audio_tokens: int
    input_image_tokens: int
    cached_image_tokens: int
    output_image_tokens: int
    input_video_tokens: int
    output_video_tokens: int
    file_searches: int
    code_executions: int
    tier: str


class CallAttempt(Output):
    """One try at one candidate. `status` 0: no answer came."""

    provider_id: str
    provider_name: str | None
    upstream_model: str
    key_id: str
    started_us: int
    duration_us: int
    status: int
    code: str
    upstream_request_id: str


class CallCharge(Output):
    """What one budget paid of a call."""

    owner_id: str
    budget_id: str
    period_start: Instant
    amount_usd: Usd


class CallOutput(Output):
    """One call. `cost_usd` null: unpriced, which is not zero."""

    request_id: str
    started_at: Instant
    duration_us: int
    method: str
    route: str
    operation: str
    status: int
    outcome: Outcome
    code: str
    token_id: str
    token_name: str | None
    application_id: str
    application_name: str | None
    team_id: str
    team_name: str | None
    environment: str
    service_id: str
    service_name: str | None
    model: str
    provider_id: str
    provider_name: str | None
    upstream_model: str
    is_stream: bool
    was_opened: bool
    first_byte_us: int
    upstream_us: int
    overhead_us: int
    stages_us: dict[str, int] = Field(description="Microseconds by stage, in their order.")
    request_bytes: int
    response_bytes: int
    usage: CallUsage
    cost_usd: Usd | None
    price_source: str
    charges: list[CallCharge]
    attempts: list[CallAttempt]
    client_address: str
    client_agent: str
    trace_id: str
    rule: str = Field(
        description="The rule of its rights that refused it or, after `watched: `, that would have; empty: none."
    )


class PriceLine(Output):
    """One part of a call's cost: so many of a unit, at this price each; both amounts are exact."""

    unit: str
    count: int
    each_usd: ExactUsd
    sum_usd: ExactUsd


class CallDetail(CallOutput):
    """One call with what its cost is made of.

    `price_lines` null: its price was never known, or has changed since. `unpriced_units` are those that were used and
    have no price, so that the cost is unknown; `service_tier` stands for the tier in `usage`.
    """

    price_lines: list[PriceLine] | None
    unpriced_units: list[str]


def show_usage(answer: UsageAnswer, by: tuple[Dimension, ...], names: Names) -> UsageOutput:
    """Write sums for the API."""
    return UsageOutput(
        items=[_show_row(row, by, names) for row in answer.rows], resolution=answer.resolution, is_cut=answer.is_cut
    )


def show_call(call: CloseRecord, names: Names) -> CallOutput:
    """Write a call for the API."""
    return CallOutput(
        request_id=call.request_id,
        started_at=format_instant(call.started_ns),
        duration_us=call.duration_us,
        method=call.method,
        route=call.route,
        operation=call.operation,
        status=call.status,
        outcome=call.outcome,
        code=call.code,
        token_id=call.token_id,
        token_name=names.get(("token", call.token_id)),
        application_id=call.application_id,
        application_name=names.get(("application", call.application_id)),
        team_id=call.team_id,
        team_name=names.get(("team", call.team_id)),
        environment=call.environment,
        service_id=call.service_id,
        service_name=names.get(("service", call.service_id)),
        model=call.model,
        provider_id=call.provider_id,
        provider_name=names.get(("provider", call.provider_id)),
        upstream_model=call.upstream_model,
        is_stream=call.is_stream,
        was_opened=call.was_opened,
        first_byte_us=call.first_byte_us,
        upstream_us=call.upstream_us,
        overhead_us=call.overhead_us,
        stages_us=dict(zip(STAGES, call.stages_us, strict=False)),
        request_bytes=call.request_bytes,
        response_bytes=call.response_bytes,
        usage=_show_consumed(call.usage),
        cost_usd=format_usd_or_none(call.cost_nanos),
        price_source=call.price_source,
        charges=[
            CallCharge(
                owner_id=charge.owner_id,
                budget_id=charge.budget_id,
                period_start=format_instant(charge.period_start_ns),
                amount_usd=format_usd(charge.nanos),
            )
            for charge in call.charges
        ],
        attempts=[_show_attempt(attempt, names) for attempt in call.attempts],
        client_address=call.client_address,
        client_agent=call.client_agent,
        trace_id=call.trace_id,
        rule=call.rule,
    )


def show_detail(call: CloseRecord, names: Names, itemised: Itemised) -> CallDetail:
    """Write a call with its lines for the API."""
    shown = [
        PriceLine(unit=unit, count=count, each_usd=format_attos(each), sum_usd=format_attos(total))
        for unit, count, each, total in itemised.lines or ()
    ]
    return CallDetail(
        **dict(show_call(call, names)),
        price_lines=None if itemised.lines is None else shown,
        unpriced_units=list(itemised.unpriced),
    )


def ids_of_calls(calls: "list[CloseRecord] | tuple[CloseRecord, ...]") -> set[tuple[str, str]]:
    """Return the (dimension, id) pairs whose names the calls show."""
    found: set[tuple[str, str]] = set()
    for call in calls:
        found |= {
            ("token", call.token_id),
            ("application", call.application_id),
            ("team", call.team_id),
            ("service", call.service_id),
            ("provider", call.provider_id),
            *(("provider", attempt.provider_id) for attempt in call.attempts),
        }
    return {pair for pair in found if pair[1]}


def ids_of_rows(rows: tuple[UsageRow, ...], by: tuple[Dimension, ...]) -> set[tuple[str, str]]:
    """Return the (dimension, id) pairs whose names the sums show."""
    return {(dimension, key) for row in rows for dimension, key in zip(by, row.keys, strict=True) if key}


def _show_row(row: UsageRow, by: tuple[Dimension, ...], names: Names) -> UsageItem:
    keys = dict(zip(by, row.keys, strict=True))
    return UsageItem(
        keys=keys,
        labels={dimension: names.get((dimension, key), key) for dimension, key in keys.items()},
        start=None if row.start_seconds is None else format_instant(row.start_seconds * NANOS_PER_SECOND),
        calls=row.calls,
        refused=row.refused,
        client_errors=row.client_errors,
        server_errors=row.server_errors,
        limited=row.limited,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cached_input_tokens=row.cached_input_tokens,
        cost_usd=format_usd(row.cost_nanos),
        unpriced_calls=row.unpriced_calls,
        estimated_calls=row.estimated_calls,
        duration_p50_ms=row.duration_p50_us / 1000,
        duration_p95_ms=row.duration_p95_us / 1000,
        duration_p99_ms=row.duration_p99_us / 1000,
        first_byte_p50_ms=row.first_byte_p50_us / 1000,
        first_byte_p95_ms=row.first_byte_p95_us / 1000,
        overhead_p50_ms=row.overhead_p50_us / 1000,
        overhead_p95_ms=row.overhead_p95_us / 1000,
    )


def _show_consumed(usage: Usage) -> CallUsage:
    return CallUsage(**structs.asdict(usage))


def _show_attempt(attempt: Attempt, names: Names) -> CallAttempt:
    return CallAttempt(
        provider_id=attempt.provider_id,
        provider_name=names.get(("provider", attempt.provider_id)),
        upstream_model=attempt.upstream_model,
        key_id=attempt.key_id,
        started_us=attempt.started_us,
        duration_us=attempt.duration_us,
        status=attempt.status,
        code=attempt.code,
        upstream_request_id=attempt.upstream_request_id,
    )
