"""The ports that every domain's service uses: whole transactions by one writer, and what they publish."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from tollway.control.actor import Actor
from tollway.control.audit.model import Facts, Refusal, Subject


class Transactions(Protocol):
    """The config database's unit of work."""

    def write(self) -> AbstractContextManager[None]:
        """Hold the writer's lock and a transaction; commit at the end of the outermost block, else roll back.

        After the commit, and before the lock is given back, the steps given to `after_commit` run; what
        they raise reaches the caller although the change is stored. Raises management.unavailable when
        the database cannot be written, management.conflict when a constraint refuses the change.
        """
        ...

    def after_commit(self, step: Callable[[], None]) -> None:
        """Run `step` once after the current transaction's commit; equal steps run once. Only inside `write()`."""
        ...


class Touching(Protocol):
    """Notes are part of the transaction; after its commit the records are written to the policy store.

    So when a service's method returns, every worker's next call sees the change; when it raises
    management.unavailable the change may be stored but not yet published, and is published by the next
    change or start. Only inside `Transactions.write()`.
    """

    def touch_token(self, token_id: str) -> None:
        """The token was made or changed."""
        ...

    def touch_application(self, application_id: str) -> None:
        """The application was made, changed or deleted."""
        ...

    def touch_snapshot(self) -> None:
        """A provider, model or service was made, changed or deleted."""
        ...


class Trail(Protocol):
    """The audit log, as those write to it who change something."""

    def record(
        self, actor: Actor, action: str, subject: Subject, before: Facts | None = None, after: Facts | None = None
    ) -> None:
        """Write that something was done, in the transaction of the caller. Of the facts only what differs is kept."""
        ...

    def refuse(self, actor: Actor, refusal: Refusal) -> None:
        """Write that something was refused, in a transaction of its own."""
        ...
