"""Webhooks over HTTP. A signing secret is in the answer that makes or replaces it and in no other."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from msgspec import UNSET
from pydantic import Field

from tollway.control.notices.events import KINDS, Kind
from tollway.control.notices.model import (
    Attempt,
    Delivery,
    DeliveryFilter,
    DeliveryState,
    NewWebhook,
    Webhook,
    WebhookChange,
    WebhookState,
)
from tollway.control.notices.service import OVERLAP_SECONDS, OVERLAP_SECONDS_MAX
from tollway.policy.token import mask_all
from tollway.web.asking import Asking, FreshNotices, ReadNotices, WriteNotices
from tollway.web.etags import ExpectedVersion
from tollway.web.fields import Input, Instant, Name, Output, absent, format_instant, format_instant_or_none
from tollway.web.paging import Page, PageQuery
from tollway.web.upstreams import AllowPrivate, Url, read_networks, show_networks

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

WebhookId = Annotated[str, Path(pattern=r"^hook_[0-9A-Za-z]{1,32}$")]
DeliveryId = Annotated[str, Path(pattern=r"^msg_[0-9A-Za-z]{1,32}$")]
Events = Annotated[list[Annotated[Kind, Field(strict=False)]], Field(max_length=len(KINDS))]


class WebhookInput(Input):
    """A webhook to make. `events` null: all of them, also those of later versions."""

    name: Name
    url: Url
    events: Events | None = None
    allow_private: AllowPrivate = False


class WebhookPatch(Input):
    """Fields to change; those left out stay as they are."""

    name: Name = absent()
    url: Url = absent()
    events: Events | None = absent()
    allow_private: AllowPrivate = absent()


class SecretInput(Input):
    """How long the secret before signs beside the new one; 0: it ends now."""

    overlap_seconds: Annotated[int, Field(ge=0, le=OVERLAP_SECONDS_MAX)] = OVERLAP_SECONDS


class WebhookOutput(Output):
    """A webhook without its secret. `pending` deliveries wait; `dropped` events found the queue full.

    `delivered_at` and `failed_at` are of its latest good and bad attempt.
    """

    id: str
    name: str
    url: str
    events: list[Kind] | None
    allow_private: bool | list[str]
    state: WebhookState
    disabled_reason: str | None
    previous_secret_until: Instant | None
    pending: int
    dropped: int
    delivered_at: Instant | None
    failed_at: Instant | None
    created_at: Instant
    created_by: str


class WebhookSecretOutput(WebhookOutput):
    """A webhook and the only sight of its signing secret."""

    secret: str


class WebhookList(Output):
    """Every webhook, newest first."""

    items: list[WebhookOutput]


class EventOutput(Output):
    """A kind of event, what it tells, and the names of the fields of its `data`."""

    name: Kind
    version: int
    meaning: str
    fields: list[str]


class EventList(Output):
    """Every kind of event that a webhook may ask for."""

    items: list[EventOutput]


class DeliveryQuery(PageQuery):
    """Which deliveries to list."""

    state: DeliveryState | None = None
    event: Kind | None = None


class AttemptOutput(Output):
    """One try. `status` null: no answer came. `code` is the error's, null on success."""

    at: Instant
    status: int | None
    milliseconds: int
    detail: str
    code: str | None


class DeliveryOutput(Output):
    """One event for one webhook. `due_at`: when it is tried next. `last_attempt` null: it was not tried yet."""

    id: str
    event: str
    state: DeliveryState
    created_at: Instant
    due_at: Instant | None
    attempts_total: int
    last_attempt: AttemptOutput | None


class DeliveryDetailOutput(DeliveryOutput):
    """A delivery with the body that is sent and its latest attempts, at most 20, oldest first."""

    body: str
    attempts: list[AttemptOutput]


@router.get("")
def list_webhooks(ask: ReadNotices) -> WebhookList:
    """List all webhooks, newest first."""
    found = ask.services.notices.webhooks.all()
    pending = ask.services.notices.deliveries.count_pending([webhook.id for webhook in found])
    return WebhookList(items=[show_webhook(webhook, pending.get(webhook.id, 0)) for webhook in found])


@router.post("", status_code=201)
def create_webhook(body: WebhookInput, ask: FreshNotices) -> WebhookSecretOutput:
    """Make a webhook. The answer shows its signing secret once; repeating the request under its key does not."""
    ask.show_once()
    kinds = None if body.events is None else tuple(body.events)
    new = NewWebhook(body.name, body.url, kinds, read_networks(body.allow_private))
    shown = ask.services.notices.webhooks.create(new, ask.actor)
    return WebhookSecretOutput(**dict(iter(_answer(shown.webhook, ask))), secret=shown.secret.reveal())


@router.get("/events")
def list_events(ask: ReadNotices) -> EventList:
    """List the kinds of event that a webhook may ask for."""
    chosen = [(kind, one) for kind, one in KINDS.items() if one.can_be_chosen]
    return EventList(
        items=[
            EventOutput(name=kind, version=one.version, meaning=one.meaning, fields=list(one.data.__struct_fields__))
            for kind, one in chosen
        ]
    )


@router.get("/{webhook_id}")
def get_webhook(webhook_id: WebhookId, ask: ReadNotices) -> WebhookOutput:
    """Show a webhook."""
    return _answer(ask.services.notices.webhooks.get(webhook_id), ask)


@router.patch("/{webhook_id}")
def change_webhook(
    webhook_id: WebhookId, body: WebhookPatch, expected: ExpectedVersion, ask: FreshNotices
) -> WebhookOutput:
    """Change a webhook. What waits goes to the new address."""
    given = body.model_fields_set
    change = WebhookChange(
        name=body.name,
        url=body.url,
        kinds=UNSET if "events" not in given else None if body.events is None else tuple(body.events),
        allow_private=read_networks(body.allow_private) if "allow_private" in given else UNSET,
    )
    return _change(webhook_id, change, expected, ask)


