"""What is told of the root keys: which there are, what still hangs on each, and how far a change of them is."""

from dataclasses import dataclass
from typing import Literal

Step = Literal["settled", "handing_over", "sealing", "in_use"]
"""`settled`: one key, in use alone. `handing_over`: a new key is being made known to every process. `sealing`: it is
in use, and what older keys have sealed is sealed again. `in_use`: all that can be is sealed with it."""

NAMES_MAX = 20


@dataclass(frozen=True, slots=True)
class KeyName:
    """One root key: its generation and a name that says nothing about it."""

    generation: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Uses:
    """What can be proven with one key only and not be moved to another: how many, and the first by name."""

    count: int = 0
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """A root key and what hangs on it. `tokens` that still may be used, `passwords` of people who may sign in."""

    name: KeyName
    is_current: bool
    tokens: Uses
    passwords: Uses


@dataclass(frozen=True, slots=True)
class Left:
    """How many values of a place are still sealed with an older key."""

    place: str
    count: int


@dataclass(frozen=True, slots=True)
class KeyState:
    """The root keys, the newest first, and what is left to seal again; places with nothing left are left out."""

    step: Step
    keys: tuple[Key, ...]
    left: tuple[Left, ...]

    @property
    def older(self) -> tuple[Key, ...]:
        """The keys that are accepted and not in use."""
        return tuple(key for key in self.keys if not key.is_current)
