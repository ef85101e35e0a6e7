"""Streams a caller's request body to the upstream as it arrives.

The caller's socket is not read while the upstream's is full; an upstream that stays full passes its idle deadline.
"""

import asyncio
from typing import TYPE_CHECKING

from tollway.edge.flow import BodySink, CallerFlow, Signal
from tollway.edge.upstream import faults
from tollway.kernel.errors import TollwayError

if TYPE_CHECKING:
    from tollway.edge.upstream.answer import UpstreamAnswer
    from tollway.edge.upstream.connection import Connection


class Upload:
    """The sink of one request body and the task that fills it. The answer it belongs to cancels it when it ends."""

    def __init__(self, connection: "Connection", answer: "UpstreamAnswer", exchange: CallerFlow) -> None:
        self.is_done = False
        self._connection = connection
        self._answer = answer
        self._exchange = exchange
        self._is_chunked = exchange.head.body_bytes is None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to read from the caller."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    def cancel(self) -> None:
        """Stop reading from the caller. Idempotent."""
        if self._task is not None and not self.is_done:
            self._task.cancel()

    async def settle(self) -> None:
        """Wait until the caller's side has stopped; call after the answer has ended."""
        if self._task is not None and not self._task.done():
            await asyncio.wait((self._task,))

    @property
    def is_writable(self) -> bool:
        """Whether the upstream's socket takes more."""
        return not self._connection.is_write_paused

    def feed(self, chunk: bytes) -> None:
        """Write one chunk, framed."""
        if self._answer.connection is None:
            return  # the answer has ended early; what is left of the body has nowhere to go
        if self._is_chunked:
            chunk = b"%x\r\n%b\r\n" % (len(chunk), chunk)
        self._connection.write(chunk)

    def watch_writable(self, on_pause: Signal, on_resume: Signal) -> None:
        """Pass the connection's signals on, with the idle deadline running while it is full."""
        answer, connection = self._answer, self._connection

        def pause() -> None:
            if answer.connection is not None and answer.status == 0:
                connection.limit(answer.idle_deadline())
            on_pause()

        def resume() -> None:
            if answer.connection is not None and answer.status == 0:
                connection.limit(answer.total_at_ns)
            on_resume()

        connection.watch_writable(pause, resume)
        if connection.is_write_paused:
            pause()

    async def _run(self) -> None:
        answer, connection = self._answer, self._connection
        try:
            await self._exchange.read_body_into(self)
        except TollwayError as error:
            self.is_done = True
            connection.close(error)
            return
        except Exception as error:  # the edge's boundary: a fault of ours must not leave half a request open
            self.is_done = True
            connection.close(faults.truncated(f"the request body could not be read: {error!r}"))
            raise
        self.is_done = True
        if answer.connection is None:
            return
        if self._is_chunked:
            connection.write(b"0\r\n\r\n")
        if answer.status == 0:
            connection.limit(answer.first_byte_deadline())


_: type[BodySink] = Upload
