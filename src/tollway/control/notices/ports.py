"""What notices need from outside, and the one port through which every domain tells what happened."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from tollway.contract.resting import RestingKey
from tollway.control.gateway.ports import UsedBudget
from tollway.control.model import Page, Position
from tollway.control.notices.events import Event
from tollway.control.notices.model import (
    Delivery,
    DeliveryFilter,
    Letter,
    MailServer,
    Outcome,
    Outgoing,
    Posted,
    WaitingLetter,
    Webhook,
)


class WebhookStore(Protocol):
    """Webhooks in the config database. Every method raises management.unavailable."""

    def add(self, webhook: Webhook) -> None:
        """Store a new webhook. Only inside a transaction, like `put`, `remove`, `mark` and `count_dropped`."""
        ...

    def put(self, webhook: Webhook) -> None:
        """Store a changed webhook; not what follows from deliveries."""
        ...

    def remove(self, webhook_id: str) -> None:
        """Delete the webhook and its deliveries."""
        ...

    def find(self, webhook_id: str) -> Webhook | None:
        """Return the webhook."""
        ...

    def find_named(self, name: str) -> Webhook | None:
        """Return the webhook of that name (case ignored)."""
        ...

    def all(self) -> tuple[Webhook, ...]:
        """Return every webhook, newest first."""
        ...

    def mark(self, webhook_id: str, *, delivered_ns: int | None = None, failed_ns: int | None = None) -> None:
        """Note when an attempt went well or badly; None leaves that one as it is."""
        ...

    def count_dropped(self, webhook_id: str) -> None:
        """Count an event that found the queue full."""
        ...


class DeliveryStore(Protocol):
    """Deliveries in the config database: the queue and the log. Every method raises management.unavailable."""

    def add(self, delivery: Delivery, *, claimed_until_ns: int = 0) -> None:
        """Store a new delivery. Only inside a transaction, like every method that changes something."""
        ...

    def find(self, delivery_id: str) -> Delivery | None:
        """Return the delivery."""
        ...

    def page(self, webhook_id: str, wanted: DeliveryFilter, *, after: Position | None, limit: int) -> Page[Delivery]:
        """Return deliveries of a webhook, newest first."""
        ...

    def is_full(self, webhook_id: str, pending_max: int) -> bool:
        """Whether that many deliveries wait for this webhook."""
        ...

    def count_pending(self, webhook_ids: Collection[str]) -> Mapping[str, int]:
        """Return how many deliveries wait for each webhook; those without are left out."""
        ...

    def has_due(self, now_ns: int) -> bool:
        """Whether any unclaimed delivery to an enabled webhook is due."""
        ...

    def claim(self, *, now_ns: int, until_ns: int, limit: int, without: Collection[str]) -> Sequence[Delivery]:
        """Claim due deliveries to enabled webhooks, longest due first; none for the webhooks in `without`."""
        ...

    def finish(self, delivery: Delivery, *, claimed_until_ns: int) -> bool:
        """Store what an attempt changed and give the claim back; False when the claim was lost meanwhile."""
        ...

    def release(self, delivery_id: str, *, claimed_until_ns: int) -> None:
        """Give a claim back without an attempt."""
        ...

    def requeue(self, delivery_id: str, *, now_ns: int) -> None:
        """Make the delivery due now, with a new day of retries."""
        ...

    def purge(self, *, before_ns: int, limit: int) -> int:
        """Delete the oldest deliveries made before an instant, at most `limit`; return how many."""
        ...


class ToldStore(Protocol):
    """What was told about a lasting state, so that it is told once. Every method raises management.unavailable."""

    def find_until(self, subject: str) -> int | None:
        """Return until when the subject counts as told."""
        ...

    def put(self, subject: str, until_ns: int) -> None:
        """Count the subject as told until then. Only inside a transaction, like `forget`."""
        ...

    def current(self, prefix: str, *, now_ns: int, limit: int) -> tuple[str, ...]:
        """Return the subjects beginning so that count as told at that instant, in their order."""
        ...

    def forget(self, *, before_ns: int) -> None:
        """Delete what counted until before that instant."""
        ...


class MailStore(Protocol):
    """How mail is sent: one row. Every method raises management.unavailable."""

    def find(self) -> MailServer | None:
        """Return it."""
        ...

    def put(self, server: MailServer) -> None:
        """Store it. Only inside a transaction, like `remove`."""
        ...

    def remove(self) -> None:
        """Delete it."""
        ...


class LetterStore(Protocol):
    """Letters that wait, in the config database. Every method raises management.unavailable."""

    def add(self, waiting: WaitingLetter, *, most: int) -> int:
        """Store a letter that is due now; of more than `most` the oldest are deleted. Return how many were.

        Only inside a transaction, like every method that changes something.
        """
        ...

    def has_due(self, now_ns: int) -> bool:
        """Whether an unclaimed letter is due. Cheap; takes no lock."""
        ...

    def count(self) -> int:
        """Return how many letters wait."""
        ...

    def claim(self, *, now_ns: int, until_ns: int) -> WaitingLetter | None:
        """Claim the letter that is due longest until an instant; None when none is."""
        ...

    def remove(self, letter_id: str) -> None:
        """Delete the letter."""
        ...

    def put_off(self, letter_id: str, *, due_ns: int, attempts: int) -> None:
        """Make the letter due at an instant, and give the claim back."""
        ...


class Letterbox(Protocol):
    """Takes letters for people, which go out by themselves."""

    def post(self, letter: Letter) -> None:
        """Have a letter sent, in the transaction of the caller or in its own; see control.notices.outbox."""
        ...


class WebhookSender(Protocol):
    """Sends one request under the connect policy of upstreams; redirects are not followed, answers not kept."""

    def check(self, url: str, allow_private: tuple[str, ...]) -> None:
        """Raise ValueError with a text for the operator unless that can be sent to."""
        ...

    async def send(self, message: Outgoing) -> Outcome:
        """Send it and wait for the head of the answer, at most 20 s. Failures are in the outcome."""
        ...

    def send_and_wait(self, message: Outgoing) -> Outcome:
        """Do the same from a thread without an event loop."""
        ...


class MailSender(Protocol):
    """Hands letters to a mail server."""

    def send(self, server: MailServer, password: str, letter: Letter) -> Posted:
        """Hand one letter in. Blocks for at most 30 s; failures are in the result, without the password."""
        ...


class Sealer(Protocol):
    """Seals recoverable secrets."""

    def seal(self, clear: bytes, aad: bytes) -> bytes:
        """Return the sealed bytes, which only open with the same `aad`."""
        ...

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """Return the clear bytes. Raises upstream.no_credential when they were not sealed with this key and `aad`."""
        ...


class Budgets(Protocol):
    """Finds budgets that will soon refuse calls."""

    def near_end(self, percent: int, limit: int) -> Sequence[UsedBudget]:
        """Return active budgets of which at least `percent` is used, fullest first. Does not raise."""
        ...


class Resting(Protocol):
    """Provider keys that rest since they failed."""

    def read(self, now_ns: int) -> Sequence[RestingKey]:
        """Return those that rest at this instant. Never raises."""
        ...


class ProviderNames(Protocol):
    """Names of providers."""

    def names(self, provider_ids: Collection[str]) -> Mapping[str, str]:
        """Return the names of those ids that exist or existed."""
        ...


class Notices(Protocol):
    """Takes what happened."""

    def tell(self, event: Event) -> None:
        """Queue the event for every webhook that wants it, in the transaction under way or in one of its own.

        So an event is queued exactly when the change it tells of is stored. Never waits for a receiver. Raises
        management.unavailable.
        """
        ...


class NoNotices:
    """Tells nobody: for a control plane without notices, as in tests of other domains."""

    def tell(self, event: Event) -> None:
        """Do nothing."""


_: type[Notices] = NoNotices
