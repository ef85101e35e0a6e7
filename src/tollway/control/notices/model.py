"""Webhooks, their deliveries, and how mail is sent. No clear secret is in any of them but in what is shown once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from msgspec import UNSET, UnsetType

from tollway.control.notices.events import Kind
from tollway.kernel.secret import Secret

WebhookState = Literal["enabled", "disabled"]
DeliveryState = Literal["pending", "delivered", "failed"]
Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """A receiver of events. `kinds` None: every kind, also future ones. `version` is the ETag.

    `sealed` opens to the signing secret; until `previous_until_ns` the one before signs beside it. `disabled_reason` is
    set when the program switched it off. `dropped` counts events that found the queue full. The last three fields
    follow from deliveries and do not change the version.
    """

    id: str
    name: str
    url: str
    kinds: tuple[Kind, ...] | None
    allow_private: tuple[str, ...]
    state: WebhookState
    sealed: bytes = field(repr=False)
    created_ns: int
    created_by: str
    updated_ns: int
    updated_by: str
    version: int = 1
    previous_sealed: bytes | None = field(default=None, repr=False)
    previous_until_ns: int | None = None
    disabled_reason: str | None = None
    delivered_ns: int | None = None
    failed_ns: int | None = None
    dropped: int = 0

    @staticmethod
    def read_kinds(names: Iterable[str]) -> tuple[Kind, ...]:
        """Return the kinds of those names; one that this program does not know, as after a step back, is left out."""
        known = {kind.value for kind in Kind}
        return tuple(Kind(name) for name in names if name in known)

    def wants(self, kind: Kind) -> bool:
        """Whether events of this kind go to it."""
        return self.state == "enabled" and (self.kinds is None or kind in self.kinds)


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """What is asked for when a webhook is made."""

    name: str
    url: str
    kinds: tuple[Kind, ...] | None = None
    allow_private: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WebhookChange:
    """Fields to change; UNSET leaves a field as it is."""

    name: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    kinds: tuple[Kind, ...] | UnsetType | None = UNSET
    allow_private: tuple[str, ...] | UnsetType = UNSET
    state: WebhookState | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class ShownSecret:
    """A webhook with a fresh signing secret (`whsec_…`), which cannot be had again."""

    webhook: Webhook
    secret: Secret[str]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try. `status` None: no answer came. `code` is one of ours, None on success."""

    at_ns: int
    status: int | None
    milliseconds: int
    detail: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one webhook. `id` is the `webhook-id` of every attempt.

    `due_ns`: when the next attempt is; None when there is none. `retry_from_ns` begins the day of retries: when it was
    made, or sent again. `attempts` are the latest ATTEMPTS_KEPT, oldest first; `attempts_total` counts all.
    """

    id: str
    webhook_id: str
    kind: str
    body: bytes
    state: DeliveryState
    created_ns: int
    retry_from_ns: int
    due_ns: int | None
    attempts: tuple[Attempt, ...] = ()
    attempts_total: int = 0


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries of a webhook to list."""

    state: DeliveryState | None = None
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One signed request. `allow_private` are the private addresses it may go to."""

    url: str
    allow_private: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one request. `status` None: no answer. `retry_after_seconds` None: the receiver did not say."""

    status: int | None
    milliseconds: int
    detail: str
    code: str | None = None
    retry_after_seconds: int | None = None

    @property
    def is_delivered(self) -> bool:
        """Whether the receiver took it: any 2xx."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that one deliverer holds until `until_ns`, with what to send."""

    delivery: Delivery
    message: Outgoing
    until_ns: int


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in, and in whose name. `username` "": without a login. `version` is the ETag."""

    host: str
    port: int
    security: Security
    username: str
    sealed_password: bytes = field(repr=False)
    from_address: str
    from_name: str
    updated_ns: int
    updated_by: str
    version: int = 1


@dataclass(frozen=True, slots=True)
class MailChange:
    """How mail is to be sent. `password` UNSET: the stored one, while server and user stay."""

    host: str
    port: int
    security: Security
    from_address: str
    from_name: str = ""
    username: str = ""
    password: Secret[str] | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class Letter:
    """One message of plain text to one address."""

    to: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class WaitingLetter:
    """A letter that the mail server has not taken yet, and how often it was tried."""

    id: str
    letter: Letter
    created_ns: int
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Posted:
    """Whether the mail server took a letter, and its words or ours."""

    is_ok: bool
    detail: str
