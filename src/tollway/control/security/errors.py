"""What this domain refuses."""

from tollway.kernel.errors import TollwayError


def event_not_found() -> TollwayError:
    """There is no such event, or the caller does not see it."""
    return TollwayError("management.not_found", public="There is no such security event.")


def nothing_to_undo() -> TollwayError:
    """No act of the event can be undone."""
    return TollwayError("management.conflict", public="Nothing was done about this event that can be undone.")


def not_about_a_token() -> TollwayError:
    """The event is about a source."""
    return TollwayError("management.conflict", public="This event is about a source of calls, not about a token.")


def event_closed() -> TollwayError:
    """The event was dealt with."""
    return TollwayError("management.conflict", public="This event was dealt with already.")
