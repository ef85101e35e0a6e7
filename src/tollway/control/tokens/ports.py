"""What the tokens domain needs from outside."""

from collections.abc import Collection
from typing import Protocol

from tollway.contract.life import Epoch
from tollway.control.access.model import Sight
from tollway.control.applications.model import Application
from tollway.control.model import Page, Position
from tollway.control.tokens.model import LifetimeRule, RuleScope, Token, TokenFilter


class TokenStore(Protocol):
    """Tokens in the config database. Reads outside `Transactions.write()` see what was committed last.

    Every method raises management.unavailable when the database cannot be reached.
    """

    def add(self, token: Token) -> bool:
        """Store a new token; False when the id was ever used before. Only inside a transaction, like `put`."""
        ...

    def put(self, token: Token) -> None:
        """Store a changed token. `mac`, `kind` and `created_*` never change."""
        ...

    def find(self, token_id: str) -> Token | None:
        """Return the token."""
        ...

    def find_named(self, name: str) -> tuple[Token, ...]:
        """Return all tokens of that name (case ignored) that are not revoked, oldest first, at most 10."""
        ...

    def page(
        self, wanted: TokenFilter, *, sight: Sight, now_ns: int, after: Position | None, limit: int
    ) -> Page[Token]:
        """Return tokens within sight by (created_ns, id), descending for `newest`."""
        ...

    def names(self, token_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those ids that exist."""
        ...

    def personal_ids(self, user_id: str) -> tuple[str, ...]:
        """Return the ids of all tokens of a person that are not revoked."""
        ...

    def count_personal(self, user_ids: Collection[str], *, now_ns: int) -> dict[str, int]:
        """Return how many live tokens of their own people have; who has none is left out."""
        ...

    def count_live(self, *, now_ns: int, application_id: str | None = None) -> int:
        """Count tokens that are neither revoked nor expired, of one application or of all."""
        ...

    def with_idle_time(self, *, after_id: str, limit: int) -> tuple[Token, ...]:
        """Return active tokens that end when they are not used, by id, after that id."""
        ...

    def expiring(self, *, after_ns: int, until_ns: int, limit: int) -> tuple[Token, ...]:
        """Return active tokens that expire in (after_ns, until_ns], soonest first."""
        ...


class TokenHasher(Protocol):
    """The keyed hash of whole tokens (implemented by the key ring)."""

    @property
    def pepper_version(self) -> int:
        """The pepper new tokens are hashed with."""
        ...

    def mac(self, token: bytes, pepper_version: int) -> bytes | None:
        """Return HMAC-SHA-256 of the whole token under the pepper, or None when there is no such pepper."""
        ...


class Owners(Protocol):
    """The applications that may own tokens."""

    def find(self, application_id: str) -> Application | None:
        """Return the application unless it does not exist or was deleted."""
        ...


class ServiceDirectory(Protocol):
    """Services by id or name."""

    def find_id(self, reference: str) -> str | None:
        """Return the id of the service with that id or name (case ignored)."""
        ...


class EpochStore(Protocol):
    """Epochs in the config database. Every method raises management.unavailable."""

    def all(self) -> tuple[Epoch, ...]:
        """Return every epoch, by kind and subject."""
        ...

    def put(self, epoch: Epoch, *, now_ns: int, by: str) -> None:
        """Store the epoch unless its subject has a later one. Only inside a transaction."""
        ...

    def issued_before(self, epoch: Epoch, *, limit: int) -> tuple[str, ...]:
        """Return ids of tokens of the subject that were issued before and are not revoked, oldest first."""
        ...


class LifetimeStore(Protocol):
    """Rules in the config database. Every method raises management.unavailable."""

    def all(self) -> tuple[LifetimeRule, ...]:
        """Return every rule, by scope and id."""
        ...

    def find(self, scope: RuleScope, scope_id: str) -> LifetimeRule | None:
        """Return the rule of a scope."""
        ...

    def put(self, rule: LifetimeRule) -> None:
        """Store a rule, new or changed. Only inside a transaction, like `remove`."""
        ...

    def remove(self, scope: RuleScope, scope_id: str) -> bool:
        """Delete a rule; return whether there was one."""
        ...
