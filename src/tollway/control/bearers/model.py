"""Who asks by a token, and what they may do."""

from dataclasses import dataclass

from tollway.control.access.grant import Grant
from tollway.control.access.model import Rights
from tollway.control.sessions.model import User


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token that was proven, and the person or service account whose it is.

    `rights` are what the token's scopes and its owner's role both permit now. `bound` is the most it may give away:
    no token makes another that outlives it, reaches more, or is of the other environment.
    """

    token_id: str
    token_name: str
    owner: User
    rights: Rights
    team_ids: frozenset[str]
    bound: Grant
