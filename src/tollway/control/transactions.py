"""The port through which services change what is stored: one writer, whole transactions.

Services open `write()`; a nested `write()` joins the outer one, so that a configuration document is
applied whole or not at all.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol


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
