"""Deliveries: what is due is claimed, sent by whoever claimed it, and recorded; people read the log and send again.

Law: at least once, under one id. A delivery is sent only by who holds its claim, and a claim that nobody finishes runs
out, so that a deliverer that died is followed by another and two never send the same attempt.
"""

import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from tollway.control.actor import SETUP, Actor
from tollway.control.audit.model import Subject
from tollway.control.notices.errors import delivery_not_found, webhook_is_disabled, webhook_not_found
from tollway.control.notices.events import Event, Kind, WebhookTest, encode_body
from tollway.control.notices.model import (
    Attempt,
    Claim,
    Delivery,
    DeliveryFilter,
    Outcome,
    Outgoing,
    Webhook,
)
from tollway.control.notices.ports import DeliveryStore, WebhookSender, WebhookStore
from tollway.control.notices.retrying import find_next_due_ns
from tollway.control.notices.secrets import SigningSecrets
from tollway.control.notices.signing import build_headers
from tollway.control.notices.telling import build_delivery
from tollway.control.paging import PAGE_SIZE, Page, Position, bound_size
from tollway.control.ports import Trail, Transactions
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.errors import TollwayError
from tollway.kernel.ids import EVENT, new_id

CLAIM_SECONDS = 60
"""Three times what an attempt may take."""
ATTEMPTS_KEPT = 20
KEPT_SECONDS = 30 * 86_400
"""How long the log goes back."""
PURGED_AT_ONCE = 500
GONE = 410
"""A receiver's word that it will never want anything again (Standard Webhooks, "Response codes")."""
USER_AGENT = "Tollway-Webhooks/1"


@dataclass(frozen=True, slots=True)
class DeliveryParts:
    """What the service is built from. `fraction` returns random numbers in [0, 1)."""

    store: DeliveryStore
    webhooks: WebhookStore
    secrets: SigningSecrets
    sender: WebhookSender
    transactions: Transactions
    trail: Trail
    clock: Clock
    fraction: Callable[[], float] = random.random


