"""The bars of long work, drawn with rich on standard error, and wiped when the work ends."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from tollway.cli.progress import Bar, Begin


class _Count(ProgressColumn):
    """How many of how many; nothing where the number is not known."""

    def render(self, task: Task) -> Text:
        """Write the count."""
        return Text(f"{task.completed:,.0f}/{task.total:,.0f}" if task.total is not None else "")


class _Remaining(TimeRemainingColumn):
    """How long it may take still; nothing where that cannot be known."""

    def render(self, task: Task) -> Text:
        """Write the time."""
        return super().render(task) if task.total is not None else Text("")


class Drawn:
    """Implements Bar on a terminal."""

    def __init__(self, bars: Progress, task: TaskID) -> None:
        self._bars = bars
        self._task = task

    def step(self) -> None:
        """Move the bar by one."""
        self._bars.advance(self._task)

    def at(self, done: int, total: int) -> None:
        """Move the bar to a place."""
        self._bars.update(self._task, completed=done, total=total)


@contextmanager
def drawn() -> Iterator[Begin]:
    """Yield what begins a bar."""
    text = TextColumn("{task.description}", markup=False)
    columns = (text, BarColumn(), _Count(), TimeElapsedColumn(), _Remaining())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:

        def begin(text: str, total: int | None) -> Bar:
            return Drawn(bars, bars.add_task(text, total=total))

        yield begin


_: type[Bar] = Drawn
