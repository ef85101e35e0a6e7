"""Service accounts as they are managed. Their rows are users of the kind `service`, who never sign in."""

from dataclasses import dataclass

from msgspec import UNSET, UnsetType

from tollway.control.sessions.model import User, UserState


@dataclass(frozen=True, slots=True)
class NewServiceAccount:
    """What is asked for: a role, which says what its tokens may do at most, and the team that it belongs to.

    `owner_id` is a person who is responsible for it; None: whoever makes it.
    """

    name: str
    role: str
    team_id: str
    owner_id: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceAccountChange:
    """Fields to change; UNSET leaves a field as it is. An owner can be replaced, not taken away."""

    name: str | UnsetType = UNSET
    role: str | UnsetType = UNSET
    owner_id: str | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class ServiceAccountFilter:
    """Which service accounts to list; deleted ones only when asked for. `search` is the beginning of a name.

    `is_ownerless`: only those whose owner has left, so that their team alone answers for them.
    """

    state: UserState | None = None
    team_id: str | None = None
    owner_id: str | None = None
    search: str | None = None
    is_ownerless: bool = False


@dataclass(frozen=True, slots=True)
class EndedAccount:
    """A service account that was switched off or deleted, and how many of its tokens were revoked."""

    account: User
    tokens: int
