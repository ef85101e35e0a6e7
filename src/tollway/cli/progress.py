"""Shows how far long work is: a bar a stretch, on a terminal's standard error; nothing anywhere else.

So it never mixes with a result, and a script's log stays free of it.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol


class Bar(Protocol):
    """One stretch of work, as it is shown."""

    def step(self) -> None:
        """One more of it is done."""
        ...

    def at(self, done: int, total: int) -> None:
        """So many of so many are done."""
        ...


Begin = Callable[[str, int | None], Bar]
"""Starts a stretch of work, with how many steps it has; None: nobody knows, so that only the time is shown."""


class Unseen:
    """Implements Bar where there is nobody to look."""

    def step(self) -> None:
        """Show nothing."""

    def at(self, done: int, total: int) -> None:
        """Show nothing."""


@contextmanager
def progress(*, is_wanted: bool) -> Iterator[Begin]:
    """Draw a bar for each stretch of work when it is wanted and standard error is a terminal."""
    if not is_wanted or not sys.stderr.isatty():
        yield lambda _text, _total: Unseen()
        return
    # Late: what draws takes longer to load than most commands take to run.
    from tollway.cli.drawing import drawn

    with drawn() as begin:
        yield begin
