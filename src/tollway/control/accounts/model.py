"""People as they are managed: who is invited with what, what may be changed, and who is in a team."""

from dataclasses import dataclass

from msgspec import UNSET, UnsetType

from tollway.control.sessions.model import LinkPurpose, User, UserState
from tollway.kernel.secret import Secret


@dataclass(frozen=True, slots=True)
class NewUser:
    """Who is invited, with which role, into which teams. `email` is where their letters go, None: they get none."""

    name: str
    role: str
    team_ids: tuple[str, ...] = ()
    email: str | None = None


@dataclass(frozen=True, slots=True)
class UserChange:
    """Fields to change; UNSET leaves a field as it is."""

    name: str | UnsetType = UNSET
    role: str | UnsetType = UNSET
    email: str | UnsetType | None = UNSET


@dataclass(frozen=True, slots=True)
class UserFilter:
    """Which people to list; the deleted ones only when asked for. `search` is the beginning of a name."""

    state: UserState | None = None
    team_id: str | None = None
    role: str | None = None
    search: str | None = None


@dataclass(frozen=True, slots=True)
class IssuedLink:
    """A person and the only sight of the link with which they choose a password."""

    user: User
    secret: Secret[str]
    purpose: LinkPurpose
    expires_ns: int


@dataclass(frozen=True, slots=True)
class Ended:
    """What ended with a person's account."""

    user: User
    sessions: int
    tokens: int


@dataclass(frozen=True, slots=True)
class FactorsReset:
    """What ended when a person's second factors were taken away."""

    user: User
    sessions: int
    factors: int


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is in a team, since when."""

    user: User
    joined_ns: int
    joined_by: str
