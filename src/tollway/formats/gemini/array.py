"""The form that Gemini streams in without `alt=sse`: one JSON array whose elements arrive one by one.

https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent — the gateway always asks the upstream
for events and writes them as events; this turns them into the array for callers that did not ask for events, whether
they were passed through or translated, errors too.
"""

from tollway.wire.sse import SSEDecoder, SSEEvent


class ArrayWriter:
    """Turns this dialect's events into an array. Single use; never raises."""

    def __init__(self) -> None:
        self._decoder = SSEDecoder()
        self._has_begun = False
        self._is_broken = False

    def feed(self, chunk: bytes) -> bytes:
        """Return the elements that the events in `chunk` amount to; any chunking gives the same array."""
        if self._is_broken:
            return b""
        try:
            return b"".join(map(self._element, self._decoder.feed(chunk)))
        except ValueError:  # An endless event: the array ends here, and is no JSON text that a client could take.
            self._is_broken = True
            return b""

    def finish(self) -> bytes:
        """Return the end of the array; an array that could not be continued is left open."""
        if self._is_broken:
            return b""
        last = self._decoder.finish()
        rest = b"" if last is None else self._element(last)
        return rest + (b"]\n" if self._has_begun else b"[]\n")

    def _element(self, event: SSEEvent) -> bytes:
        before, self._has_begun = (b",\r\n" if self._has_begun else b"["), True
        return before + event.data


def open_array() -> ArrayWriter:
    """Return the writer of one array; it is fed what `Watch` or `EventWriter` would send as events."""
    return ArrayWriter()
