"""Goes through paths: the files below them, and the history of each repository among them."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tollway.cli.scanning.files import list_files, scan_file
from tollway.cli.scanning.history import History, is_repository
from tollway.cli.scanning.model import Finding, Looked

Advance = Callable[[], None]
Begin = Callable[[str, int], Advance]
"""Starts a stretch of work of so many steps; what it returns is called for each step."""


def look(paths: Sequence[Path], looked: Looked, begin: Begin, *, has_history: bool) -> list[Finding]:
    """Return every token in the files below `paths` and, with `has_history`, in the repositories among them."""
    found: list[Finding] = []
    for path in paths:
        files = [] if _is_bare(path) else list(list_files(path, looked))
        advance = begin(f"{path}: files", len(files))
        for file in files:
            found += scan_file(file, looked)
            advance()
        for repository in _repositories(path) if has_history else ():
            history = History(repository)
            found += history.scan(looked, begin(f"{repository}: history", history.count_objects()))
    return found


def _is_bare(path: Path) -> bool:
    return is_repository(path) and not (path / ".git").exists()


def _repositories(path: Path) -> Iterator[Path]:
    """Yield the path itself when it is a repository, and those below it: submodules, checkouts inside checkouts."""
    if is_repository(path):
        yield path
    if not path.is_dir() or _is_bare(path):
        return
    for child in sorted(path.rglob(".git")):
        if child.parent != path and ".git" not in child.relative_to(path).parts[:-1]:
            yield child.parent


@contextmanager
def progress(*, is_wanted: bool) -> Iterator[Begin]:
    """Draw a bar for each stretch of work on a terminal's standard error; nothing elsewhere."""
    if not is_wanted or not sys.stderr.isatty():
        yield lambda _text, _total: lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:

        def begin(text: str, total: int) -> Advance:
            task = bar.add_task(text, total=total)
            return lambda: bar.advance(task)

        yield begin
