"""Who makes a change, as whom, from where, and over which rows they may make it.

Every mutation of the control plane takes an `Actor`; its text form is stored with the object it changed. It is built
from the session or the socket, never from the body of a request.
"""

from dataclasses import dataclass, field
from typing import Literal

from tollway.control.access.grant import EVERYTHING, Grant
from tollway.control.access.model import EVERYWHERE, Sight

ActorKind = Literal["user", "token", "local", "setup", "program", "unknown"]


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or channel behind a change: a signed-in user, the local socket's operator, or the first set-up.
    `token` is a gateway token that acts on itself. `unknown` is who could not prove to be anybody; such an actor
    changes nothing.

    `sight`: the rows that the permission of this act holds over. `bound`: the most that may be given away.
    `name`, `role`, `address` and `request_id` say who that was at the time, for the audit; `token_id` is the token by
    which the person or service account asked, "" for a session.
    """

    id: str
    kind: ActorKind
    sight: Sight = field(default=EVERYWHERE, compare=False)
    bound: Grant = field(default=EVERYTHING, compare=False)
    name: str = field(default="", compare=False)
    role: str = field(default="", compare=False)
    address: str = field(default="", compare=False)
    request_id: str = field(default="", compare=False)
    token_id: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @property
    def user_id(self) -> str | None:
        """The id of the person, None for the command line and the program itself."""
        return self.id if self.kind == "user" else None


OPERATOR = Actor("operator", "local", name="operator", role="operator")
"""Whoever can open the data directory's socket: the command line."""

SETUP = Actor("setup", "setup", name="setup")
"""The program itself, when it creates what an installation starts with."""
