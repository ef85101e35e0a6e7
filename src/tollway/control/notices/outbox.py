"""Letters that go out by themselves: stored with what they tell of, tried again for a day, then left.

Law: a letter is stored in the transaction of what it tells of, so that neither is without the other and no restart
loses one; the mail server may get it twice when a process dies between its word and ours. No letter here holds a
secret: one with a link is handed over at once and is stored nowhere (accounts.letters, rotations.links).
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tollway.control.notices.model import Letter, MailServer, Posted, WaitingLetter
from tollway.control.notices.ports import Letterbox, LetterStore
from tollway.control.notices.retrying import find_next_due_ns
from tollway.control.ports import Transactions
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.errors import TollwayError
from tollway.kernel.ids import LETTER, new_id

WAITING_MAX = 1_000
"""Letters that wait; above it the oldest is left out. What they tell stands in the audit log or on a page."""
CLAIM_SECONDS = 90
"""Three times what the mail server may take."""

_log = logging.getLogger(__name__)


class Post(Protocol):
    """The mail of this installation."""

    def find(self) -> MailServer | None:
        """Return how mail is sent; None: it is not set up."""
        ...

    def send(self, letter: Letter) -> Posted:
        """Hand one letter over; blocks for at most 30 s. Failures are in the result. Raises TollwayError."""
        ...


@dataclass(frozen=True, slots=True)
class OutboxParts:
    """What the service is built from. `fraction` returns random numbers in [0, 1)."""

    store: LetterStore
    post: Post
    transactions: Transactions
    clock: Clock
    fraction: Callable[[], float] = random.random


class Outbox:
    """Implements Letterbox. Thread-safe; several processes may send beside each other."""

    def __init__(self, parts: OutboxParts) -> None:
        self._parts = parts

    def post(self, letter: Letter) -> None:
        """Store a letter that goes out soon. Nothing is stored where mail is not set up."""
        parts = self._parts
        if parts.post.find() is None:
            return
        with parts.transactions.write():
            waiting = WaitingLetter(new_id(LETTER), letter, parts.clock.now_ns())
            if left_out := parts.store.add(waiting, most=WAITING_MAX):
                _log.warning("%d letters were left out: more than %d wait for the mail server", left_out, WAITING_MAX)

    def count_waiting(self) -> int:
        """Return how many letters the mail server has not taken yet."""
        return self._parts.store.count()

    def send(self) -> bool:
        """Send the letter that is due longest; return whether another may be due. Raises management.unavailable."""
        parts, now_ns = self._parts, self._parts.clock.now_ns()
        if not parts.store.has_due(now_ns):
            return False
        with parts.transactions.write():
            waiting = parts.store.claim(now_ns=now_ns, until_ns=now_ns + CLAIM_SECONDS * NANOS_PER_SECOND)
        if waiting is None:
            return False
        # The mail server is asked outside the transaction: it may take half a minute.
        problem, is_over = self._try(waiting.letter)
        with parts.transactions.write():
            due_ns = None if is_over else self._next_due_ns(waiting)
            if due_ns is None:
                parts.store.remove(waiting.id)
            else:
                parts.store.put_off(waiting.id, due_ns=due_ns, attempts=waiting.attempts + 1)
        if problem:
            then = "and is given up" if due_ns is None else "and is tried again"
            _log.warning("a letter to %s was not taken (%s) %s", waiting.letter.to, problem, then)
        return True

    def _try(self, letter: Letter) -> tuple[str, bool]:
        """Return what went wrong, "" for nothing, and whether to try again is of no use."""
        try:
            posted = self._parts.post.send(letter)
        except TollwayError as error:
            is_not_set_up = error.code.name == "management.not_found"
            is_over = is_not_set_up or error.code.name == "management.invalid"
            return ("" if is_not_set_up else str(error)), is_over
        return ("" if posted.is_ok else posted.detail), posted.is_ok

    def _next_due_ns(self, waiting: WaitingLetter) -> int | None:
        now_ns, fraction = self._parts.clock.now_ns(), self._parts.fraction()
        return find_next_due_ns(
            waiting.attempts + 1, now_ns=now_ns, retry_from_ns=waiting.created_ns, fraction=fraction
        )


_: type[Letterbox] = Outbox
