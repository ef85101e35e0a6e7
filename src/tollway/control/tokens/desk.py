"""Everything that is done with tokens beside issuing and changing them, as the composer builds it."""

from dataclasses import dataclass

from tollway.control.tokens.ends import TokenEnds
from tollway.control.tokens.lifetimes import Lifetimes
from tollway.control.tokens.replacing import Replacements
from tollway.control.tokens.secrets import TokenSecrets


@dataclass(frozen=True, slots=True)
class TokenDesk:
    """The domain's other services."""

    secrets: TokenSecrets
    ends: TokenEnds
    lifetimes: Lifetimes
    replacements: Replacements
