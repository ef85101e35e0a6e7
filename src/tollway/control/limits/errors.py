"""Refusals of the limits domain."""

from tollway.kernel.errors import TollwayError


def owner_not_found() -> TollwayError:
    """Return management.not_found for who was to have the limits."""
    return TollwayError("management.not_found", public="There is nothing of that kind with this id.")


def top_up_not_found() -> TollwayError:
    """Return management.not_found for a top-up."""
    return TollwayError("management.not_found", public="There is no such top-up, or it has ended.")
