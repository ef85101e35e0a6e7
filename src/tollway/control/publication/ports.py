"""What publication needs from outside."""

from collections.abc import Collection, Iterable, Iterator
from typing import Literal, Protocol

from tollway.contract.life import Epoch
from tollway.control.applications.model import Application
from tollway.control.limits.model import Level, LevelLimits
from tollway.control.model import Damaged
from tollway.control.plans.model import Plan
from tollway.control.publication.model import Dirty, DirtyKind
from tollway.control.services.model import Service
from tollway.control.tokens.model import Token
from tollway.control.upstreams.model import Provider

Stored = tuple[Literal["token", "application"], str, bytes]
"""What is stored, its id, and the bytes of its record."""


class PolicyWriter(Protocol):
    """The policy store, as its only writer sees it.

    Each method is one durable transaction: on return the next look of every worker sees it, on failure nothing
    has changed. Every method raises gateway.policy_unavailable.
    """

    def put_many(self, records: Iterable[Stored]) -> None:
        """Store records; `records` may be iterated more than once."""
        ...

    def delete_token(self, token_id: str) -> bool:
        """Remove a token; return whether there was one."""
        ...

    def delete_application(self, application_id: str) -> bool:
        """Remove an application; return whether there was one."""
        ...

    def publish_snapshot(self, raw: bytes) -> int:
        """Replace the snapshot; return the revision it got, which is never lower than its own."""
        ...

    def rebuild(self, records: Iterable[Stored], snapshot: bytes | None) -> int:
        """Replace everything at once; return the revision. `records` may be iterated more than once."""
        ...

    def snapshot(self) -> bytes | None:
        """Return the stored snapshot."""
        ...


class PublicationStore(Protocol):
    """Publication's own rows in the config database. Every method raises management.unavailable."""

    def installation(self) -> str:
        """Return the id made when the database was."""
        ...

    def revision(self) -> int:
        """Return the revision of the snapshot that is stored."""
        ...

    def raise_revision(self, *, above: int = 0) -> int:
        """Set the revision one above itself and `above`; return it. Only inside a transaction, like the next two."""
        ...

    def add_dirty(self, kind: DirtyKind, object_id: str) -> None:
        """Note a change that has to reach the policy store."""
        ...

    def add_many_dirty(self, kind: DirtyKind, object_ids: Collection[str]) -> None:
        """Note many changes of a kind, at once."""
        ...

    def forget_dirty(self, through: int) -> None:
        """Delete the notes up to that `seq`: they were published."""
        ...

    def dirty(self) -> tuple[Dirty, ...]:
        """Return the notes, oldest first."""
        ...


class PublishedTokens(Protocol):
    """Tokens to publish."""

    def many(self, token_ids: Collection[str]) -> tuple[Token | Damaged, ...]:
        """Return those of the tokens that exist."""
        ...

    def iterate(self, *, batch: int = 1000) -> Iterator[tuple[Token | Damaged, ...]]:
        """Yield all tokens by id in batches; each batch is read by itself."""
        ...


class PublishedApplications(Protocol):
    """Applications to publish; deleted ones are not returned."""

    def many(self, application_ids: Collection[str]) -> tuple[Application | Damaged, ...]:
        """Return those of the applications that exist."""
        ...

    def iterate(self, *, batch: int = 1000) -> Iterator[tuple[Application | Damaged, ...]]:
        """Yield all applications by id in batches."""
        ...


class PublishedEpochs(Protocol):
    """Epochs to publish."""

    def all(self) -> tuple[Epoch, ...]:
        """Return every epoch, by kind and subject."""
        ...


class NoEpochs:
    """Implements PublishedEpochs without any."""

    def all(self) -> tuple[Epoch, ...]:
        """Return nothing."""
        return ()


class PublishedProviders(Protocol):
    """Providers to publish."""

    def all(self) -> tuple[Provider | Damaged, ...]:
        """Return all providers by (priority, name)."""
        ...


class PublishedServices(Protocol):
    """Services to publish."""

    def all(self) -> tuple[Service | Damaged, ...]:
        """Return all services, the longest path prefix first."""
        ...


class PublishedLimits(Protocol):
    """Plans and limits of levels to publish."""

    def plans(self) -> tuple[Plan, ...]:
        """Return every plan."""
        ...

    def levels(self) -> tuple[LevelLimits, ...]:
        """Return the limits of every level."""
        ...

    def find_name(self, level: Level, owner_id: str) -> str | None:
        """Return the name of who has limits; None when they are gone."""
        ...
