"""The chunked coding of RFC 9112 section 7.1, decoded without I/O and without mercy.

Sizes are 1 to 8 hex digits, every line ends in exactly CRLF, extensions follow the grammar and are
bounded over the whole message, trailers are checked, bounded and dropped. Cost is linear in the bytes.
"""

import re

from tollway.kernel.errors import TollwayError
from tollway.wire.http1 import TOKEN, are_field_lines, malformed

# CVE-2024-22019: extensions cost the sender nothing, so their sum is bounded per message.
EXTENSION_BYTES_MAX = 1_024
TRAILER_BYTES_MAX = 8_192

_QUOTED = rb'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"'
_EXTENSIONS = rb"(?:;" + TOKEN + rb"++(?:=(?:" + TOKEN + rb"++|" + _QUOTED + rb"))?)*"
_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,8})(" + _EXTENSIONS + rb")\r\n")
# What may still become a size line when more bytes come.
_SIZE_START = re.compile(rb"[0-9A-Fa-f]{0,8}|[0-9A-Fa-f]{1,8};[\t -~\x80-\xff]*+\r?|[0-9A-Fa-f]{1,8}\r")
FORBIDDEN_TRAILER = re.compile(
    rb"(?:^|\r\n)(?:content-length|transfer-encoding|host|connection|trailer|te|upgrade|authorization):", re.IGNORECASE
)
"""Fields that no request may have after its body."""


_PLAIN_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}")
_TOTALS_MAX = 1_024
known_totals: dict[bytes, int] = {}
"""Plain size lines met lately, and how long their chunks are in all: the events of a stream have few lengths."""


def read_whole_chunk(data: bytes) -> bytes | None:
    """Return the content of exactly one chunk, not the last one, without extensions; None when `data` is not that."""
    at = data.find(b"\r\n")
    total = known_totals.get(data[:at]) or _read_total(data[:at])
    return data[at + 2 : -2] if total == len(data) and data.endswith(b"\r\n") else None


def _read_total(line: bytes) -> int:
    """Return how long the chunk of a plain size line is, with its frame; 0 when it is not plain or ends the body."""
    if _PLAIN_SIZE.fullmatch(line) is None or (size := int(line, 16)) == 0:
        return 0
    if len(known_totals) >= _TOTALS_MAX:
        known_totals.clear()
    known_totals[line] = total = len(line) + size + 4
    return total


_LAST = b"0\r\n\r\n"
"""The end of a body without trailers."""
# What the next byte is part of. Numbers: members of an enumeration are slow to look up.
_SIZE, _DATA, _DATA_END, _TRAILER, _END = range(5)


class ChunkedDecoder:
    """Decodes one chunked body. Feed it bytes until `is_complete`; bytes after the end are not consumed."""

    __slots__ = ("_extension_bytes", "_forbidden", "_part", "_rest", "_size")

    def __init__(self, forbidden_trailer: re.Pattern[bytes] | None = FORBIDDEN_TRAILER) -> None:
        """Refuses trailer fields that the pattern finds; None takes any that is well-formed, since all are dropped."""
        self._forbidden = forbidden_trailer
        self._part = _SIZE
        self._size = 0
        self._rest = b""
        self._extension_bytes = 0

    @property
    def is_between_chunks(self) -> bool:
        """Whether a chunk begins with the next byte."""
        return self._part == _SIZE and not self._rest

    @property
    def is_complete(self) -> bool:
        """Whether the last chunk and the trailer section have been read."""
        return self._part == _END

    def feed(self, data: bytes) -> tuple[bytes, int]:
        """Decode as much of `data` as belongs to the body; return the content and the count of bytes used.

        All of `data` is used unless the body ends inside it. Raises request.malformed at the first broken rule.
        """
        held = len(self._rest)
        if held:
            data = self._rest + data
            self._rest = b""
        content: list[bytes] = []
        position = 0
        if self._part == _SIZE:
            position = self._take_plain(data, content)
        while position < len(data) and self._part != _END:
            step = self._step(data, position, content)
            if step == 0:
                self._rest = data[position:]
                position = len(data)
                break
            position += step
        return b"".join(content) if len(content) != 1 else content[0], position - held

    def _take_plain(self, data: bytes, content: list[bytes]) -> int:
        """Take the whole chunks that `data` begins with, as long as they are plain, and the plain end of the body.

        Returns how many bytes that are; what follows is taken step by step.
        """
        position = 0
        size = len(data)
        while position < size:
            at = data.find(b"\r\n", position, position + 10)
            if at < 0:
                return position
            line = data[position:at]
            total = known_totals.get(line) or _read_total(line)
            end = position + total
            if not total or end > size or not data.endswith(b"\r\n", at + 2, end):
                if data.startswith(_LAST, position):
                    self._part = _END
                    position += len(_LAST)
                return position
            content.append(data[at + 2 : end - 2])
            position = end
        return position

    def _step(self, data: bytes, position: int, content: list[bytes]) -> int:
        """Take one element at `position`; return its length, or 0 when more bytes are needed."""
        part = self._part
        if part == _DATA:
            taken = data[position : position + self._size]
            content.append(taken)
            self._size -= len(taken)
            if self._size == 0:
                self._part = _DATA_END
            return len(taken)
        if part == _DATA_END:
            return self._take_data_end(data, position)
        if part == _SIZE:
            return self._take_size(data, position)
        return self._take_trailer(data, position)

    def _take_size(self, data: bytes, position: int) -> int:
        line = _SIZE_LINE.match(data, position)
        if line is None:
            unfinished = data[position : position + EXTENSION_BYTES_MAX + 16]
            if _SIZE_START.fullmatch(unfinished) is None or len(unfinished) > EXTENSION_BYTES_MAX + 10:
                raise malformed("a chunk's size line is not well-formed")
            return 0
        self._extension_bytes += line.end(2) - line.start(2)
        if self._extension_bytes > EXTENSION_BYTES_MAX:
            raise malformed("the chunk extensions are too long")
        self._size = int(line[1], 16)
        self._part = _DATA if self._size else _TRAILER
        return line.end() - position

    def _take_data_end(self, data: bytes, position: int) -> int:
        """Take the CRLF after a chunk's content; h11 before 0.16 took any two bytes (CVE-2025-43859)."""
        end = data[position : position + 2]
        if end == b"\r\n":
            self._part = _SIZE
            return 2
        if end == b"\r":
            return 0
        raise malformed("a chunk is not followed by CRLF")

    def _take_trailer(self, data: bytes, position: int) -> int:
        if data.startswith(b"\r\n", position):
            self._part = _END
            return 2
        end = data.find(b"\r\n\r\n", position)
        lines = data[position:] if end < 0 else data[position : end + 2]
        if len(lines) > TRAILER_BYTES_MAX:
            raise TollwayError("request.header_too_large", public="The trailer section is over its limit.")
        if end < 0:
            return 0
        is_forbidden = self._forbidden is not None and self._forbidden.search(lines) is not None
        if is_forbidden or not are_field_lines(lines):
            raise malformed("the trailer section is not well-formed, or has a field that must not be there")
        self._part = _END
        return end + 4 - position
