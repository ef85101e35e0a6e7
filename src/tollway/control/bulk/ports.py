"""What the bulk domain needs from outside."""

from collections.abc import Callable, Sequence
from typing import Protocol

from tollway.control.actor import Actor
from tollway.control.bulk.model import Before, Job, Wanted
from tollway.control.model import Page, Position
from tollway.control.tokens.model import Token

Extend = Callable[[Token, int | None, str], Token | None]
"""Returns the token with another expiry, as a person of that role may set it; None when a rule forbids it."""

MayGive = Callable[[Token, Actor], bool]
"""Returns whether what the token permits is no more than the actor may give."""


class BulkStore(Protocol):
    """Jobs, and the tokens they are about, in the config database. Every method raises management.unavailable."""

    def add(self, job: Job) -> None:
        """Store a new job. Only inside a transaction, like everything that stores."""
        ...

    def put(self, job: Job) -> None:
        """Store how far a job is."""
        ...

    def find(self, job_id: str) -> Job | None:
        """Return the job."""
        ...

    def find_undo(self, job_id: str) -> Job | None:
        """Return the job that takes this one back."""
        ...

    def find_running(self) -> Job | None:
        """Return the oldest job that is running."""
        ...

    def page(self, *, after: Position | None, limit: int) -> Page[Job]:
        """Return jobs, newest first."""
        ...

    def count(self, wanted: Wanted, *, now_ns: int) -> int:
        """Return how many tokens match. Costs up to a second at a million."""
        ...

    def sample(self, wanted: Wanted, *, now_ns: int, limit: int) -> tuple[Token, ...]:
        """Return the newest tokens that match."""
        ...

    def next_ids(self, job: Job, *, now_ns: int, limit: int) -> Sequence[Position]:
        """Return the next tokens that match, by (created_ns, id), of those issued before the job."""
        ...

    def tokens(self, token_ids: Sequence[str]) -> tuple[Token, ...]:
        """Return those of the tokens that can be read."""
        ...

    def put_tokens(self, tokens: Sequence[Token]) -> None:
        """Store changed tokens."""
        ...

    def add_changes(self, job_id: str, changes: Sequence[Before]) -> None:
        """Keep what tokens were before the job."""
        ...

    def changes(self, job_id: str, *, after_id: str, limit: int) -> tuple[Before, ...]:
        """Return what tokens were before the job, by token id."""
        ...

    def forget(self, *, before_ns: int, limit: int) -> int:
        """Delete what was kept to take back jobs that ended before an instant, at most `limit` tokens' worth; return
        how many."""
        ...


class ManyTouching(Protocol):
    """Publication of many tokens at once; see `control.ports.Touching`."""

    def touch_tokens(self, token_ids: Sequence[str]) -> None:
        """The tokens were changed."""
        ...


class PlanNames(Protocol):
    """The plans that tokens may have."""

    def find_name(self, plan_id: str) -> str | None:
        """Return the name of the plan unless there is none of that id."""
        ...
