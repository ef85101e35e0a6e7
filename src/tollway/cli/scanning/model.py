"""What a scan finds, and how much it looked at."""

from dataclasses import dataclass, field
from typing import Literal

from tollway.policy.token import ParsedToken, mask

State = Literal[
    "not_checked", "unknown", "active", "disabled", "quarantined", "revoked", "expired", "not_yet_valid", "decoy"
]


@dataclass(frozen=True, slots=True)
class Finding:
    """A token in a file, or in the history of a repository.

    `path` is as the reader would write it. `commit` is the first one that has it; "" for a file on disk, and for an
    object that no commit leads to. `blob` is the object, "" for a file on disk.
    """

    path: str
    line: int
    column: int
    token: ParsedToken = field(repr=False)
    repository: str = ""
    commit: str = ""
    blob: str = ""

    @property
    def masked(self) -> str:
        """What identifies the token to people without being usable."""
        return mask(self.token.id, self.token.kind)


@dataclass(slots=True)
class Looked:
    """How much was looked at, and what could not be."""

    files: int = 0
    objects: int = 0
    bytes: int = 0
    skipped: list[str] = field(default_factory=list)
    """Each with the reason."""
