"""Sends together, at the end of a turn of the loop, what was written during it.

A write that wakes a sleeping process costs both a switch, several times what the write itself costs. One after the
other the writes of a turn find who reads them awake; spread over it, between the work of one call and the next, each
finds it asleep again. It also makes one write of what one connection writes in pieces.
"""

import logging
from collections.abc import Callable
from typing import Protocol

_log = logging.getLogger("tollway.edge")
SENDERS_MAX = 64
"""As many wait at most: with some ten microseconds of work for each, none waits for more than a few milliseconds."""


class Sender(Protocol):
    """A connection that holds what it was asked to write."""

    def send_held(self) -> None:
        """Hand what is held to the socket; nothing happens when nothing is, or when the connection is gone."""
        ...


class Outbox:
    """The connections of one loop that have something to send; `at_end` calls what it is given when a turn ends.

    For the loop's thread alone.
    """

    __slots__ = ("_at_end", "_senders")

    def __init__(self, at_end: Callable[[Callable[[], None]], object]) -> None:
        self._at_end = at_end
        self._senders: list[Sender] = []

    def add(self, sender: Sender) -> None:
        """Have `sender` send what it holds when this turn of the loop ends, or when enough others wait."""
        senders = self._senders
        if not senders:
            self._at_end(self.flush)
        senders.append(sender)
        if len(senders) >= SENDERS_MAX:
            self.flush()

    def flush(self) -> None:
        """Let all that wait send now."""
        senders, self._senders = self._senders, []
        for sender in senders:
            try:
                sender.send_held()
            except Exception:  # the boundary of one connection: the others have to send as well
                _log.exception("what a connection holds could not be sent")
