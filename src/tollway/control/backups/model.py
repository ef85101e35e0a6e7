"""What a backup holds."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FORMAT = 1
MANIFEST = "manifest.json"
ROOT_KEY_NOTE = (
    "root.key is not in this backup. Tokens and stored provider keys work only with the root.key of this"
    " installation: keep a copy of it in a different place, and put it into the data directory before starting."
)

DatabaseKind = Literal["sqlite", "postgresql"]


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the archive."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The archive's table of contents. `schemas` maps each database in it to its migration's revision.

    `root_keys` are the fingerprints of the root keys that open what it holds; older programs did not write them.
    """

    format: int
    created_ns: int
    program: str
    database: DatabaseKind
    schemas: dict[str, str]
    members: tuple[Member, ...]
    note: str
    root_keys: tuple[str, ...] = ()


@dataclass(slots=True)
class Work:
    """Where the files of a backup that is being written grow: first copies in a folder, then the archive of them.

    `copied_bytes` None: copies are still being made.
    """

    folder: Path | None = None
    archive: Path | None = None
    copied_bytes: int | None = None

    def measure(self) -> tuple[int, int | None]:
        """Return how many bytes are written, of how many; None: not known yet. A file that is gone counts nothing."""
        if self.copied_bytes is not None:
            archived = 0 if self.archive is None else _size(self.archive)
            return self.copied_bytes + archived, 2 * self.copied_bytes
        folder = self.folder
        return (0 if folder is None else sum(_size(file) for file in list(folder.glob("*.*"))), None)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was written or restored."""

    path: Path
    size: int
    manifest: Manifest
