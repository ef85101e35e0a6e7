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


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was written or restored."""

    path: Path
    size: int
    manifest: Manifest
