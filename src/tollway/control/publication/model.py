"""What publishing reports."""

from dataclasses import dataclass
from typing import Literal

DirtyKind = Literal["token", "application", "snapshot"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One object that could not be published as it is stored. The others are not affected."""

    kind: Literal["token", "application", "provider", "service", "model"]
    id: str
    name: str
    detail: str


@dataclass(frozen=True, slots=True)
class Dirty:
    """A change that is stored and may not have reached the policy store; `seq` grows."""

    seq: int
    kind: DirtyKind
    id: str


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication wrote."""

    revision: int
    tokens: int = 0
    applications: int = 0
    problems: tuple[Problem, ...] = ()
