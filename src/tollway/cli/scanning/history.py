"""Looks into everything a git repository holds, through the `git` program: every object, whether a branch leads to it
or not, packed or loose, in a work tree's `.git` or a bare repository.

Nothing of the repository is run: no hook, no filter, no pager, and no remote is asked. Objects are read one after the
other from one process, so that a history of any size takes the memory of one piece.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

from tollway.cli.answers import CommandError, ExitCode
from tollway.cli.scanning.files import PIECE_BYTES, read_text
from tollway.cli.scanning.model import Finding, Looked
from tollway.policy.token_search import Hit, find_tokens

_SETTINGS = ("safe.directory=*", "protocol.allow=never", "core.fsmonitor=false", "core.quotePath=false")
_NAMED_OBJECTS_MAX = 2_000
"""Objects that one `git log` looks for."""
_LOG = (
    *("--all", "--reflog", "--topo-order", "--reverse", "-m", "--root"),
    *("--no-renames", "--raw", "--no-abbrev", "-z", "--format=%x01%H"),
)
_OWN_PATH = {b"commit": "(commit message)", b"tag": "(tag message)"}


def is_repository(path: Path) -> bool:
    """Whether the folder is the top of a work tree or a bare repository."""
    if not path.is_dir():
        return False
    return (path / ".git").exists() or ((path / "objects").is_dir() and (path / "HEAD").is_file())


class History:
    """One repository. Raises CommandError when there is no `git`, or it refuses the repository."""

    def __init__(self, path: Path) -> None:
        found = shutil.which("git")
        if found is None:
            raise CommandError(ExitCode.UNAVAILABLE, "there is no `git` to read the history with; use --no-history")
        options = [word for setting in _SETTINGS for word in ("-c", setting)]
        self._git = [found, "--no-pager", *options, "-C", str(path)]
        self._path = path

    def count_objects(self) -> int:
        """Return about how many objects there are."""
        lines = self._run("count-objects", "-v").decode().splitlines()
        counts = dict(line.split(": ", 1) for line in lines if ": " in line)
        return int(counts.get("count", 0)) + int(counts.get("in-pack", 0))

    def scan(self, looked: Looked, advance: Callable[[], None]) -> Iterator[Finding]:
        """Yield each token once a path, at the first commit that has it. `advance` is called for each object."""
        hits: dict[str, tuple[bytes, list[Hit]]] = {}
        for name, kind, found in self._hits(looked, advance):
            hits[name] = (kind, found)
        blobs = [name for name, (kind, _) in hits.items() if kind == b"blob"]
        places = self._find_places(blobs)
        rank = {name: number for number, name in enumerate(places)}
        seen: set[tuple[str, bytes]] = set()
        for name in sorted(hits, key=lambda each: (rank.get(each, len(rank)), each)):
            kind, found = hits[name]
            commit, path = places.get(name, ("", f"(object {name[:12]}, which no commit leads to)"))
            if kind != b"blob":
                commit, path = (name if kind == b"commit" else ""), _OWN_PATH[kind]
            for hit in found:
                if (path, hit.token.raw) not in seen:
                    seen.add((path, hit.token.raw))
                    yield Finding(path, hit.line, hit.column, hit.token, str(self._path), commit, name)

    def _hits(self, looked: Looked, advance: Callable[[], None]) -> Iterator[tuple[str, bytes, list[Hit]]]:
        arguments = ("cat-file", "--batch-all-objects", "--batch", "--unordered", "--buffer")
        with self._start(arguments) as process:
            assert process.stdout is not None
            while head := process.stdout.readline():
                fields = head.split()
                if len(fields) != 3 or not fields[2].isdigit():
                    looked.skipped.append(f"{self._path}: {head.decode(errors='replace').strip()}")
                    continue
                name, kind, size = fields
                pieces = _pieces(process.stdout, int(size), looked)
                found = [] if kind == b"tree" else list(find_tokens(read_text(pieces)))
                for _ in pieces:  # a tree, or what the search has left
                    pass
                process.stdout.read(1)
                looked.objects += 1
                advance()
                if found:
                    yield name.decode(), kind, found
        if process.returncode:
            raise CommandError(ExitCode.UNAVAILABLE, f"git cannot read the repository {self._path}")

    def _find_places(self, blobs: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Return blob -> (first commit that has it, path there), oldest first."""
        places: dict[str, tuple[str, str]] = {}
        for start in range(0, len(blobs), _NAMED_OBJECTS_MAX):
            wanted = set(blobs[start : start + _NAMED_OBJECTS_MAX])
            log = self._run("log", *_LOG, *(f"--find-object={name}" for name in sorted(wanted)))
            for blob, commit, path in _read_log(log):
                if blob in wanted:
                    places.setdefault(blob, (commit, path))
        return places

    def _run(self, *arguments: str) -> bytes:
        done = subprocess.run(  # noqa: S603 - the user's own git, with arguments of ours
            [*self._git, *arguments], capture_output=True, check=False
        )
        if done.returncode:
            reason = done.stderr.decode(errors="replace").strip().splitlines()
            raise CommandError(
                ExitCode.UNAVAILABLE, f"git cannot read {self._path}: {reason[-1] if reason else done.returncode}"
            )
        return done.stdout

    def _start(self, arguments: Sequence[str]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # noqa: S603 - the user's own git, with arguments of ours
            [*self._git, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=PIECE_BYTES
        )


def _pieces(stream: IO[bytes], size: int, looked: Looked) -> Iterator[bytes]:
    while size > 0:
        piece = stream.read(min(size, PIECE_BYTES))
        if not piece:
            return
        size -= len(piece)
        looked.bytes += len(piece)
        yield piece


def _read_log(log: bytes) -> Iterator[tuple[str, str, str]]:
    """Yield (blob, commit, path) of what `git log --raw -z` shows as added or changed."""
    commit = ""
    words = iter(log.split(b"\0"))
    for word in words:
        for line in word.split(b"\n"):
            if line.startswith(b"\x01"):
                commit = line[1:].decode()
            elif line.startswith(b":"):
                yield line.split()[3].decode(), commit, next(words, b"").decode(errors="replace")
