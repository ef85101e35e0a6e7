"""What a head says beside its headers to pass on, as llhttp reports it line by line."""

from tollway.edge.upstream.faults import Violation
from tollway.edge.upstream.plain_head import HEADERS_MAX, read_idle_seconds
from tollway.gateway.ports import Headers

_WATCHED = frozenset(
    (
        b"connection",
        b"content-length",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)


class HeadNotes:
    """The lines of one head: those to pass on, and what those for this connection alone mean."""

    __slots__ = ("content_bytes", "headers", "idle_seconds", "is_chunked", "is_persistent", "named", "upgrade")

    def __init__(self) -> None:
        self.headers: Headers = []
        self.named: frozenset[bytes] = frozenset()
        """Header names and options that Connection lists."""
        self.upgrade = b""
        self.is_chunked = False
        self.content_bytes: int | None = None
        self.is_persistent = True
        self.idle_seconds: float | None = None

    def add(self, name: bytes, value: bytes) -> None:
        """Take one line, its name in lower case. Raises Violation."""
        if len(self.headers) >= HEADERS_MAX:
            raise Violation("too many header lines")
        if name in _WATCHED:
            self._watch(name, value)
            if name != b"content-length":
                return
        self.headers.append((name, value))

    def passed_on(self) -> Headers:
        """Return the lines but those that Connection names."""
        named = self.named
        return [header for header in self.headers if header[0] not in named] if named else self.headers

    def check_version(self, version: str) -> None:
        """Take the version of the whole head. Raises Violation for one that is not HTTP/1."""
        if version == "1.1":
            return
        if version != "1.0":
            raise Violation("a version other than HTTP/1")
        if self.is_chunked:
            raise Violation("a transfer coding in HTTP/1.0")
        self.is_persistent = False

    def _watch(self, name: bytes, value: bytes) -> None:
        if name == b"content-length":
            if not value.isdigit():  # bytes: ASCII digits only. llhttp has checked it too, and that there is one
                raise Violation("a content-length that is not a number")
            self.content_bytes = int(value)
        elif name == b"connection":
            options = frozenset(option.strip() for option in value.lower().split(b","))
            self.named |= options
            if b"close" in options:
                self.is_persistent = False
        elif name == b"transfer-encoding":
            if self.is_chunked or value.lower() != b"chunked":
                raise Violation("a transfer coding other than one `chunked`")
            self.is_chunked = True
        elif name == b"upgrade":
            self.upgrade = value
        elif name == b"keep-alive":
            self.idle_seconds = read_idle_seconds(value)
