"""The rights of a token when somebody issues or changes it: no wider than those of whoever does it."""

from typing import Protocol

from tollway.control.actor import Actor
from tollway.control.tokens.model import Token


class RightsKeeper(Protocol):
    """What keeps the rights of tokens."""

    def bind(self, token: Token, actor: Actor) -> None:
        """Give a token that is not the actor's own their rights, unless it has narrower ones.

        Only inside a transaction. Raises management.forbidden when the token has rights that are wider.
        """
        ...


class NoRightsKeeper:
    """Implements RightsKeeper where nobody has rights."""

    def bind(self, token: Token, actor: Actor) -> None:
        """Do nothing."""


_: type[RightsKeeper] = NoRightsKeeper
