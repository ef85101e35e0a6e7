"""Writes the head of an upstream request.

Law: exactly one Host and exactly one framing leave here, both ours, and no CR, LF or NUL that is not.
"""

import re

from tollway.gateway.ports import Headers
from tollway.wire.request_fields import WITHHELD, write_fields

_METHODS = {name: name.encode() for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")}
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}")
_VISIBLE = bytes(range(0x21, 0x7F))
EXPECTS_BODY = frozenset(("POST", "PUT", "PATCH"))
"""Methods whose requests state a length also without a body (RFC 9110 section 8.6)."""


def encode_start(method: str, target: bytes, host_lines: bytes) -> bytes:
    """Return the part of a head that is the same for all requests with one method and target to a destination.

    `host_lines` is everything from the version to the last line that is the same for each of them, well-formed.
    Raises ValueError when the method or the target cannot be written safely.
    """
    if not target or target.translate(None, _VISIBLE):
        raise ValueError("the target has a character that must be percent-encoded")
    return b"%b %b%b" % (_METHODS.get(method) or _encode_method(method), target, host_lines)


def encode_request_head(
    start: bytes, headers: Headers, *, body_bytes: int | None, expects_body: bool
) -> tuple[bytes, bool]:
    """Return the head's bytes and whether it asks for an upgrade.

    `start` is of `encode_start`. `body_bytes` None means chunked; `expects_body`: a length is stated even when it is
    0. Raises ValueError when a header cannot be written safely.
    """
    passed = [header for header in headers if header[0] not in WITHHELD]
    upgrade = None
    if len(passed) < len(headers):
        upgrade = dict(headers).get(b"upgrade")
        if upgrade is not None:
            passed += ((b"connection", b"Upgrade"), (b"upgrade", upgrade))
    block = write_fields(passed)
    if body_bytes is None:
        framing = b"transfer-encoding: chunked\r\n"
    elif body_bytes or expects_body:
        framing = b"content-length: %d\r\n" % body_bytes
    else:
        framing = b""
    return b"%b%b%b\r\n" % (start, block, framing), upgrade is not None


def _encode_method(method: str) -> bytes:
    if _METHOD.fullmatch(method) is None or method == "CONNECT":
        raise ValueError("the method is not one that can be sent")
    return method.encode()
