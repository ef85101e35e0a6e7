"""What the security domain needs from outside."""

from typing import Protocol

from tollway.contract.ledger_api import Reply, Request
from tollway.control.access.model import Sight
from tollway.control.actor import Actor
from tollway.control.model import Page, Position
from tollway.control.security.model import (
    Cursor,
    Decoy,
    EventCounts,
    EventFilter,
    Expectation,
    Received,
    SecurityEvent,
    TeamRules,
)
from tollway.control.tokens.model import IssuedToken, NewToken, Token


class EventStore(Protocol):
    """Security events in the config database. Every method raises management.unavailable.

    What writes needs a transaction.
    """

    def add(self, event: SecurityEvent) -> None:
        """Store a new event."""
        ...

    def put(self, event: SecurityEvent) -> None:
        """Store a changed event."""
        ...

    def find(self, event_id: str) -> SecurityEvent | None:
        """Return the event."""
        ...

    def find_open(self, kind: str, subject: str, detail: str) -> SecurityEvent | None:
        """Return the open event about the same, the newest if there are several."""
        ...

    def latest(self, kind: str, subject: str, since_ns: int) -> SecurityEvent | None:
        """Return the newest event of the kind about the subject since then, whatever became of it."""
        ...

    def in_force(self, subject: str) -> tuple[SecurityEvent, ...]:
        """Return the events about the subject whose acts can be undone, the oldest first."""
        ...

    def page(self, wanted: EventFilter, *, sight: Sight, after: Position | None, limit: int) -> Page[SecurityEvent]:
        """Return events within sight, newest first."""
        ...

    def count_open(self, sight: Sight) -> EventCounts:
        """Return how many open events there are of each severity."""
        ...

    def due_revocations(self, before_ns: int, limit: int) -> tuple[SecurityEvent, ...]:
        """Return events whose token was switched off to be revoked, by acts before an instant, oldest first."""
        ...

    def purge(self, before_ns: int, limit: int) -> int:
        """Delete closed events that were last true before, at most `limit`; return how many."""
        ...


class RuleStore(Protocol):
    """Rules, expectations, decoys and the cursor. Every method raises management.unavailable."""

    def all_rules(self) -> tuple[TeamRules, ...]:
        """Return the rules of the installation and of every team that has its own."""
        ...

    def find_rules(self, team_id: str) -> TeamRules | None:
        """Return the rules of a team, or of the installation ("")."""
        ...

    def put_rules(self, rules: TeamRules) -> None:
        """Store them. Only inside a transaction, like all that follows but the reads."""
        ...

    def remove_rules(self, team_id: str) -> None:
        """Forget a team's own rules."""
        ...

    def expectations(self) -> tuple[Expectation, ...]:
        """Return all of them, oldest first."""
        ...

    def put_expectation(self, expectation: Expectation) -> None:
        """Store one, unless it is there."""
        ...

    def remove_expectation(self, expectation: Expectation) -> None:
        """Forget one."""
        ...

    def decoys(self) -> tuple[Decoy, ...]:
        """Return all decoys, newest first."""
        ...

    def add_decoy(self, decoy: Decoy) -> None:
        """Store one."""
        ...

    def remove_decoy(self, token_id: str) -> bool:
        """Forget one; False when there is none."""
        ...

    def cursor(self) -> Cursor:
        """Return where findings were read to."""
        ...

    def put_cursor(self, cursor: Cursor) -> None:
        """Store it."""
        ...


class ReportStore(Protocol):
    """Reports that wait. Every method raises management.unavailable."""

    def add(self, received: Received) -> None:
        """Store one. Only inside a transaction, like `remove`."""
        ...

    def count(self) -> int:
        """Return how many wait."""
        ...

    def first(self, limit: int) -> tuple[Received, ...]:
        """Return the oldest."""
        ...

    def remove(self, received_id: str) -> None:
        """Forget one."""
        ...


class ReportBox(Protocol):
    """Seals reports while they wait, since each holds a token."""

    def seal(self, clear: bytes, aad: bytes) -> bytes:
        """Return the sealed bytes."""
        ...

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """Return the clear bytes. Raises TollwayError when they cannot be opened."""
        ...


class Ledger(Protocol):
    """Asks the ledger. Raises usage.unavailable."""

    def ask(self, request: Request) -> Reply:
        """Return the answer, which may be a Failure."""
        ...


class TokenActs(Protocol):
    """What can be done with tokens. Each method is audited, and in force when it returns."""

    def find(self, token_id: str) -> Token | None:
        """Return the token, whoever asks."""
        ...

    def issue(self, new: NewToken, actor: Actor) -> IssuedToken:
        """Make a token."""
        ...

    def limit(self, token_id: str, requests_per_minute: int, actor: Actor, reason: str) -> Token:
        """Slow the token down, and refuse it nothing."""
        ...

    def quarantine(self, token_id: str, actor: Actor, reason: str) -> Token:
        """Hold the token back."""
        ...

    def release(self, token_id: str, actor: Actor) -> Token:
        """Undo `limit` or `quarantine`."""
        ...

    def disable(self, token_id: str, actor: Actor) -> Token:
        """Refuse the token's calls until it is enabled."""
        ...

    def enable(self, token_id: str, actor: Actor) -> Token:
        """Undo `disable`."""
        ...

    def revoke(self, token_id: str, actor: Actor, reason: str) -> Token:
        """End the token for ever."""
        ...


class TokenProof(Protocol):
    """Whether a text is a token's secret."""

    def mac(self, token: bytes, pepper_version: int) -> bytes | None:
        """Return the keyed hash of the whole token, None when there is no such pepper."""
        ...


class SignatureCheck(Protocol):
    """The reporters whose keys are configured."""

    def find_reporter(self, body: bytes, key_id: str, signature: str) -> str | None:
        """Return who signed exactly these bytes, None when nobody that is known did."""
        ...
