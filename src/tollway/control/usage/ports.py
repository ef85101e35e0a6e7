"""What usage needs from outside: the ledger, and the names of things."""

from collections.abc import Collection, Mapping
from typing import Protocol

from tollway.contract.ledger_api import LastUse, Reply, Request


class Ledger(Protocol):
    """The ledger process, asked over its Unix socket. Thread-safe."""

    def ask(self, request: Request) -> Reply:
        """Return the answer, which may be a Failure. Raises usage.unavailable when there is none in time."""
        ...


class Names(Protocol):
    """A domain that can name its objects."""

    def names(self, ids: Collection[str], /) -> Mapping[str, str]:
        """Return the names of those ids that exist or existed."""
        ...


class OtherUses(Protocol):
    """Uses of tokens that are no calls through the gateway: those of the management API."""

    def last_uses(self, token_ids: Collection[str]) -> Mapping[str, LastUse]:
        """Return the last use of each token that was ever used so. Raises management.unavailable."""
        ...


class NoOtherUses:
    """Implements OtherUses where there are none."""

    def last_uses(self, token_ids: Collection[str]) -> Mapping[str, LastUse]:
        """Return nothing."""
        return {}


_: type[OtherUses] = NoOtherUses
