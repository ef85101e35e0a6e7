"""The sending side of a caller's connection: writes, back-pressure, and the bound on slow readers.

A reader may be slow, but not stalled: while its buffer is over the mark it must take a minimum of bytes
in each idle time, or the connection is aborted.
"""

import asyncio
import socket
import struct
from collections.abc import Callable

from tollway.edge.flow import Signal
from tollway.edge.server.timers import Deadline, TimerWheel
from tollway.kernel.clock import Clock

WRITE_HIGH_BYTES = 65_536
WRITE_LOW_BYTES = 16_384
# A streamed request body, and the reader of an answer, must be this fast on average once their grace is over.
BYTES_PER_SECOND_MIN = 500

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Output:
    """Wraps the transport's sending half. After `is_closed` nothing is written any more."""

    __slots__ = (
        "_bytes_written",
        "_clock",
        "_held_head",
        "_idle_ns",
        "_loop",
        "_stall",
        "_stall_mark",
        "_transport",
        "_waiter",
        "_wheel",
        "direct",
        "is_closed",
        "is_writable",
        "watch",
    )

    def __init__(self, transport: asyncio.Transport, wheel: TimerWheel, clock: Clock, idle_ns: int) -> None:
        transport.set_write_buffer_limits(high=WRITE_HIGH_BYTES, low=WRITE_LOW_BYTES)
        self.is_closed = False
        self.is_writable = True
        self.watch: tuple[Signal, Signal] | None = None
        """Told when the write buffer crosses its marks; belongs to the present exchange."""
        self.direct: Callable[[bytes], None] | None = transport.write
        """Hands bytes to the socket as `write` does; None while that has more to do or nothing may be written."""
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._wheel = wheel
        self._clock = clock
        self._idle_ns = idle_ns
        self._bytes_written = 0
        """While the buffer is over its mark: what was in it when it went over, and what was written since."""
        self._held_head = b""
        self._stall: Deadline | None = None
        self._stall_mark = 0
        self._waiter: asyncio.Future[None] | None = None

    def write(self, data: bytes) -> None:
        """Hand bytes to the socket, which is a system call; nothing happens when the caller is gone."""
        if self.is_closed:
            return
        if self._held_head:
            data = self._held_head + data
            self._held_head = b""
            self.direct = self._transport.write if self.is_writable else None
        if not self.is_writable:
            self._bytes_written += len(data)
        self._transport.write(data)

    def hold_head(self, head: bytes) -> None:
        """Send `head` with the first bytes of the body, or when this turn of the loop ends: a system call less."""
        self._held_head = head
        self.direct = None
        self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Send a held head now."""
        if self._held_head:
            self.write(b"")

    def close(self) -> None:
        """Send what was written, then close."""
        self.flush()
        self._transport.close()

    def reset(self) -> None:
        """Close with a TCP reset, so that an answer that only the end of the stream ends does not look complete."""
        raw = self._transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._transport.abort()

    def pause(self) -> None:
        """The write buffer is over its mark: tell the relay, and bound how long that may last."""
        self.is_writable = False
        self.direct = None
        self._bytes_written = self._transport.get_write_buffer_size()
        if self._stall is None:
            self._stall = Deadline(self._wheel, self._on_stall)
        self._stall_mark = self._bytes_taken()
        self._stall.start(self._clock.monotonic_ns() + self._idle_ns)
        if self.watch is not None:
            self.watch[0]()

    def resume(self) -> None:
        """The caller has caught up."""
        self.is_writable = True
        if not self._held_head and not self.is_closed:
            self.direct = self._transport.write
        if self._stall is not None:
            self._stall.clear()
        if self.watch is not None:
            self.watch[1]()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def until_writable(self) -> None:
        """Wait until the buffer is below its mark; the wait is bounded by the stall deadline."""
        self._waiter = self._loop.create_future()
        await self._waiter

    def dispose(self) -> None:
        """The connection is lost."""
        self.is_closed = True
        self.direct = None
        self._held_head = b""
        self.watch = None
        if self._stall is not None:
            self._stall.dispose()

    def _bytes_taken(self) -> int:
        return self._bytes_written - self._transport.get_write_buffer_size()

    def _on_stall(self) -> None:
        """The buffer has been over its mark for the idle time: go on only for a reader that is merely slow."""
        taken = self._bytes_taken()
        if taken - self._stall_mark < BYTES_PER_SECOND_MIN * self._idle_ns // 1_000_000_000:
            self._transport.abort()
            return
        self._stall_mark = taken
        assert self._stall is not None
        self._stall.start(self._clock.monotonic_ns() + self._idle_ns)
