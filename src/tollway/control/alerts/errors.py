"""What this domain refuses."""

from tollway.kernel.errors import TollwayError


def alert_not_found() -> TollwayError:
    """There is no such alert, or the caller does not see it."""
    return TollwayError("management.not_found", public="There is no such alert.")
