"""Writes the head of an upstream request.

Law: exactly one Host and exactly one framing leave here, both ours, and no CR, LF or NUL that is not.
"""

import re

from tollway.gateway.ports import Headers

_METHODS = {name: name.encode() for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")}
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}")
_VISIBLE = bytes(range(0x21, 0x7F))
_EXPECTS_BODY = frozenset(("POST", "PUT", "PATCH"))

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


def encode_request_head(
    method: str, target: bytes, host_lines: bytes, headers: Headers, *, body_bytes: int | None
) -> tuple[bytes, bool]:
    """Return the head's bytes and whether it asks for an upgrade.

    `host_lines` is everything from the version to the last line that is the same for each request of a
    destination. `body_bytes` None means chunked. Raises ValueError when a part cannot be written safely.
    """
    parts = [_METHODS.get(method) or _encode_method(method), b" ", target, host_lines]
    add = parts.append
    written = len(headers)
    upgrade = None
    for name, value in headers:
        if name in WITHHELD:
            written -= 1
            if name == b"upgrade":
                upgrade = value
            continue
        add(name)
        add(b": ")
        add(value)
        add(b"\r\n")
    if upgrade is not None:
        written += 2
        add(b"connection: Upgrade\r\nupgrade: " + upgrade + b"\r\n")
    if body_bytes is None:
        written += 1
        add(b"transfer-encoding: chunked\r\n\r\n")
    elif body_bytes or method in _EXPECTS_BODY:
        written += 1
        add(b"content-length: %d\r\n\r\n" % body_bytes)
    else:
        add(b"\r\n")
    head = b"".join(parts)
    lines = written + host_lines.count(b"\n") + 1
    if head.count(b"\n") != lines or head.count(b"\r") != lines or b"\0" in head:
        raise ValueError("a header has a line break or NUL in it")
    if not target or target.translate(None, _VISIBLE):
        raise ValueError("the target has a character that must be percent-encoded")
    return head, upgrade is not None


def _encode_method(method: str) -> bytes:
    if _METHOD.fullmatch(method) is None or method == "CONNECT":
        raise ValueError("the method is not one that can be sent")
    return method.encode()
