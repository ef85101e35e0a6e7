"""The errors of the upstream client, each built in one place.

The public text names the rule and the deadline; addresses, names and what the upstream sent go to the log.
"""

from tollway.kernel.errors import TollwayError


class Violation(Exception):
    """What an upstream sent breaks HTTP/1.1 or one of our limits; raised inside parser callbacks only."""


def timeout(deadline: str, seconds: float) -> TollwayError:
    """Return upstream.timeout for the deadline named: connect, first_byte, idle or total."""
    return TollwayError(
        "upstream.timeout",
        public=f"The upstream did not answer in time: the {deadline} deadline of {seconds:g} s passed.",
    )


def protocol(reason: str) -> TollwayError:
    """Return upstream.protocol."""
    return TollwayError("upstream.protocol", internal=reason)


def truncated(reason: str) -> TollwayError:
    """Return upstream.truncated."""
    return TollwayError("upstream.truncated", internal=reason)


def unreachable(reason: str) -> TollwayError:
    """Return upstream.unreachable: nothing was sent."""
    return TollwayError("upstream.unreachable", internal=reason)


def tls(reason: str) -> TollwayError:
    """Return upstream.tls."""
    return TollwayError("upstream.tls", internal=reason)


def forbidden(reason: str) -> TollwayError:
    """Return upstream.forbidden_address."""
    return TollwayError("upstream.forbidden_address", internal=reason)
