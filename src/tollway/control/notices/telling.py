"""Queues what happened for every webhook that wants it (port: Notices).

Law: the queue is bounded by webhook. An event that finds it full is not queued and is counted on the webhook, where
people see it; nothing that happens in Tollway ever waits for a receiver, or fails because of one.
"""

from tollway.control.notices.events import Event, encode_body
from tollway.control.notices.model import Delivery, Webhook
from tollway.control.notices.ports import DeliveryStore, Notices, WebhookStore
from tollway.control.ports import Transactions
from tollway.kernel.clock import Clock
from tollway.kernel.ids import DELIVERY, EVENT, new_id

PENDING_MAX = 10_000
"""Deliveries that wait for one webhook. At a kilobyte each, a receiver that is gone for a day costs 10 MB."""


class Notifier:
    """Implements Notices. Thread-safe."""

    def __init__(
        self, webhooks: WebhookStore, deliveries: DeliveryStore, transactions: Transactions, clock: Clock
    ) -> None:
        self._webhooks = webhooks
        self._deliveries = deliveries
        self._transactions = transactions
        self._clock = clock

    def tell(self, event: Event) -> None:
        """Queue the event; see Notices."""
        with self._transactions.write():
            wanting = [webhook for webhook in self._webhooks.all() if webhook.wants(event.kind)]
            if not wanting:
                return
            body = encode_body(new_id(EVENT), event)
            for webhook in wanting:
                if self._deliveries.is_full(webhook.id, PENDING_MAX):
                    self._webhooks.count_dropped(webhook.id)
                else:
                    self._deliveries.add(build_delivery(webhook, event, body, now_ns=self._clock.now_ns()))


def build_delivery(webhook: Webhook, event: Event, body: bytes, *, now_ns: int) -> Delivery:
    """Return a delivery that is due now."""
    return Delivery(
        id=new_id(DELIVERY),
        webhook_id=webhook.id,
        kind=event.kind.value,
        body=body,
        state="pending",
        created_ns=now_ns,
        retry_from_ns=now_ns,
        due_ns=now_ns,
    )


_: type[Notices] = Notifier
