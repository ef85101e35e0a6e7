"""From a parsed head to a `RequestHead`: host, target form, framing, expectation and upgrade.

Every doubt about where the message ends, whom it is for or what its path is raises a TollwayError; the
connection then answers and closes. Nothing here looks at credentials or forwarded headers.
"""

import re

import msgspec

from tollway.gateway.ports import Headers, RequestHead
from tollway.kernel.errors import TollwayError
from tollway.wire.canonical_path import canonical_path
from tollway.wire.http1 import malformed, parse_content_length, parse_host

# More than one of these would leave open which one counts.
_SINGLE_NAMES = frozenset(
    (
        b"content-length",
        b"expect",
        b"host",
        b"sec-websocket-key",
        b"sec-websocket-version",
        b"transfer-encoding",
        b"upgrade",
    )
)
_ABSOLUTE = re.compile(rb"https?://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_WEBSOCKET_KEY = re.compile(rb"[A-Za-z0-9+/]{21}[AQgw]==")


class ParsedHead(msgspec.Struct, gc=False, frozen=True):
    """What the connection needs to know beside the request's head."""

    request: RequestHead
    wants_keep_alive: bool
    """Whether another request may follow. An upgrade that is not taken up may go on in either protocol: only a new
    connection is clear."""
    expects_continue: bool
    is_usual: bool
    """Whether an answer with a body needs no other framing than its length, as long as the connection goes on."""

    @property
    def is_plain(self) -> bool:
        """Whether the body's length is known and nothing but an answer is asked for."""
        request = self.request
        return request.body_bytes is not None and request.websocket_key is None and not self.expects_continue


def build_head(start: tuple[bytes, bytes, bool], headers: Headers, *, peer: str, is_tls: bool) -> ParsedHead:
    """Check the meaning of a head whose grammar is known to be right.

    Raises request.malformed, request.method, request.path, request.expectation or request.upgrade.
    """
    method, target, is_http_1_0 = start
    fields = dict(headers)
    if len(fields) != len(headers):
        _refuse_repeated(headers)
    host = _check_host(fields.get(b"host"), is_http_1_0)
    if not target.startswith(b"/"):
        target = _origin_form(method, target, host)
    path, query = canonical_path(target)
    body_bytes = _body_length(fields, is_http_1_0)
    expect = fields.get(b"expect")
    if expect is not None and expect.lower() != b"100-continue":
        raise TollwayError("request.expectation")
    connection = fields.get(b"connection")
    options = () if connection is None else _options(headers, connection)
    websocket_key = _websocket_key(method, fields, options, body_bytes, is_http_1_0) if b"upgrade" in fields else None
    request = RequestHead(
        method.decode("ascii"),
        path,
        query,
        headers,
        is_http_1_0,
        body_bytes,
        peer,
        is_tls,
        host,
        websocket_key,
    )
    keep = (b"keep-alive" in options if is_http_1_0 else True) and b"close" not in options and websocket_key is None
    expects_continue = expect is not None and not is_http_1_0 and body_bytes != 0
    return ParsedHead(request, keep, expects_continue, keep and not is_http_1_0 and method != b"HEAD")


def _refuse_repeated(headers: Headers) -> None:
    seen: set[bytes] = set()
    for name, _ in headers:
        if name in seen and name in _SINGLE_NAMES:
            raise malformed(f"the header {name.decode('ascii')} appears twice")
        seen.add(name)


def _check_host(value: bytes | None, is_http_1_0: bool) -> str:
    """RFC 9112 section 3.2: "A server MUST respond with 400 to any HTTP/1.1 request message that lacks a Host"."""
    if value is not None:
        return parse_host(value)
    if is_http_1_0:
        return ""
    raise malformed("it has no Host header")


def _origin_form(method: bytes, target: bytes, host: str) -> bytes:
    """Turn an absolute-form target into origin form when it names the very host of the Host header."""
    if method == b"CONNECT":
        raise TollwayError("request.method", public="CONNECT is not served: this is not a forward proxy.")
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None:
        raise TollwayError("request.path", public="The request target must be a path that starts with a slash.")
    if host and parse_host(absolute[1]) != host:
        # Two names for one request is how rules by host are walked around (CVE-2026-48710).
        raise malformed("the host of the target is not the one of the Host header")
    rest: bytes = absolute[2]
    return rest if rest.startswith(b"/") else b"/" + rest


def _body_length(fields: dict[bytes, bytes], is_http_1_0: bool) -> int | None:
    """Return the declared length, None for chunked, 0 for no body (RFC 9112 section 6.3)."""
    coding = fields.get(b"transfer-encoding")
    length = fields.get(b"content-length")
    if coding is None:
        return 0 if length is None else parse_content_length(length)
    if length is not None:
        raise malformed("it has both Content-Length and Transfer-Encoding")
    if is_http_1_0:
        raise malformed("HTTP/1.0 has no Transfer-Encoding")
    if coding.lower() != b"chunked":
        raise malformed("the only Transfer-Encoding is `chunked`")
    return None


def _options(headers: Headers, connection: bytes) -> tuple[bytes, ...]:
    """Return the options of all Connection headers in lower case."""
    if b"," not in connection and sum(name == b"connection" for name, _ in headers) == 1:
        return (connection.lower(),)
    joined = b",".join(value for name, value in headers if name == b"connection")
    return tuple(option.strip(b" \t").lower() for option in joined.split(b","))


def _websocket_key(
    method: bytes, fields: dict[bytes, bytes], options: tuple[bytes, ...], body_bytes: int | None, is_http_1_0: bool
) -> str | None:
    """Return the key of a complete handshake, or None when the upgrade is to something else, which is ignored."""
    if fields[b"upgrade"].lower() != b"websocket":
        return None
    key = fields.get(b"sec-websocket-key", b"")
    is_complete = (
        method == b"GET"
        and not is_http_1_0
        and b"upgrade" in options
        and body_bytes == 0
        and fields.get(b"sec-websocket-version") == b"13"
        and _WEBSOCKET_KEY.fullmatch(key) is not None
    )
    if not is_complete:
        raise TollwayError("request.upgrade", headers={"sec-websocket-version": "13"})
    return key.decode("ascii")
