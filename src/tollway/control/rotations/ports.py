"""What rotation needs from outside."""

from collections.abc import Collection, Sequence
from typing import Protocol

from tollway.control.model import Damaged
from tollway.control.notices.model import Delivery, Letter, MailServer, Posted, Webhook
from tollway.control.rotations.model import Handover, RotationPolicy
from tollway.control.tokens.model import Token


class RotationPolicyStore(Protocol):
    """Policies in the config database. Every method raises management.unavailable; writes only inside a transaction."""

    def all(self) -> tuple[RotationPolicy, ...]:
        """Return every policy, by name."""
        ...

    def find(self, policy_id: str) -> RotationPolicy | None:
        """Return the policy."""
        ...

    def find_named(self, name: str) -> RotationPolicy | None:
        """Return the policy of that name (case ignored)."""
        ...

    def put(self, policy: RotationPolicy) -> None:
        """Store a policy, new or changed."""
        ...

    def remove(self, policy_id: str) -> None:
        """Delete the policy."""
        ...

    def candidates(
        self, policy: RotationPolicy, *, issued_before_ns: int, after_id: str, limit: int
    ) -> tuple[Token, ...]:
        """Return active tokens in the policy's scope that were issued before, by id, after that id."""
        ...


class HandoverStore(Protocol):
    """Handovers in the config database; writes only inside a transaction. All raise management.unavailable."""

    def add(self, handover: Handover) -> None:
        """Store a new handover. Raises management.conflict when its token has one of the same generation."""
        ...

    def put(self, handover: Handover) -> None:
        """Store a changed handover."""
        ...

    def find(self, handover_id: str) -> Handover | None:
        """Return the handover of that id: the public id in its collecting token."""
        ...

    def last_of(self, token_id: str) -> Handover | None:
        """Return the token's handover of the highest generation."""
        ...

    def waiting(self) -> tuple[Handover, ...]:
        """Return all that wait, those that expire first before the others."""
        ...

    def failed(self, *, limit: int) -> tuple[Handover, ...]:
        """Return those that failed and that no later one of their token followed, newest end first."""
        ...

    def letters_due(self, *, now_ns: int, limit: int) -> tuple[Handover, ...]:
        """Return those that wait and whose letter is due, the longest due first."""
        ...

    def purge(self, *, before_ns: int, limit: int) -> int:
        """Delete handovers that ended before, at most `limit`; return how many."""
        ...


class TokenBook(Protocol):
    """Tokens by id, many at once."""

    def many(self, token_ids: Collection[str]) -> Sequence[Token | Damaged]:
        """Return those that exist."""
        ...


class WebhookBook(Protocol):
    """The webhooks that handovers are announced to."""

    def find(self, webhook_id: str) -> Webhook | None:
        """Return the webhook."""
        ...


class Outbox(Protocol):
    """The queue of deliveries."""

    def add(self, delivery: Delivery, *, claimed_until_ns: int = 0) -> None:
        """Queue a delivery."""
        ...

    def find(self, delivery_id: str) -> Delivery | None:
        """Return the delivery."""
        ...


class Post(Protocol):
    """The mail of this installation."""

    def find(self) -> MailServer | None:
        """Return how mail is sent; None: it is not set up."""
        ...

    def send(self, letter: Letter) -> Posted:
        """Hand one letter over; blocks for at most 30 s. Failures are in the result. Raises TollwayError."""
        ...


class HandoverBox(Protocol):
    """Seals what waits."""

    def seal(self, clear: bytes, aad: bytes) -> bytes:
        """Encrypt, bound to one place."""
        ...

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """Decrypt. Raises upstream.no_credential when it was sealed with another key or for another place."""
        ...


class SelfRotationStore(Protocol):
    """Answers to tokens that rotated themselves. Every method raises management.unavailable."""

    def find(self, token_id: str, key_hash: bytes) -> tuple[bytes, int, int] | None:
        """Return (sealed secret, generation, created_ns) of the answer under that key."""
        ...

    def add(self, token_id: str, key_hash: bytes, *, sealed: bytes, generation: int, created_ns: int) -> None:
        """Keep an answer. Only inside a transaction, like `forget`."""
        ...

    def forget(self, *, before_ns: int) -> None:
        """Delete answers made before."""
        ...
