"""A request body that was not complete when its head was: held, buffered, streamed or discarded.

The connection pushes decoded bytes; the exchange asks for them in one way. Memory is bounded in each:
held bytes by a small constant, buffered ones by the route's limit and the worker's budget, streamed ones
by the sink's back-pressure.
"""

import asyncio
from collections.abc import Callable

from tollway.edge.flow import BodySink
from tollway.kernel.errors import TollwayError
from tollway.wire.chunked import ChunkedDecoder
from tollway.wire.http1 import malformed

Piece = bytes | memoryview
"""Of a body: what came with the head is a view of what was read, so that it is copied once, with all the rest."""
# Taken in before the handler asks for the body, per connection.
HELD_BYTES_MAX = 65_536
# Read and thrown away after an answer, so that the connection can be kept.
DRAIN_BYTES_MAX = 65_536


class BufferBudget:
    """Counts the bytes of all buffered request bodies of a worker."""

    __slots__ = ("bytes_max", "bytes_used")

    def __init__(self, bytes_max: int) -> None:
        self.bytes_max = bytes_max
        self.bytes_used = 0

    def take(self, count: int) -> None:
        """Add `count` bytes. Raises gateway.overloaded, and takes nothing, when they do not fit."""
        if self.bytes_used + count > self.bytes_max:
            raise TollwayError("gateway.overloaded", public="The gateway has no memory for another request body.")
        self.bytes_used += count

    def give_back(self, count: int) -> None:
        """Release bytes taken before."""
        self.bytes_used -= count


class IncomingBody:
    """The receiving side of one request body."""

    __slots__ = (
        "_budget",
        "_bytes_max",
        "_bytes_taken",
        "_chunks",
        "_is_discarding",
        "_pause",
        "_resume",
        "_sink",
        "_size",
        "_waiter",
        "bytes_received",
        "decoder",
        "error",
        "is_complete",
        "remaining",
    )

    def __init__(
        self, length: int | None, budget: BufferBudget, pause: Callable[[], None], resume: Callable[[], None]
    ) -> None:
        self.remaining = length
        """Bytes still to come; None when chunked."""
        self.decoder = ChunkedDecoder() if length is None else None
        self.is_complete = False
        self.error: TollwayError | None = None
        self.bytes_received = 0
        self._budget = budget
        self._pause = pause
        self._resume = resume
        self._chunks: list[Piece] = []
        self._size = 0
        self._bytes_max: int | None = None
        self._bytes_taken = 0
        self._sink: BodySink | None = None
        self._is_discarding = False
        self._waiter: asyncio.Future[None] | None = None

    def decode(self, data: Piece) -> tuple[Piece, int, bool]:
        """Return the content in `data`, how many of its bytes belong to this body, and whether it ends there.

        Raises request.malformed for bad chunk framing.
        """
        remaining = self.remaining
        if remaining is None:
            assert self.decoder is not None
            decoded, used = self.decoder.feed(bytes(data))
            return decoded, used, self.decoder.is_complete
        content = data if len(data) <= remaining else data[:remaining]
        self.remaining = remaining - len(content)
        return content, len(content), self.remaining == 0

    def push(self, content: Piece, is_end: bool) -> None:
        """Take decoded content from the connection; `is_end` with the last of it. Never raises."""
        self.bytes_received += len(content)
        self.is_complete = is_end
        if self._is_discarding:
            if self.bytes_received > DRAIN_BYTES_MAX and not is_end:
                self.fail(malformed("the body goes on after the answer"))
        elif self._sink is not None:
            if content:
                self._sink.feed(bytes(content))
        elif content:
            self._chunks.append(content)
            self._size += len(content)
            if self._bytes_max is not None:
                self._check_buffered(self._bytes_max)
            elif self._size >= HELD_BYTES_MAX:
                self._pause()
        if is_end:
            self._wake()

    def fail(self, error: TollwayError) -> None:
        """The body cannot be completed: whoever reads it, now or later, gets `error`."""
        if self.error is None and not self.is_complete:
            self.error = error
        self._wake()

    async def read(self, bytes_max: int) -> bytes:
        """Wait for the whole body. Raises the error of `fail`, request.body_too_large or gateway.overloaded."""
        self._bytes_max = bytes_max
        if self.error is None:
            self._check_buffered(bytes_max)
            self._resume()
        await self._until_complete()
        return self._take()

    async def stream(self, sink: BodySink) -> None:
        """Feed what is there and what will come to `sink`; return at the end. Raises the error of `fail`."""
        self._sink = sink
        sink.watch_writable(self._on_sink_pause, self._on_sink_resume)
        if self._chunks:
            sink.feed(self._take())
        if sink.is_writable:
            self._resume()
        else:
            self._pause()
        await self._until_complete()

    def release(self) -> None:
        """Let go of the memory, the sink and the budget; idempotent."""
        self._budget.give_back(self._bytes_taken)
        self._bytes_taken = 0
        self._take()
        self._sink = None

    async def discard(self) -> None:
        """Throw away what is left of the body, up to a bound. Raises the error of `fail`."""
        self.release()
        self._is_discarding = True
        self.bytes_received = 0
        self._resume()
        await self._until_complete()

    def _on_sink_pause(self) -> None:
        if self._sink is not None and not self.is_complete:
            self._pause()

    def _on_sink_resume(self) -> None:
        if self._sink is not None:
            self._resume()

    async def _until_complete(self) -> None:
        while not self.is_complete and self.error is None:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self.error is not None:
            raise self.error

    def _check_buffered(self, bytes_max: int) -> None:
        size = self._size
        try:
            if size > bytes_max:
                raise TollwayError("request.body_too_large")
            self._budget.take(size - self._bytes_taken)
            self._bytes_taken = size
        except TollwayError as error:
            self.is_complete = False
            self._take()
            self._pause()
            self.fail(error)

    def _take(self) -> bytes:
        chunks, self._chunks = self._chunks, []
        self._size = 0
        return bytes(chunks[0]) if len(chunks) == 1 else b"".join(chunks)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
