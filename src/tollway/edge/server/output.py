"""The sending side of a caller's connection: writes, back-pressure, and the bound on slow readers.

What is written is held until the turn of the loop ends (see `edge/outbox.py`), but for what is long or has to wait
anyway.

A reader may be slow, but not stalled: while its buffer is over the mark it must take a minimum of bytes
in each idle time, or the connection is aborted.
"""

import asyncio
import socket
import struct

from tollway.edge.flow import Signal
from tollway.edge.outbox import Outbox
from tollway.edge.server.timers import Deadline, TimerWheel
from tollway.kernel.clock import Clock

WRITE_HIGH_BYTES = 65_536
WRITE_LOW_BYTES = 16_384
HELD_BYTES_MAX = 65_536
"""Of one connection; what is longer is sent at once."""
# A streamed request body, and the reader of an answer, must be this fast on average once their grace is over.
BYTES_PER_SECOND_MIN = 500

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Output:
    """Wraps the transport's sending half. After `is_closed` nothing is written any more."""

    __slots__ = (
        "_bytes_written",
        "_clock",
        "_held",
        "_idle_ns",
        "_loop",
        "_outbox",
        "_stall",
        "_stall_mark",
        "_transport",
        "_waiter",
        "_wheel",
        "is_closed",
        "is_writable",
        "watch",
    )

    def __init__(
        self, transport: asyncio.Transport, outbox: Outbox, wheel: TimerWheel, clock: Clock, idle_ns: int
    ) -> None:
        transport.set_write_buffer_limits(high=WRITE_HIGH_BYTES, low=WRITE_LOW_BYTES)
        self.is_closed = False
        self.is_writable = True
        self.watch: tuple[Signal, Signal] | None = None
        """Told when the write buffer crosses its marks; belongs to the present exchange."""
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._outbox = outbox
        self._wheel = wheel
        self._clock = clock
        self._idle_ns = idle_ns
        self._bytes_written = 0
        """While the buffer is over its mark: what was in it when it went over, and what was written since."""
        self._held = b""
        """Written in this turn of the loop and not sent yet."""
        self._stall: Deadline | None = None
        self._stall_mark = 0
        self._waiter: asyncio.Future[None] | None = None

    def write(self, data: bytes) -> None:
        """Send bytes before this turn of the loop is over; nothing happens when the caller is gone."""
        if self._held:
            data = self._held + data
            if len(data) < HELD_BYTES_MAX:
                self._held = data
                return
            self._held = b""
        elif self.is_writable and len(data) < HELD_BYTES_MAX and not self.is_closed:
            self._held = data
            self._outbox.add(self)
            return
        if not self.is_closed:
            if not self.is_writable:
                self._bytes_written += len(data)
            self._transport.write(data)

    def send_held(self) -> None:
        """Send now what is held."""
        data = self._held
        if data:
            self._held = b""
            if not self.is_writable:
                self._bytes_written += len(data)
            self._transport.write(data)

    def write_end(self) -> None:
        """Send what was written and close this half of the connection."""
        self.send_held()
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def close(self) -> None:
        """Send what was written, then close."""
        self.send_held()
        self._transport.close()

    def reset(self) -> None:
        """Close with a TCP reset, so that an answer that only the end of the stream ends does not look complete."""
        self._held = b""
        raw = self._transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._transport.abort()

    def pause(self) -> None:
        """The write buffer is over its mark: tell the relay, and bound how long that may last."""
        self.is_writable = False
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
        self._held = b""
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
