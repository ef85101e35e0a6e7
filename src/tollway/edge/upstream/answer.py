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

_NOTHING: list[bytes] = []  # never added to
BUFFER_BYTES_MAX = 65_536
"""What is read ahead of `read` or `relay`; then the upstream waits."""


class Terms:
    """How long an answer of one destination may take, in nanoseconds, by whose clock."""

    __slots__ = ("first_byte_ns", "idle_ns", "monotonic_ns", "timeouts", "total_ns")

    def __init__(self, clock: Clock, timeouts: Timeouts) -> None:
        self.monotonic_ns = clock.monotonic_ns
        self.timeouts = timeouts
        self.first_byte_ns = int(timeouts.first_byte_seconds * NANOS_PER_SECOND)
        self.idle_ns = int(timeouts.idle_seconds * NANOS_PER_SECOND)
        self.total_ns = int(timeouts.total_seconds * NANOS_PER_SECOND)


class UpstreamAnswer:
    """Implements the Answer port. The connection calls the methods of the second half, from its callbacks.

    What most answers never need is set on the class, so that making one for each call costs little.
    """

    status = 0
    content_bytes: int | None = None
    upgrade = b""
    is_complete = False
    is_close_delimited = False
    """The body ends where the connection does, so its completeness cannot be known."""
    is_untouched = False
    """The connection ended before any byte of an answer."""
    error: TollwayError | None = None
    upload: "Upload | None" = None
    sink: Callable[[bytes], None] | None = None
    """Takes the chunks of a relayed body, in place of `deliver`: one call less for each."""
    headers: Headers
    facts: list[object]
    """Of a head that repeats on its connection, always the same list."""
    _chunks: list[bytes] = _NOTHING
    _size = 0
    _limit = -1
    _is_reading = False
    _exchange: Exchange | None = None
    _tap: Tap | None = None
    _tunnel: Tunnel | None = None

    def __init__(
        self,
        connection: "Connection",
        terms: Terms,
        total_at_ns: int,
        coming: "asyncio.Future[None]",
        *,
        is_head: bool = False,
        wants_upgrade: bool = False,
    ) -> None:
        """`coming` is done when the final head has come, or the connection has ended without one."""
        self.connection: Connection | None = connection
        self.terms = terms
        self.total_at_ns = total_at_ns
        self.coming = coming
        self.is_head = is_head
        self.wants_upgrade = wants_upgrade

    async def head(self) -> None:
        """Wait until the final head has come, or the connection has ended without one (`status` stays 0)."""
        await self._until(self.coming)
        if self.status == 0:
            await self._settle_upload()

    def failure(self) -> TollwayError:
        """Return why there is no head."""
        return self.error or faults.truncated("no answer")

    def take_whole(self, bytes_max: int) -> bytes | None:
        """Return the body if all of it is there and no longer than that; None: `read` says what is the matter."""
        if self.is_complete and self.upload is None and self._size <= bytes_max:
            return self._take()
        return None

    async def read(self, bytes_max: int) -> bytes:
        """Read the whole body, waking up once."""
        if (whole := self.take_whole(bytes_max)) is not None:
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
        coming = self.coming
        if not coming.done():
            coming.set_result(None)

    def arrive(self, head: "PlainHead", body: bytes) -> None:
        """Take an answer that came whole, head and body at once."""
        self.status = head.status
        self.headers = head.headers
        self.facts = head.facts
        self.content_bytes = head.content_bytes
        self._chunks = [body]
        self._size = len(body)
        self.is_complete = True
        if self.upload is not None:
            return self._leave()
        # As `_leave`, but nobody reads yet.
        self.connection = None
        coming = self.coming
        if not coming.done():
            coming.set_result(None)
        return None

    def deliver(self, chunk: bytes) -> None:
        """Take the next bytes of the body."""
        if self._exchange is not None:
            return self._pass_on(chunk)
        if self._chunks:
            self._chunks.append(chunk)
        else:
            self._chunks = [chunk]
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
        return min(self.terms.monotonic_ns() + self.terms.first_byte_ns, self.total_at_ns)

    def idle_deadline(self) -> int:
        """When the next byte must have come, from now."""
        at_ns = self.terms.monotonic_ns() + self.terms.idle_ns
        return at_ns if at_ns < self.total_at_ns else self.total_at_ns

    def timeout(self, now_ns: int, *, is_waiting_for_head: bool) -> TollwayError:
        """Return the error for the deadline that passed."""
        limits = self.terms.timeouts
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

    async def _wait(self) -> None:
        """Wait for the end."""
        self.coming = asyncio.get_running_loop().create_future()
        await self._until(self.coming)

    async def _until(self, coming: "asyncio.Future[None]") -> None:
        try:
            await coming
        except BaseException:  # only to clean up: a caller who left must not keep the upstream busy
            self.close()
            raise

    async def _settle_upload(self) -> None:
        if self.upload is not None:
            await self.upload.settle()

    def _leave(self) -> None:
        self.connection = None
        if self._exchange is not None:
            # It may hold our signals: no cycle may outlive the call.
            self._exchange = self._tap = self.sink = None
        if self.upload is not None:
            self.upload.cancel()
        self.wake()

    def _take(self) -> bytes:
        chunks, self._chunks = self._chunks, _NOTHING
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
