"""Refusals of the tokens domain."""

from tollway.kernel.errors import TollwayError


def token_not_found() -> TollwayError:
    """Return management.not_found for a token."""
    return TollwayError("management.not_found", public="There is no such token.")


def token_revoked() -> TollwayError:
    """Return management.conflict: a revoked token stays revoked."""
    return TollwayError("management.conflict", public="The token is revoked, and a revoked token never changes again.")


def several_tokens(name: str) -> TollwayError:
    """Return management.conflict: a name that stands for more than one token."""
    return TollwayError("management.conflict", public=f"Several tokens are named {name!r}; use the id of one.")
