"""Goes through paths: the files below them, and the history of each repository among them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tollway.cli.progress import Begin
from tollway.cli.scanning.files import list_files, scan_file
from tollway.cli.scanning.history import History, is_repository
from tollway.cli.scanning.model import Finding, Looked


def look(paths: Sequence[Path], looked: Looked, begin: Begin, *, has_history: bool) -> list[Finding]:
    """Return every token in the files below `paths` and, with `has_history`, in the repositories among them."""
    found: list[Finding] = []
    for path in paths:
        files = [] if _is_bare(path) else list(list_files(path, looked))
        bar = begin(f"{path}: files", len(files))
        for file in files:
            found += scan_file(file, looked)
            bar.step()
        for repository in _repositories(path) if has_history else ():
            history = History(repository)
            found += history.scan(looked, begin(f"{repository}: history", history.count_objects()).step)
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