@router.post("/{webhook_id}/enable")
def enable_webhook(webhook_id: WebhookId, expected: ExpectedVersion, ask: FreshNotices) -> WebhookOutput:
    """Send events to it again, and what still waits."""
    return _change(webhook_id, WebhookChange(state="enabled"), expected, ask)


@router.post("/{webhook_id}/disable")
def disable_webhook(webhook_id: WebhookId, expected: ExpectedVersion, ask: FreshNotices) -> WebhookOutput:
    """Send nothing to it. Events from now on are not kept for it; what waits goes on waiting."""
    return _change(webhook_id, WebhookChange(state="disabled"), expected, ask)


@router.delete("/{webhook_id}", status_code=204)
def delete_webhook(webhook_id: WebhookId, expected: ExpectedVersion, ask: FreshNotices) -> None:
    """Delete a webhook with what waits for it and its log."""
    ask.services.notices.webhooks.delete(webhook_id, ask.actor, expected_version=expected)


@router.post("/{webhook_id}/secret")
def replace_webhook_secret(
    webhook_id: WebhookId, expected: ExpectedVersion, ask: FreshNotices, body: SecretInput | None = None
) -> WebhookSecretOutput:
    """Make a new signing secret and show it once. Both sign for a while, so that the receiver can change over."""
    ask.show_once()
    overlap = body.overlap_seconds if body else OVERLAP_SECONDS
    webhooks = ask.services.notices.webhooks
    shown = webhooks.replace_secret(webhook_id, ask.actor, overlap_seconds=overlap, expected_version=expected)
    return WebhookSecretOutput(**dict(iter(_answer(shown.webhook, ask))), secret=shown.secret.reveal())


@router.post("/{webhook_id}/test")
def test_webhook(webhook_id: WebhookId, ask: WriteNotices) -> DeliveryDetailOutput:
    """Send a `webhook.test` now, once, and say what came of it; also to a disabled webhook."""
    return _show_detail(ask.services.notices.deliveries.test(webhook_id, ask.actor))


@router.get("/{webhook_id}/deliveries")
def list_deliveries(
    webhook_id: WebhookId, query: Annotated[DeliveryQuery, Query()], ask: ReadNotices
) -> Page[DeliveryOutput]:
    """List what was sent and what waits, newest first, of the last 30 days."""
    wanted = DeliveryFilter(query.state, query.event)
    deliveries = ask.services.notices.deliveries
    return ask.page(
        query, lambda after, limit: deliveries.page(webhook_id, wanted, after=after, limit=limit), show_delivery
    )


@router.get("/{webhook_id}/deliveries/{delivery_id}")
def get_delivery(webhook_id: WebhookId, delivery_id: DeliveryId, ask: ReadNotices) -> DeliveryDetailOutput:
    """Show a delivery with its body and its attempts."""
    return _show_detail(ask.services.notices.deliveries.get(webhook_id, delivery_id))


@router.post("/{webhook_id}/deliveries/{delivery_id}/resend")
def resend_delivery(webhook_id: WebhookId, delivery_id: DeliveryId, ask: WriteNotices) -> DeliveryOutput:
    """Send it again under its id, within a second, with a new day of retries."""
    return show_delivery(ask.services.notices.deliveries.resend(webhook_id, delivery_id, ask.actor))


def show_webhook(webhook: Webhook, pending: int) -> WebhookOutput:
    """Write a webhook for the API."""
    return WebhookOutput(
        id=webhook.id,
        name=webhook.name,
        url=webhook.url,
        events=None if webhook.kinds is None else list(webhook.kinds),
        allow_private=show_networks(webhook.allow_private),
        state=webhook.state,
        disabled_reason=webhook.disabled_reason,
        previous_secret_until=format_instant_or_none(webhook.previous_until_ns),
        pending=pending,
        dropped=webhook.dropped,
        delivered_at=format_instant_or_none(webhook.delivered_ns),
        failed_at=format_instant_or_none(webhook.failed_ns),
        created_at=format_instant(webhook.created_ns),
        created_by=webhook.created_by,
    )


def show_delivery(delivery: Delivery) -> DeliveryOutput:
    """Write a delivery for a list."""
    return DeliveryOutput(
        id=delivery.id,
        event=delivery.kind,
        state=delivery.state,
        created_at=format_instant(delivery.created_ns),
        due_at=format_instant_or_none(delivery.due_ns),
        attempts_total=delivery.attempts_total,
        last_attempt=_show_attempt(delivery.attempts[-1]) if delivery.attempts else None,
    )


def _show_detail(delivery: Delivery) -> DeliveryDetailOutput:
    attempts = [_show_attempt(attempt) for attempt in delivery.attempts]
    return DeliveryDetailOutput(
        **dict(iter(show_delivery(delivery))), body=mask_all(delivery.body.decode()), attempts=attempts
    )


def _show_attempt(attempt: Attempt) -> AttemptOutput:
    return AttemptOutput(
        at=format_instant(attempt.at_ns),
        status=attempt.status,
        milliseconds=attempt.milliseconds,
        detail=attempt.detail,
        code=attempt.code,
    )


def _change(webhook_id: str, change: WebhookChange, expected: int | None, ask: Asking) -> WebhookOutput:
    return _answer(ask.services.notices.webhooks.change(webhook_id, change, ask.actor, expected_version=expected), ask)


def _answer(webhook: Webhook, ask: Asking) -> WebhookOutput:
    ask.tag(webhook.version)
    return show_webhook(webhook, ask.services.notices.deliveries.count_pending([webhook.id]).get(webhook.id, 0))