class Deliveries:
    """The queue and the log. Thread-safe."""

    def __init__(self, parts: DeliveryParts) -> None:
        self._parts = parts
        self._store = parts.store
        self._transactions = parts.transactions

    def page(
        self, webhook_id: str, wanted: DeliveryFilter, *, after: Position | None = None, limit: int = PAGE_SIZE
    ) -> Page[Delivery]:
        """Return a page of a webhook's deliveries, newest first. Raises management.not_found."""
        self._webhook(webhook_id)
        return self._store.page(webhook_id, wanted, after=after, limit=bound_size(limit))

    def get(self, webhook_id: str, delivery_id: str) -> Delivery:
        """Return a delivery of that webhook. Raises management.not_found."""
        self._webhook(webhook_id)
        delivery = self._store.find(delivery_id)
        if delivery is None or delivery.webhook_id != webhook_id:
            raise delivery_not_found()
        return delivery

    def count_pending(self, webhook_ids: Collection[str]) -> Mapping[str, int]:
        """Return how many deliveries wait for each webhook; those without are left out."""
        return self._store.count_pending(webhook_ids)

    def resend(self, webhook_id: str, delivery_id: str, actor: Actor) -> Delivery:
        """Send it again, now, under its id and with a new day of retries; one that waits is sent at once.

        Raises management.not_found, management.conflict (the webhook is disabled).
        """
        with self._transactions.write():
            delivery, webhook = self.get(webhook_id, delivery_id), self._webhook(webhook_id)
            if webhook.state == "disabled":
                raise webhook_is_disabled()
            self._store.requeue(delivery.id, now_ns=self._parts.clock.now_ns())
            self._record(actor, "resend", webhook, {"delivery_id": delivery.id, "event": delivery.kind})
            return self.get(webhook_id, delivery_id)

    def test(self, webhook_id: str, actor: Actor) -> Delivery:
        """Send a `webhook.test` and wait for what comes of it, at most 20 s; it is tried once. Raises .not_found."""
        parts = self._parts
        with self._transactions.write():
            webhook, now_ns = self._webhook(webhook_id), parts.clock.now_ns()
            event = Event(WebhookTest(webhook.id, webhook.name, str(actor)), now_ns)
            delivery = build_delivery(webhook, event, encode_body(new_id(EVENT), event), now_ns=now_ns)
            claim = self._claimed(delivery, webhook, now_ns)
            self._store.add(delivery, claimed_until_ns=claim.until_ns)
            self._record(actor, "test", webhook, {"delivery_id": delivery.id})
        self.record(claim, parts.sender.send_and_wait(claim.message))
        return self.get(webhook_id, delivery.id)

    def claim(self, limit: int, *, without: Collection[str] = ()) -> tuple[Claim, ...]:
        """Claim what is due, at most `limit`; nothing for the webhooks in `without`. The caller sends and records.

        What cannot be signed (its webhook's secret does not open) is recorded as failed and left out.
        """
        now_ns = self._parts.clock.now_ns()
        # A look without the writer's lock: nearly always there is nothing.
        if limit < 1 or not self._store.has_due(now_ns):
            return ()
        until_ns = now_ns + CLAIM_SECONDS * NANOS_PER_SECOND
        claims = []
        with self._transactions.write():
            for delivery in self._store.claim(now_ns=now_ns, until_ns=until_ns, limit=limit, without=without):
                webhook = self._webhook(delivery.webhook_id)
                try:
                    claims.append(self._claimed(delivery, webhook, now_ns))
                except TollwayError as error:
                    unsent = Claim(delivery, Outgoing("", (), (), b""), until_ns)
                    self.record(unsent, Outcome(None, 0, "The signing secret cannot be opened.", error.code.name))
        return tuple(claims)

    async def send(self, claim: Claim) -> Outcome:
        """Send what was claimed and wait for what comes of it, at most 20 s. Never raises TollwayError."""
        return await self._parts.sender.send(claim.message)

    def record(self, claim: Claim, outcome: Outcome) -> None:
        """Store what came of an attempt: delivered, to be tried again, or failed for good.

        A receiver that answered 410 is switched off. Nothing is stored when the claim was lost meanwhile.
        """
        now_ns = self._parts.clock.now_ns()
        attempt = Attempt(now_ns, outcome.status, outcome.milliseconds, outcome.detail, outcome.code)
        with self._transactions.write():
            delivery = self._store.find(claim.delivery.id)
            if delivery is None:
                return
            after = self._after(delivery, attempt, outcome, now_ns)
            if not self._store.finish(after, claimed_until_ns=claim.until_ns):
                return
            if outcome.is_delivered:
                self._parts.webhooks.mark(delivery.webhook_id, delivered_ns=now_ns)
            else:
                self._parts.webhooks.mark(delivery.webhook_id, failed_ns=now_ns)
            if outcome.status == GONE:
                self._switch_off(delivery.webhook_id, now_ns)

    def release(self, claim: Claim) -> None:
        """Give a claim back without an attempt: another deliverer may take it at once."""
        with self._transactions.write():
            self._store.release(claim.delivery.id, claimed_until_ns=claim.until_ns)

    def purge(self) -> int:
        """Delete a batch of what is older than the log goes back; return how many."""
        before_ns = self._parts.clock.now_ns() - KEPT_SECONDS * NANOS_PER_SECOND
        with self._transactions.write():
            return self._store.purge(before_ns=before_ns, limit=PURGED_AT_ONCE)

    def _after(self, delivery: Delivery, attempt: Attempt, outcome: Outcome, now_ns: int) -> Delivery:
        attempts = (*delivery.attempts, attempt)[-ATTEMPTS_KEPT:]
        tried = replace(delivery, attempts=attempts, attempts_total=delivery.attempts_total + 1)
        if outcome.is_delivered:
            return replace(tried, state="delivered", due_ns=None)
        due_ns = None
        if delivery.kind != Kind.WEBHOOK_TEST and outcome.status != GONE:
            due_ns = find_next_due_ns(
                sum(one.at_ns >= delivery.retry_from_ns for one in attempts),
                now_ns=now_ns,
                retry_from_ns=delivery.retry_from_ns,
                fraction=self._parts.fraction(),
                retry_after_seconds=outcome.retry_after_seconds,
            )
        return replace(tried, state="failed" if due_ns is None else "pending", due_ns=due_ns)

    def _claimed(self, delivery: Delivery, webhook: Webhook, now_ns: int) -> Claim:
        secrets = self._parts.secrets.in_force(webhook, now_ns)
        signed = build_headers(delivery.id, now_ns // NANOS_PER_SECOND, delivery.body, secrets)
        headers = (("content-type", "application/json"), ("user-agent", USER_AGENT), *signed)
        message = Outgoing(webhook.url, webhook.allow_private, headers, delivery.body)
        return Claim(delivery, message, now_ns + CLAIM_SECONDS * NANOS_PER_SECOND)

    def _webhook(self, webhook_id: str) -> Webhook:
        webhook = self._parts.webhooks.find(webhook_id)
        if webhook is None:
            raise webhook_not_found()
        return webhook

    def _switch_off(self, webhook_id: str, now_ns: int) -> None:
        webhook = self._webhook(webhook_id)
        reason = "The receiver answered 410: it wants nothing any more."
        off = replace(
            webhook,
            state="disabled",
            disabled_reason=reason,
            updated_ns=now_ns,
            updated_by=str(SETUP),
            version=webhook.version + 1,
        )
        self._parts.webhooks.put(off)
        self._record(SETUP, "disable", webhook, {"state": "disabled", "reason": reason})

    def _record(self, actor: Actor, act: str, webhook: Webhook, facts: dict[str, object]) -> None:
        self._parts.trail.record(actor, f"webhook.{act}", Subject("webhook", webhook.id, webhook.name), None, facts)
