"""Strong ETags from an object's version, and If-Match before a change (RFC 9110 sections 8.8.3 and 13.1.1)."""

import re
from typing import Annotated

from fastapi import Depends, Header

_TAG = re.compile(r'(W/)?"([^"]*)"', re.ASCII)
_VERSION = re.compile(r"v([1-9][0-9]{0,17})", re.ASCII)

NO_VERSION = -1
"""A version that no object has: what an If-Match becomes that cannot match."""


def etag_of(version: int) -> str:
    """Return the ETag of an object at a version."""
    return f'"v{version}"'


async def _expected_version(
    if_match: Annotated[
        str | None,
        Header(description="The ETag of the object as it was read; the change is refused when it differs."),
    ] = None,
) -> int | None:
    """Return the version the caller expects; None when any will do, NO_VERSION when none can match.

    Weak tags never match: If-Match compares strongly.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    tags = [match for match in _TAG.finditer(if_match) if not match[1]]
    versions = [int(found[1]) for found in (_VERSION.fullmatch(match[2]) for match in tags) if found]
    return versions[0] if len(versions) == 1 else NO_VERSION


ExpectedVersion = Annotated[int | None, Depends(_expected_version)]
