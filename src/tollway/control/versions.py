"""Optimistic concurrency: an object's version is its ETag, and If-Match becomes `expected_version`."""

from tollway.kernel.errors import TollwayError


def check_version(found: int, expected: int | None) -> None:
    """Raise management.precondition unless `expected` is None or equals the stored version."""
    if expected is not None and expected != found:
        raise TollwayError("management.precondition")
