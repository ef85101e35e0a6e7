"""Who makes a change.

Every mutation of the control plane takes an `Actor`; its text form is stored with the object it
changed. The subject comes from the session or the socket, never from the body of a request.
"""

from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["user", "local", "setup"]


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or channel behind a change: a signed-in user, the local socket's operator, or the first set-up."""

    id: str
    kind: ActorKind

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


OPERATOR = Actor("operator", "local")
"""Whoever can open the data directory's socket: the command line."""

SETUP = Actor("setup", "setup")
"""The program itself, when it creates what an installation starts with."""
