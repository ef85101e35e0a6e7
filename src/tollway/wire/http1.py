"""HTTP/1.1 heads without I/O: the strict grammar of requests, and the writer of response heads.

RFC 9112 lets a server refuse what it allows only for old senders; all of that is refused here, in one
pass of one regular expression, before a head reaches the tolerant parser. Writing never lets a line
break, NUL or other control character out.
"""

import re
from collections.abc import Callable, Collection, Iterable
from email.utils import formatdate
from http import HTTPStatus

from tollway.kernel.errors import TollwayError

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
FIELD_LINES = rb"(?:" + TOKEN + rb"++:[\t -~\x80-\xff]*+\r\n)*"

_REQUEST_HEAD = re.compile(rb"(" + TOKEN + rb"++) ([!-~]++) HTTP/1\.([01])\r\n" + FIELD_LINES + rb"\r\n")
_FIELD_LINES = re.compile(FIELD_LINES)
_BREAKS = re.compile(rb"(?<!\r)\n|\r(?=[^\n])|\x00")
_VERSION = re.compile(rb"[^\r\n]* HTTP/([0-9]+)\.([0-9]+)\r\n")
_HOST = re.compile(rb"(?:[A-Za-z0-9._~\-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?")
_DIGITS = re.compile(rb"[0-9]{1,18}")

# Written by the server itself; values a handler passes for them are ignored.
FRAMING_NAMES = frozenset((b"content-length", b"transfer-encoding", b"connection", b"keep-alive", b"trailer", b"date"))

REMEMBERED_MAX, REMEMBERED_BYTES_MAX = 1_024, 256

STATUS_LINES: dict[int, bytes] = {
    status.value: b"HTTP/1.1 %d %b\r\n" % (status.value, status.phrase.encode("ascii")) for status in HTTPStatus
}


def malformed(reason: str) -> TollwayError:
    """Return the refusal of a request that breaks the grammar; `reason` completes a sentence for the caller."""
    return TollwayError("request.malformed", public=f"The request is not valid HTTP/1.1: {reason}.")


def match_request_head(head: bytes) -> tuple[bytes, bytes, bool]:
    """Check a whole request head, to its blank line, and return method, target and whether it is HTTP/1.0.

    Raises request.malformed, or request.version for another version, when any byte is not as RFC 9112 wants it.
    """
    found = _REQUEST_HEAD.fullmatch(head)
    if found is None:
        raise _explain(head)
    method, target, minor = found.groups()
    return method, target, minor == b"0"


def has_bad_break(part: bytes, start: int) -> bool:
    """Tell whether an incomplete head already holds a bare CR, a bare LF or a NUL, at or after `start`."""
    return _BREAKS.search(part, start) is not None


def are_field_lines(lines: bytes) -> bool:
    """Tell whether `lines` is nothing but well-formed field lines, each ended by CRLF. Used for trailers."""
    return _FIELD_LINES.fullmatch(lines) is not None


def parse_content_length(value: bytes) -> int:
    """Read a Content-Length of 1 to 18 ASCII digits. Raises request.malformed for signs, lists and everything else."""
    if _DIGITS.fullmatch(value) is None:
        raise malformed("Content-Length is not one decimal number")
    return int(value)


def parse_host(value: bytes) -> str:
    """Return a Host value in lower case after checking that it is `host[:port]` (RFC 3986 section 3.2.2), not empty.

    Raises request.malformed. User information, escapes and sub-delimiters are refused: no real host has them.
    """
    found = _HOST.fullmatch(value)
    if found is None or (found[1] is not None and int(found[1]) > 65_535):
        raise malformed("Host is not a host name or address with an optional port")
    return value.decode("ascii").lower()


def response_head(status: int, headers: Iterable[tuple[bytes, bytes]], framing: bytes) -> bytes:
    """Write a final or interim response head: status line, `headers` without framing names, `framing`, blank line.

    `framing` is complete lines written by the server. Raises ValueError when a name is not a token or a value has
    a control character, so that nothing can be smuggled into the answer.
    """
    start = STATUS_LINES.get(status) or _status_line(status)
    return b"".join((start, *map(header_line, headers), framing, b"\r\n"))


def response_with_length(
    status_line: bytes, headers: Collection[tuple[bytes, bytes]], lines: bytes, date_line: bytes, body: bytes
) -> bytes:
    """Write a whole answer as `response_head` would that is framed by the length of its body alone.

    `lines` are complete lines written by the server. Raises ValueError as `response_head` does.
    """
    if headers:
        lines = b"".join(map(header_line, headers)) + lines
    return b"".join((status_line, lines, date_line, b"content-length: %d\r\n\r\n" % len(body), body))


def _status_line(status: int) -> bytes:
    if not 100 <= status <= 999:
        raise ValueError(f"{status} is not a status code")
    return b"HTTP/1.1 %d \r\n" % status


class _HeaderLines(dict[tuple[bytes, bytes], bytes]):
    """The line of each header, empty for the names that the server writes itself.

    Answers repeat most of their headers; what was checked and written once need not be again.
    """

    def __missing__(self, header: tuple[bytes, bytes]) -> bytes:
        line = b"" if header[0] in FRAMING_NAMES else b"%b: %b\r\n" % header
        # A name such as b"a: 1\r\nb" makes well-formed lines, but more than one.
        if _FIELD_LINES.fullmatch(line) is None or line.count(b"\n") > 1:
            raise ValueError("a response header holds a character that is not allowed")
        if len(line) <= REMEMBERED_BYTES_MAX:
            if len(self) >= REMEMBERED_MAX:
                self.clear()
            self[header] = line
        return line


_header_lines = _HeaderLines()
header_line = _header_lines.__getitem__
"""Returns the line of a header; see `_HeaderLines`."""


class DateLine:
    """Makes the `date` field line, once a second of a clock that tells nanoseconds since the epoch."""

    __slots__ = ("_line", "_now_ns", "_second")

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._second = -1
        self._line = b""

    def current(self) -> bytes:
        """Return `date: …\\r\\n` for this instant."""
        now_ns = self._now_ns  # in a name of its own, since calling an attribute is slow
        second = now_ns() // 1_000_000_000
        if second != self._second:
            self._second = second
            self._line = b"date: %b\r\n" % formatdate(second, usegmt=True).encode("ascii")
        return self._line


def _explain(head: bytes) -> TollwayError:
    """Name the first broken rule. Only called for heads that are refused anyway, so it may be slow."""
    if _BREAKS.search(head) is not None:
        return malformed("a line ends in a bare CR or LF, or there is a NUL")
    version = _VERSION.match(head)
    if version is not None and version.groups() not in ((b"1", b"0"), (b"1", b"1")):
        return TollwayError("request.version")
    line, _, fields = head.partition(b"\r\n")
    if version is None or line != line.strip() or line.count(b" ") != 2 or b"\t" in line:
        return malformed("the request line is not `METHOD target HTTP/1.1` with single spaces")
    if fields.startswith((b" ", b"\t")) or b"\r\n " in fields or b"\r\n\t" in fields:
        return malformed("a header is folded over lines")
    for field in fields.split(b"\r\n")[:-2]:
        if _FIELD_LINES.fullmatch(field + b"\r\n") is None:
            name, colon, _ = field.partition(b":")
            if not colon or re.fullmatch(TOKEN + rb"+", name) is None:
                return malformed("a header name is empty or has a character that is not allowed")
            return malformed("a header value has a control character")
    return malformed("the request line has a character that is not allowed")
