"""Alerts over HTTP: what fired of budgets, limits and providers."""

from typing import Annotated, get_args

from fastapi import APIRouter, Query
from pydantic import Field

from tollway.contract.limits import Measure
from tollway.control.alerts.model import Alert, AlertFilter, AlertKind, AlertState
from tollway.control.alerts.service import ALERTS_MAX, NOTE_CHARACTERS_MAX
from tollway.control.limits.owners import OwnerLevel
from tollway.control.paging import Page as Found
from tollway.control.paging import Position
from tollway.kernel.money import format_usd
from tollway.policy.budget import NEVER_NS
from tollway.web.asking import Asking, ReadLimits, WriteLimits
from tollway.web.fields import Input, Instant, Output, Text, format_instant, format_instant_or_none
from tollway.web.paging import Page, PageQuery

router = APIRouter(prefix="/alerts", tags=["limits"])

AlertId = Annotated[str, Field(pattern=r"^alrt_[0-9A-Za-z]{1,32}$")]


class AlertQuery(PageQuery):
    """Which alerts to list."""

    state: AlertState | None = None
    kind: AlertKind | None = None
    level: OwnerLevel | None = None
    owner: Annotated[str, Field(max_length=200)] | None = None


class AlertOutput(Output):
    """One alert, with what was used when it fired. Amounts are in USD for `cost`, else in the unit of `measure`.

    `measure` null: keys of a provider began to fail. `until`: what it tells of holds no longer; null: it never ends.
    """

    id: str
    kind: AlertKind
    state: AlertState
    level: OwnerLevel
    owner_id: str
    owner_name: str
    limit_name: str | None
    measure: Measure | None
    alert_percent: int
    percent: int
    used: str | None
    allowed: str | None
    soft: bool
    fired_at: Instant
    until: Instant | None
    used_up_at: Instant | None
    acknowledged_at: Instant | None
    acknowledged_by: str | None
    note: str


class AlertSummaryOutput(Output):
    """How many alerts are open."""

    open: int


class AlertsInput(Input):
    """Alerts by their ids."""

    ids: Annotated[list[AlertId], Field(min_length=1, max_length=ALERTS_MAX)]


class AcknowledgementInput(AlertsInput):
    """Which were looked at, and what there is to say about it."""

    note: Annotated[Text, Field(max_length=NOTE_CHARACTERS_MAX)] = ""


class AlertsOutput(Output):
    """In the order they were named."""

    items: list[AlertOutput]


@router.get("")
def list_alerts(query: Annotated[AlertQuery, Query()], ask: ReadLimits) -> Page[AlertOutput]:
    """List alerts, newest first. They are kept for 90 days."""
    wanted = AlertFilter(query.state, query.kind, query.level, query.owner)
    alerts = ask.services.notices.alerts

    def fetch(after: Position | None, limit: int) -> Found[Alert]:
        return alerts.page(wanted, sight=ask.sight, after=after, limit=limit)

    now_ns = ask.services.clock.now_ns()
    return ask.page(query, fetch, lambda alert: show_alert(alert, now_ns))


@router.get("/summary")
def get_alert_summary(ask: ReadLimits) -> AlertSummaryOutput:
    """Count the open alerts."""
    return AlertSummaryOutput(open=ask.services.notices.alerts.count_open(ask.sight))


@router.post("/acknowledge")
def acknowledge_alerts(body: AcknowledgementInput, ask: WriteLimits) -> AlertsOutput:
    """Say that these were looked at: all of them or none."""
    return _shown(ask.services.notices.alerts.acknowledge(body.ids, ask.actor, note=body.note), ask)


@router.post("/reopen")
def reopen_alerts(body: AlertsInput, ask: WriteLimits) -> AlertsOutput:
    """Take back that these were looked at."""
    return _shown(ask.services.notices.alerts.reopen(body.ids, ask.actor), ask)


def show_alert(alert: Alert, now_ns: int) -> AlertOutput:
    """Write an alert."""
    measures: tuple[Measure, ...] = get_args(Measure)
    return AlertOutput(
        id=alert.id,
        kind=alert.kind,
        state=alert.state_at(now_ns),
        level=_level(alert),
        owner_id=alert.owner_id,
        owner_name=alert.owner_name,
        limit_name=alert.limit_name or None,
        measure=next((measure for measure in measures if measure == alert.measure), None),
        alert_percent=alert.alert_percent,
        percent=alert.percent,
        used=_amount(alert, alert.used),
        allowed=_amount(alert, alert.allowed),
        soft=alert.is_soft,
        fired_at=format_instant(alert.created_ns),
        until=None if alert.until_ns >= NEVER_NS else format_instant(alert.until_ns),
        used_up_at=format_instant_or_none(alert.used_up_ns),
        acknowledged_at=format_instant_or_none(alert.acknowledged_ns),
        acknowledged_by=alert.acknowledged_by or None,
        note=alert.note,
    )


def _shown(alerts: tuple[Alert, ...], ask: Asking) -> AlertsOutput:
    now_ns = ask.services.clock.now_ns()
    return AlertsOutput(items=[show_alert(alert, now_ns) for alert in alerts])


def _level(alert: Alert) -> OwnerLevel:
    levels: tuple[OwnerLevel, ...] = get_args(OwnerLevel)
    return next(level for level in levels if level == alert.owner_level)


def _amount(alert: Alert, amount: int) -> str | None:
    if not alert.measure:
        return None
    return format_usd(amount) if alert.measure == "cost" else str(amount)
