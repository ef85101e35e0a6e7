"""An upstream's answer while it arrives: buffered until someone reads it, or passed straight to the caller.

It belongs to one request. When its last byte has come the connection leaves it at once; everything later
works on what was kept here.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from tollway.contract.policy import Timeouts
from tollway.edge.flow import CallerFlow
from tollway.edge.upstream import faults
from tollway.edge.upstream.sinks import framed, framed_through, through
from tollway.edge.upstream.tunnel import Tunnel, check_handshake
from tollway.gateway.ports import Answer, Exchange, Headers, Tap
from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.errors import TollwayError

if TYPE_CHECKING:
    from tollway.edge.upstream.connection import Connection
    from tollway.edge.upstream.plain_head import PlainHead
    from tollway.edge.upstream.request_body import Upload

BUFFER_BYTES_MAX = 65_536
"""What is read ahead of `read` or `relay`; then the upstream waits."""


class UpstreamAnswer:
    """Implements the Answer port. The connection calls the methods of the second half, from its callbacks."""

    __slots__ = (
        "_chunks",
        "_clock",
        "_exchange",
        "_is_reading",
        "_limit",
        "_monotonic_ns",
        "_size",
        "_tap",
        "_timeouts",
        "_tunnel",
        "_waiter",
        "connection",
        "content_bytes",
        "error",
        "facts",
        "headers",
        "idle_ns",
        "is_close_delimited",
        "is_complete",
        "is_head",
        "is_untouched",
        "sink",
        "status",
        "total_at_ns",
        "upgrade",
        "upload",
        "wants_upgrade",
    )

    def __init__(
        self,
        clock: Clock,
        timeouts: Timeouts,
        total_at_ns: int,
        *,
        is_head: bool,
        wants_upgrade: bool,
    ) -> None:
        self.status = 0
        self.headers: Headers = []
        self.facts: list[object] = []
        """Of a head that repeats on its connection, always the same list."""
        self.content_bytes: int | None = None
        self.upgrade = b""
        self.is_head = is_head
        self.is_complete = False
        self.is_close_delimited = False
        """The body ends where the connection does, so its completeness cannot be known."""
        self.is_untouched = False
        """The connection ended before any byte of an answer."""
        self.wants_upgrade = wants_upgrade
        self.error: TollwayError | None = None
        self.connection: Connection | None = None
        self.upload: Upload | None = None
        self._clock = clock
        self._timeouts = timeouts
        self.total_at_ns = total_at_ns
        self.sink: Callable[[bytes], None] | None = None
        """Takes the chunks of a relayed body, in place of `deliver`: one call less for each."""
        self._monotonic_ns = clock.monotonic_ns
        self.idle_ns = int(timeouts.idle_seconds * NANOS_PER_SECOND)
        self._chunks: list[bytes] = []
        self._size = 0
        self._limit = -1
        self._is_reading = False
        self._exchange: Exchange | None = None
        self._tap: Tap | None = None
        self._tunnel: Tunnel | None = None
        self._waiter: asyncio.Future[None] | None = None

    async def head(self) -> None:
        """Wait until the final head has come, or the connection has ended without one (`status` stays 0)."""
        waiter = self._waiter = asyncio.get_running_loop().create_future()
        try:
            await waiter
        except BaseException:  # as in _wait, which would be one coroutine more for each call
            self.close()
            raise
        if self.status == 0:
            await self._settle_upload()

    def take_whole(self, bytes_max: int) -> bytes | None:
        """Return the whole body if it has come."""
        if self.is_complete and self.upload is None and self._size <= bytes_max:
            return self._take()
        return None

    async def read(self, bytes_max: int) -> bytes:
        """Read the whole body, waking up once."""
        whole = self.take_whole(bytes_max)
        if whole is not None:
            return whole
        self._limit = bytes_max
        if (self.content_bytes or 0) > bytes_max or self._size > bytes_max:
            self.close()
            raise faults.protocol("the body is over its limit")
        if not self.is_complete and self.error is None:
            self._read_on()
            await self._wait()
        await self._settle_upload()
        if self.error is not None:
            raise self.error
        if self._size > bytes_max:
            raise faults.protocol("the body is over its limit")
        return self._take()

    async def relay(self, exchange: Exchange, tap: Tap | None) -> str | None:
        """Pass the body on as it arrives. When cancelled, the connection is closed and `tap.finish` is not called."""
        self._exchange = exchange
        self._tap = tap
        flow = cast(CallerFlow, exchange)
        self.sink = exchange.write if tap is None else through(tap, exchange)
        if self._chunks:
            self._pass_on(self._take())
        if not self.is_complete and self.error is None:
            self._read_on()
            if self.connection is not None:
                self.connection.relay_chunks(framed(flow) if tap is None else framed_through(tap, flow))
            flow.watch_writable(self._pause, self._resume)
            await self._wait()
        await self._settle_upload()
        code = None if self.error is None else self.error.code.name
        if tap is not None:
            last = tap.finish(code)
            if last:
                exchange.write(last)
        return code

    async def tunnel(self, exchange: Exchange) -> tuple[int, int]:
        """Switch the caller over too and copy bytes both ways.

        Raises upstream.protocol or upstream.truncated while the caller has not been answered.
        """
        connection = self.connection
        if self.status != 101 or connection is None:
            raise self.error or faults.protocol("the upstream did not switch protocols")
        check_handshake(self, exchange.head.websocket_key)
        exchange.respond(101, [*self.headers, (b"upgrade", self.upgrade)], b"")
        tunnel = self._tunnel = Tunnel(connection, self)
        caller = tunnel.join(cast(CallerFlow, exchange))
        try:
            if self._chunks:
                tunnel.receive(self._take())
            connection.limit(self.idle_deadline())
            connection.resume_reading()
            if self.error is None:
                await self._wait()
        finally:
            caller.close()
        return tunnel.bytes_from_caller, tunnel.bytes_from_upstream

    def close(self) -> None:
        """Abandon the answer and its connection."""
        connection = self.connection
        if connection is not None:
            connection.close()

    # For the connection.

    @property
    def is_uploading(self) -> bool:
        """Whether a streamed request body is still on its way."""
        return self.upload is not None and not self.upload.is_done

    def wake(self) -> None:
        """Let the task that waits go on."""
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def arrive(self, head: "PlainHead", body: bytes) -> None:
        """Take an answer that came whole, head and body at once."""
        self.status = head.status
        self.headers = head.headers
        self.facts = head.facts
        self.content_bytes = head.content_bytes
        self._chunks.append(body)
        self._size = len(body)
        self.complete()

    def deliver(self, chunk: bytes) -> None:
        """Take the next bytes of the body."""
        if self._exchange is not None:
            return self._pass_on(chunk)
        self._chunks.append(chunk)
        self._size += len(chunk)
        connection = self.connection
        if self._is_reading:
            if self._size > self._limit and connection is not None:
                connection.close(faults.protocol("the body is over its limit"))
        elif self._size >= BUFFER_BYTES_MAX:
            self._pause()

    def complete(self) -> None:
        """The body has ended properly."""
        self.is_complete = True
        self._leave()

    def fail(self, error: TollwayError) -> None:
        """The body will not be complete."""
        if not self.is_complete and self.error is None:
            self.error = error
        self._leave()

    def first_byte_deadline(self) -> int:
        """When the head must have come, from now."""
        return self._deadline_after(self._timeouts.first_byte_seconds)

    def idle_deadline(self) -> int:
        """When the next byte must have come, from now."""
        at_ns = self._monotonic_ns() + self.idle_ns
        return at_ns if at_ns < self.total_at_ns else self.total_at_ns

    def timeout(self, now_ns: int, *, is_waiting_for_head: bool) -> TollwayError:
        """Return the error for the deadline that passed."""
        limits = self._timeouts
        if now_ns >= self.total_at_ns:
            return faults.timeout("total", limits.total_seconds)
        if is_waiting_for_head and not self.is_uploading:
            return faults.timeout("first_byte", limits.first_byte_seconds)
        return faults.timeout("idle", limits.idle_seconds)

    def tunnel_received(self, data: bytes) -> None:
        """Take bytes of an upgraded connection."""
        if self._tunnel is None:
            self.deliver(data)
        else:
            self._tunnel.receive(data)

    # Inside.

    def _deadline_after(self, seconds: float) -> int:
        return min(self._clock.monotonic_ns() + int(seconds * NANOS_PER_SECOND), self.total_at_ns)

    async def _wait(self) -> None:
        waiter = self._waiter = asyncio.get_running_loop().create_future()
        try:
            await waiter
        except BaseException:  # only to clean up: a caller who left must not keep the upstream busy
            self.close()
            raise

    async def _settle_upload(self) -> None:
        if self.upload is not None:
            await self.upload.settle()

    def _leave(self) -> None:
        self.connection = None
        # The exchange may hold our signals: no cycle may outlive the call.
        self._exchange = self._tap = self.sink = None
        if self.upload is not None:
            self.upload.cancel()
        self.wake()

    def _take(self) -> bytes:
        chunks, self._chunks = self._chunks, []
        self._size = 0
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _pass_on(self, chunk: bytes) -> None:
        exchange = self._exchange
        assert exchange is not None
        if self._tap is not None:
            chunk = self._tap.feed(chunk)
        if chunk:
            exchange.write(chunk)

    def _read_on(self) -> None:
        self._is_reading = True
        connection = self.connection
        if connection is not None:
            connection.limit(self.idle_deadline())
            connection.resume_reading()

    def _pause(self) -> None:
        connection = self.connection
        if connection is not None:
            connection.pause_reading()
            connection.limit(self.total_at_ns)

    def _resume(self) -> None:
        connection = self.connection
        if connection is not None:
            connection.limit(self.idle_deadline())
            connection.resume_reading()


_: type[Answer] = UpstreamAnswer
