"""Refusals of the tokens domain."""

from tollway.kernel.errors import TollwayError


def token_not_found() -> TollwayError:
    """Return management.not_found for a token."""
    return TollwayError("management.not_found", public="There is no such token.")


def token_revoked() -> TollwayError:
    """Return management.conflict: a revoked token stays revoked."""
    return TollwayError("management.conflict", public="The token is revoked, and a revoked token never changes again.")


def token_expired() -> TollwayError:
    """Return management.conflict: what has expired is renewed before it gets a new secret."""
    return TollwayError("management.conflict", public="The token has expired; give it a later expiry first.")


def still_works() -> TollwayError:
    """Return management.conflict: two tokens with the same rights are not made of one by accident."""
    return TollwayError(
        "management.conflict",
        public="The token works; rotate it to give it a new secret, or have it revoked when it is replaced.",
    )


def already_replaced(by: str) -> TollwayError:
    """Return management.conflict: another token has the place already."""
    return TollwayError("management.conflict", public=f"The token was replaced by {by}; replace that one.")


def owner_is_gone() -> TollwayError:
    """Return management.conflict: nobody would answer for the token."""
    return TollwayError("management.conflict", public="Whom the token belongs to is not active any more.")


def life_is_over() -> TollwayError:
    """Return management.conflict: a replacement lives no longer than what it replaces."""
    return TollwayError(
        "management.conflict", public="The token would have ended by now, and so would its replacement; issue another."
    )


def not_idle() -> TollwayError:
    """Return management.conflict: only what ended for not being used is woken."""
    return TollwayError("management.conflict", public="The token did not end for not being used.")


def no_overlap() -> TollwayError:
    """Return management.conflict: no replaced secret works any more."""
    return TollwayError("management.conflict", public="No replaced secret of this token works any more.")


def too_many_secrets(most: int) -> TollwayError:
    """Return management.conflict: overlaps upon overlaps."""
    return TollwayError(
        "management.conflict", public=f"{most} replaced secrets of this token still work; end their overlap first."
    )


def several_tokens(name: str) -> TollwayError:
    """Return management.conflict: a name that stands for more than one token."""
    return TollwayError("management.conflict", public=f"Several tokens are named {name!r}; use the id of one.")
