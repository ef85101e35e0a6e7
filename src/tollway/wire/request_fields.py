"""The header lines of a request that are passed on: no framing, no hop-by-hop field, no line break that is not ours."""

from collections.abc import Iterable

WITHHELD = frozenset(
    (
        b"host",
        b"content-length",
        b"transfer-encoding",
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"proxy-authorization",
        b"proxy-authenticate",
        b"te",
        b"trailer",
        b"upgrade",
        b"expect",
    )
)
"""Never passed on as given: Host and framing are written here, the others hold for one connection only."""


def write_fields(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Write header lines. Raises ValueError when a name or a value has a line break or NUL in it."""
    lines = [b"%b: %b\r\n" % header for header in headers]
    block = b"".join(lines)
    count = len(lines)
    if block.count(b"\n") != count or block.count(b"\r") != count or 0 in block:
        raise ValueError("a header has a line break or NUL in it")
    return block


def write_passed_fields(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """As `write_fields`, without those in WITHHELD."""
    return write_fields([header for header in headers if header[0] not in WITHHELD])
