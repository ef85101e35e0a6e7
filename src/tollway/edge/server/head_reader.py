"""Reads request heads off the front of received bytes, with llhttp as the parser.

Every head passes our own strict grammar first; llhttp then reads the same bytes and follows the body, and
must see the same headers and the same end. Two parsers that differ mean a refusal, never a guess.
"""

import httptools

from tollway.edge.server.head import ParsedHead, build_head
from tollway.gateway.ports import Headers
from tollway.kernel.errors import TollwayError
from tollway.settings.model import LimitSettings
from tollway.wire.http1 import has_bad_break, malformed, match_request_head

REMEMBERED_BYTES_MAX = 2_048
"""A longer head is parsed each time, so that an idle connection holds little."""
_NO_PARSER = httptools.HttpRequestParser(None)


class HeadReader:
    """The parsing state of one connection."""

    __slots__ = (
        "_follows",
        "_headers",
        "_is_complete",
        "_is_tls",
        "_limits",
        "_parser",
        "_peer",
        "last_bytes",
        "last_head",
        "last_message_bytes",
        "last_parsed",
        "skipped_blank_line",
    )

    def __init__(self, limits: LimitSettings, *, peer: str, is_tls: bool) -> None:
        self._limits = limits
        self._peer = peer
        self._is_tls = is_tls
        self._headers: Headers = []
        self._is_complete = False
        self._follows = True
        """Whether llhttp reads this message too; it takes any Upgrade for the end of HTTP, which is ignored here."""
        self.skipped_blank_line = False
        """Before the message that is being read; False again once it was taken."""
        self.last_head = b""
        self.last_bytes = 0
        self.last_message_bytes = 0
        """Of the last head that is kept, and of it with its body; 0 while there is none."""
        self.last_parsed: ParsedHead | None = None
        self._parser = httptools.HttpRequestParser(self)

    def recall(self, data: bytes) -> ParsedHead | None:
        """Return what the last head of this connection meant if `data` begins with the same, byte for byte.

        It has `last_bytes`. SDKs repeat their head for requests of equal length. Only heads that say how long their
        body is are kept, so that llhttp need not follow.
        """
        if self.last_parsed is None or not data.startswith(self.last_head):
            return None
        self._follows = False
        self.skipped_blank_line = False
        return self.last_parsed

    def find_end(self, data: bytes, seen: int) -> tuple[bytes, int]:
        """Return the data without a leading empty line, and the size of its head: 0 when it is not complete.

        The first `seen` bytes were looked at before. Raises request.malformed or request.header_too_large as soon
        as an incomplete head cannot become a good one.
        """
        if data.startswith(b"\r\n") and not self.skipped_blank_line:
            # RFC 9112 section 2.2: "SHOULD ignore at least one empty line (CRLF) received prior to the request-line".
            self.skipped_blank_line = True
            data = data[2:]
            seen = 0
        end = data.find(b"\r\n\r\n", seen - 3 if seen > 3 else 0)
        if end >= 0:
            return data, end + 4
        limits = self._limits
        if len(data) > limits.head_bytes_max:
            raise TollwayError("request.header_too_large")
        if len(data) > limits.request_line_bytes_max and data.find(b"\r\n", 0, limits.request_line_bytes_max + 2) < 0:
            raise TollwayError("request.header_too_large", public="The request line is over its limit.")
        if has_bad_break(data, max(0, seen - 1)) or (self.skipped_blank_line and data.startswith(b"\r")):
            raise malformed("a line ends in a bare CR or LF, or there is a NUL or an empty line")
        return data, 0

    def read(self, head: bytes) -> ParsedHead:
        """Check and parse one whole head. Raises what `build_head` raises, and request.header_too_large."""
        limits = self._limits
        if len(head) > limits.head_bytes_max or head.find(b"\r\n", 0, limits.request_line_bytes_max + 2) < 0:
            raise TollwayError("request.header_too_large")
        count = head.count(b"\n") - 2
        if count > limits.headers_max:
            raise TollwayError("request.header_too_large", public="There are too many headers.")
        start = match_request_head(head)
        headers = self._headers = []
        self._is_complete = False
        self._follows = True
        self.skipped_blank_line = False
        self.follow(head)
        if len(headers) != count:
            raise malformed("its headers cannot be told apart")
        # llhttp reports trailers like headers; they must not reach the list the request keeps.
        self._headers = []
        parsed = build_head(start, headers, peer=self._peer, is_tls=self._is_tls)
        if len(head) <= REMEMBERED_BYTES_MAX and parsed.is_plain:
            self.last_head = head
            self.last_bytes = len(head)
            self.last_message_bytes = len(head) + (parsed.request.body_bytes or 0)
            self.last_parsed = parsed
        return parsed

    def follow(self, data: bytes | memoryview) -> None:
        """Let llhttp read the same bytes. Raises request.malformed or request.method where it objects."""
        if not self._follows:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._parser = httptools.HttpRequestParser(self)
            self._follows = False
        except httptools.HttpParserInvalidMethodError as error:
            raise TollwayError("request.method") from error
        except httptools.HttpParserError as error:
            raise malformed(str(error)) from error

    def check_end(self, is_end: bool) -> None:
        """Raise request.malformed unless llhttp agrees on whether the message ends here."""
        if self._follows and self._is_complete != is_end:
            raise malformed("the end of the body is in doubt")

    def close(self) -> None:
        """Let go of the parser, which refers back to this object."""
        self._parser = _NO_PARSER

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by llhttp for each header."""
        self._headers.append((name.lower(), value.strip()))

    def on_message_complete(self) -> None:
        """Called by llhttp at the end of the message."""
        self._is_complete = True
