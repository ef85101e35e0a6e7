"""The gateway as a whole over HTTP: facts, checklist, home-page figures, and what needs a person now."""

from collections.abc import Mapping
from typing import Literal

from fastapi import APIRouter

from tollway.contract.policy import UnboundedOutput
from tollway.control.access.model import Permission
from tollway.control.gateway.model import AttentionKind, Severity, StepId
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.money import NANOS_PER_USD
from tollway.web.asking import Asking, ReadGateway, ReadOverview
from tollway.web.fields import Instant, Output, format_instant, format_instant_or_none

router = APIRouter(tags=["gateway"])


class LedgerOutput(Output):
    """How far the ledger is behind the journals. `problem` "" means none."""

    lag_bytes: int | None
    problem: str


class GatewayOutput(Output):
    """What this gateway is."""

    gateway_url: str
    console_url: str
    version: str
    sandbox: bool
    workers: int
    started_at: Instant
    unbounded_output: UnboundedOutput
    database: Literal["sqlite", "postgresql"]
    sqlite_version: str
    ledger: LedgerOutput
    providers_configured: int


class StepOutput(Output):
    """One step of getting started."""

    id: StepId
    done: bool
    title: str
    detail: str


class ChecklistOutput(Output):
    """Getting started, in order."""

    steps: list[StepOutput]
    is_done: bool


class SummaryOutput(Output):
    """The figures of a home page, flat, with plain numbers. Days and months are UTC; latencies are of the last hour."""

    status: Literal["ok", "degraded"]
    version: str
    uptime_s: int
    requests_today: int
    requests_per_s: float
    errors_today: int
    error_percent: float
    spend_today: float
    spend_month: float
    tokens_in_today: int
    tokens_out_today: int
    p50_ms: float
    p95_ms: float
    overhead_p95_ms: float
    active_tokens: int
    top_model: str | None
    last_request_at: Instant | None


class AttentionItem(Output):
    """One thing a person should look at."""

    kind: AttentionKind
    severity: Severity
    title: str
    detail: str
    href: str
    subject_id: str


class AttentionOutput(Output):
    """What needs a person now, most severe first."""

    items: list[AttentionItem]


class RestingKeyOutput(Output):
    """A provider's key that failed: others are tried before it until then."""

    key_id: str
    until: Instant


class UpstreamNowItem(Output):
    """A provider or a service. `in_flight`: calls that have not ended, counted at the first they were sent to."""

    provider_id: str | None
    service_id: str | None
    in_flight: int
    resting_keys: list[RestingKeyOutput]


class UpstreamsNowOutput(Output):
    """Upstreams with calls in flight or resting keys, most calls first; two seconds old at most."""

    items: list[UpstreamNowItem]


@router.get("/gateway")
def get_gateway(ask: ReadGateway) -> GatewayOutput:
    """Show what this gateway is and where it answers."""
    gateway = ask.services.gateway
    facts, health = gateway.facts, gateway.find_ledger_health()
    return GatewayOutput(
        gateway_url=facts.gateway_url,
        console_url=facts.console_url,
        version=facts.version,
        sandbox=facts.sandbox,
        workers=facts.workers,
        started_at=format_instant(facts.started_ns),
        unbounded_output=facts.unbounded_output,
        database=facts.database,
        sqlite_version=facts.sqlite_version,
        ledger=LedgerOutput(
            lag_bytes=health.lag_bytes if health else None,
            problem=health.problem if health else "The ledger does not answer.",
        ),
        providers_configured=gateway.count_providers(),
    )


@router.get("/checklist")
def get_checklist(ask: ReadGateway) -> ChecklistOutput:
    """Show the steps of getting started and which are done."""
    steps = ask.services.gateway.checklist()
    return ChecklistOutput(
        steps=[StepOutput(id=step.id, done=step.is_done, title=step.title, detail=step.detail) for step in steps],
        is_done=all(step.is_done for step in steps),
    )


@router.get("/summary")
def get_summary(ask: ReadOverview) -> SummaryOutput:
    """Show the figures of a home page as one flat object, made for widgets."""
    gateway = ask.services.gateway
    summary = gateway.summarise()
    return SummaryOutput(
        status=summary.status,
        version=gateway.facts.version,
        uptime_s=summary.uptime_seconds,
        requests_today=summary.requests_today,
        requests_per_s=round(summary.requests_per_second, 3),
        errors_today=summary.errors_today,
        error_percent=round(100 * summary.errors_today / summary.requests_today, 3) if summary.requests_today else 0.0,
        spend_today=summary.spend_today_nanos / NANOS_PER_USD,
        spend_month=summary.spend_month_nanos / NANOS_PER_USD,
        tokens_in_today=summary.tokens_in_today,
        tokens_out_today=summary.tokens_out_today,
        p50_ms=summary.p50_us / 1000,
        p95_ms=summary.p95_us / 1000,
        overhead_p95_ms=summary.overhead_p95_us / 1000,
        active_tokens=summary.active_tokens,
        top_model=summary.top_model,
        last_request_at=format_instant_or_none(summary.last_request_ns),
    )


@router.get("/attention")
def get_attention(ask: ReadOverview) -> AttentionOutput:
    """Show what needs a person now: open security events are counted as far as the caller may see them."""
    items = ask.services.gateway.attention(_open_events(ask), ask.services.rotations.failing.find())
    return AttentionOutput(
        items=[
            AttentionItem(
                kind=item.kind,
                severity=item.severity,
                title=item.title,
                detail=item.detail,
                href=item.href,
                subject_id=item.subject_id,
            )
            for item in items
        ]
    )


@router.get("/upstreams")
def list_upstreams(ask: ReadOverview) -> UpstreamsNowOutput:
    """Show what each upstream is doing now: calls in flight, and keys that rest since they failed."""
    return UpstreamsNowOutput(
        items=[
            UpstreamNowItem(
                provider_id=one.provider_id or None,
                service_id=one.service_id or None,
                in_flight=one.in_flight,
                resting_keys=[
                    RestingKeyOutput(key_id=key.key_id, until=format_instant(key.until_seconds * NANOS_PER_SECOND))
                    for key in one.resting
                ],
            )
            for one in ask.services.gateway.upstreams_now()
        ]
    )


def _open_events(ask: Asking) -> Mapping[str, int]:
    if Permission.SECURITY_READ not in ask.caller.rights:
        return {}
    return ask.services.security.events.count_open(ask.caller.sight(Permission.SECURITY_READ))
