"""What bearers need from outside."""

from typing import Protocol

from tollway.contract.life import Epoch
from tollway.control.access.model import Rights
from tollway.control.sessions.model import User
from tollway.control.tokens.model import Token


class TokenDirectory(Protocol):
    """Tokens by their public id."""

    def find(self, token_id: str) -> Token | None:
        """Return the token."""
        ...


class TokenHasher(Protocol):
    """The keyed hash of whole tokens."""

    @property
    def pepper_version(self) -> int:
        """The pepper new tokens are hashed with."""
        ...

    def mac(self, token: bytes, pepper_version: int) -> bytes | None:
        """Return the hash under that pepper, or None, after the same time, when there is none."""
        ...


class OwnerDirectory(Protocol):
    """People and service accounts."""

    def find_user(self, user_id: str) -> User | None:
        """Return the account."""
        ...

    def team_ids(self, user_id: str) -> frozenset[str]:
        """Return the teams that a person is in."""
        ...


class RightsOfRoles(Protocol):
    """What roles permit."""

    def rights_of(self, role_id: str) -> Rights:
        """Return what holders of the role may do now."""
        ...


class Places(Protocol):
    """Whence, and at which hours, tokens may be used."""

    def refuse_place(self, token_id: str, address: str) -> None:
        """Raise token.address_denied or token.outside_window unless the token may be used from there, and now."""
        ...


class UseLog(Protocol):
    """When tokens were used at the management API."""

    def note(self, token_id: str, now_ns: int, *, address: str, agent: str) -> None:
        """Remember a use, at most once a minute. Raises management.unavailable."""
        ...


class EpochDirectory(Protocol):
    """Instants before which everything that was issued is revoked."""

    def all(self) -> tuple[Epoch, ...]:
        """Return all of them."""
        ...
