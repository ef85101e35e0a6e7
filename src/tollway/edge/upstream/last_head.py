"""The plain head that a connection read last: most answers of an upstream begin as the one before did.

Law: what is known follows from the bytes of the head alone, and a head is known by all of its bytes.
"""

from tollway.edge.upstream.plain_head import CHUNKED, PlainHead, read_plain_head
from tollway.edge.upstream.read_buffer import ReadBuffer

KNOWN_BYTES_MAX = 2_048
"""A longer head is read each time, so that an idle connection holds little."""


class LastHead:
    """Reads heads at the beginning of the buffer, and remembers the last one if it was plain."""

    __slots__ = ("_buffer", "_view", "head", "message_bytes", "text")

    def __init__(self, buffer: ReadBuffer) -> None:
        self._buffer = buffer.raw
        self._view = buffer.view
        self.text = b""
        self.head: PlainHead | None = None
        """What `text` says; None when nothing is known."""
        self.message_bytes = 0
        """Of the head with its body; 0 when nothing is known, or the body comes in chunks."""

    def read(self, nbytes: int) -> tuple[PlainHead, int] | None:
        """Return what the plain head says that the last `nbytes` begin with, and its size; None: it is none, or cut."""
        if self.head is not None and self._buffer.startswith(self.text, 0, nbytes):
            return self.head, len(self.text)
        end = self._buffer.find(b"\r\n\r\n", 0, nbytes)
        head = read_plain_head(bytes(self._view[:end])) if end >= 0 else None
        if head is None:
            return None
        size = end + 4
        if size > KNOWN_BYTES_MAX:
            self.forget()
        else:
            self.text, self.head = bytes(self._view[:size]), head
            self.message_bytes = 0 if head.content_bytes == CHUNKED else size + head.content_bytes
        return head, size

    def forget(self) -> None:
        """Know nothing: the last head was not plain."""
        self.text, self.head, self.message_bytes = b"", None, 0
