"""Server-sent events, read incrementally: bytes in any chunking to whole events.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream — lines end in LF, CRLF or CR;
`data` lines are joined by LF; comments, `id` and `retry` are skipped; an event without data is none. What is
unfinished at the end of the stream is dropped, as the specification says, unless `finish` is asked for it.
"""

import msgspec

EVENT_BYTES_MAX = 16_777_216
"""A stream whose unfinished event is longer is refused: no vendor sends one, and memory is bounded."""

_BOM = b"\xef\xbb\xbf"


class SSEEvent(msgspec.Struct, frozen=True, gc=False):
    """One event. `event` is "" when the stream did not name its type."""

    event: str
    data: bytes


class SSEDecoder:
    """Finds the events of one stream. Single use."""

    __slots__ = ("_data", "_has_begun", "_is_after_cr", "_name", "_rest")

    def __init__(self) -> None:
        self._rest = b""
        self._name = ""
        self._data: list[bytes] = []
        self._has_begun = False
        self._is_after_cr = False

    def feed(self, chunk: bytes) -> list[SSEEvent]:
        """Return the events that `chunk` completes. Raises ValueError beyond EVENT_BYTES_MAX."""
        data = self._rest + chunk
        if not self._has_begun:
            if len(data) < len(_BOM) and _BOM.startswith(data):
                self._rest = data
                return []
            self._has_begun = True
            data = data.removeprefix(_BOM)
        if self._is_after_cr and data:
            # The LF of a CRLF that was cut between two chunks ends no second line.
            self._is_after_cr = False
            data = data.removeprefix(b"\n")
        lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._is_after_cr = data.endswith(b"\r")
        self._rest = lines.pop()
        found = [event for line in lines if (event := self._take(line)) is not None]
        if len(self._rest) + sum(map(len, self._data)) > EVENT_BYTES_MAX:
            raise ValueError("an event is too long")
        return found

    def finish(self) -> SSEEvent | None:
        """Return the event that was not ended by an empty line, if it has data; for vendors that omit the last one."""
        rest, self._rest = self._rest, b""
        if rest:
            self._take(rest)
        return self._take(b"")

    def _take(self, line: bytes) -> SSEEvent | None:
        if not line:
            name, data = self._name, self._data
            self._name, self._data = "", []
            return SSEEvent(name, b"\n".join(data)) if data else None
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
        elif field == b"event":
            self._name = value.decode("utf-8", "replace")
        return None


def event_bytes(data: bytes, event: str = "") -> bytes:
    """Write one event. `data` must have no line ends, as JSON texts have none."""
    return b"data: %b\n\n" % data if not event else b"event: %b\ndata: %b\n\n" % (event.encode(), data)
