"""The rights of a token when somebody issues or changes it: no wider than those of whoever does it."""

from typing import Protocol

from tollway.control.actor import Actor
from tollway.control.tokens.model import Token


class RightsKeeper(Protocol):
    """What keeps the rights of tokens."""

    def bind(self, token: Token, actor: Actor) -> None:
        """Give a token the actor's rights, unless it has narrower ones.

        A person's own token is bound by theirs at each call anyway; one that a token makes gets that token's too.

        Only inside a transaction. Raises management.forbidden when the token has rights that are wider.
        """
        ...

    def check(self, token: Token, actor: Actor) -> None:
        """Raise management.forbidden when the token's own rights go beyond those of the actor."""
        ...

    def copy(self, token: Token, to: Token, actor: Actor) -> None:
        """Give one token the rights of another. Only inside a transaction, and before `bind`, which judges them."""
        ...


class NoRightsKeeper:
    """Implements RightsKeeper where nobody has rights."""

    def bind(self, token: Token, actor: Actor) -> None:
        """Do nothing."""

    def check(self, token: Token, actor: Actor) -> None:
        """Do nothing."""

    def copy(self, token: Token, to: Token, actor: Actor) -> None:
        """Do nothing."""


_: type[RightsKeeper] = NoRightsKeeper
