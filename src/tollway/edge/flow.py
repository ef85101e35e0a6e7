"""What the two halves of the edge ask of each other: the caller's connection and the upstream's.

The server's exchange implements `CallerFlow`; the upstream client implements `BodySink` for request bodies
and `TunnelEnd` for upgraded connections. Everything here is synchronous but `read_body_into`, runs in the
event loop's thread and must not raise. Back-pressure is always told as a pair of calls, pause then resume.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from tollway.gateway.ports import Exchange

Signal = Callable[[], None]


class BodySink(Protocol):
    """Where a streamed request body goes: the upstream's connection."""

    @property
    def is_writable(self) -> bool:
        """Whether more bytes are welcome; False above the sink's high-water mark."""
        ...

    def feed(self, chunk: bytes) -> None:
        """Take one non-empty chunk of the decoded body. Also called when not writable, for what was already read."""
        ...

    def watch_writable(self, on_pause: Signal, on_resume: Signal) -> None:
        """Call `on_pause` when `is_writable` turns False and `on_resume` when it turns True again.

        One watcher at a time; a new one replaces the old. When the sink's connection is lost, `on_resume` need
        not be called: whoever awaits `read_body_into` is to be cancelled, or cancels it.
        """
        ...


class TunnelEnd(Protocol):
    """Receives what the caller sends after its connection was handed over."""

    def feed(self, data: bytes) -> None:
        """Take bytes from the caller."""
        ...

    def closed(self) -> None:
        """The caller's connection has ended (end of stream, reset, or a stalled write). Called exactly once, last."""
        ...


class CallerFlow(Exchange, Protocol):
    """The exchange as the upstream client sees it. All of `Exchange`, and the flow of bytes."""

    @property
    def is_writable(self) -> bool:
        """Whether the caller's write buffer is below its mark (64 KiB). `write` works either way and never blocks."""
        ...

    def watch_writable(self, on_pause: Signal, on_resume: Signal) -> None:
        """Call `on_pause` and `on_resume` when the caller's write buffer crosses its marks, until the exchange ends.

        One watcher at a time. If the buffer is over its mark now, `on_pause` is called at once. Works after
        `hijack` too. A buffer that stays over its mark for `timeouts.idle_seconds` closes the connection.
        """
        ...

    def write_framed(self, chunk: bytes, frame: bytes) -> None:
        """Append `chunk` as `write` does; `frame` is it as one well-formed chunk, for callers who get chunks."""
        ...

    async def read_body_into(self, sink: BodySink) -> None:
        """Feed the request body to `sink` as it arrives and return at its end; sends `100 Continue` first when asked.

        The caller's socket is not read while the sink is not writable. Raises request.timeout (no byte for
        `timeouts.idle_seconds`), request.malformed (bad chunk framing). May be called once, and not with read_body.
        When it is cancelled, the rest of the body is drained or the connection closed after the answer.
        """
        ...

    def hijack(self, end: TunnelEnd) -> tuple[asyncio.Transport, bytes]:
        """Leave HTTP: return the caller's transport and the bytes that had already arrived after the head.

        Allowed once, after a final answer of 101 was sent with `respond(101, headers, b"")`. From now on
        `end.feed` gets the caller's bytes and `end.closed` its end; write to the transport directly; use
        `pause_reading` / `resume_reading` on it for back-pressure. The task is no longer cancelled when the
        caller leaves (`end.closed` says so). The owner closes the transport when the tunnel ends; idleness of
        the tunnel is the owner's deadline, a stalled write stays the server's.
        """
        ...
