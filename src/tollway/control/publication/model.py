"""What publication works on and what it reports."""

from dataclasses import dataclass
from typing import Literal

from tollway.contract.policy import DEFAULT_TIMEOUTS, Timeouts, UnboundedOutput

DirtyKind = Literal["token", "application", "snapshot"]
ProblemKind = Literal["token", "application", "provider", "service"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One object that could not be published as it is stored. The others are not affected."""

    kind: ProblemKind
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
class Options:
    """The settings that are part of every snapshot."""

    sandbox: bool = True
    unbounded_output: UnboundedOutput = "cap"
    unbounded_output_tokens_max: int = 16_384
    cors_origins: tuple[str, ...] = ()
    timeouts: Timeouts = DEFAULT_TIMEOUTS
    """Of upstreams that do not state their own."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication wrote. `was_rebuilt`: the store was empty or another installation's."""

    revision: int
    was_rebuilt: bool
    tokens: int
    applications: int
    problems: tuple[Problem, ...]
