"""Failures of publication."""

from tollway.kernel.errors import TollwayError


def not_published(cause: TollwayError) -> TollwayError:
    """Return management.unavailable for a change that is stored and could not be published."""
    return TollwayError(
        "management.unavailable",
        public="The change is stored but not in force yet: the policy store cannot be written. Try again.",
        internal=str(cause),
    )
