"""Stand-ins for the upstream client's two neighbours: a server that follows a script, and a caller's exchange."""

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from types import TracebackType

from tollway.contract.policy import Timeouts, Upstream
from tollway.edge.flow import BodySink, Signal, TunnelEnd
from tollway.edge.upstream.destination import build_destination
from tollway.gateway.ports import Destination, Headers, RequestHead
from tollway.wire.chunked import ChunkedDecoder

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
RESET = object()
"""In a script: reset the connection."""
HOLD = object()
"""In a script: say nothing until the client closes."""
QUICK = Timeouts(connect_seconds=1.0, first_byte_seconds=0.3, idle_seconds=0.3, total_seconds=3.0)


async def read_request(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Read one request with a declared length or chunked; return its head and its body as framed."""
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        return head, await reader.readuntil(b"0\r\n\r\n")
    at = lower.find(b"content-length: ")
    if at < 0:
        return head, b""
    return head, await reader.readexactly(int(lower[at + 16 : lower.index(b"\r\n", at)]))


def script(*steps: object) -> Handler:
    """Return a handler that answers every request with the steps and closes.

    A step is bytes to send, a pause in seconds, RESET or HOLD.
    """

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        for step in steps:
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
            elif isinstance(step, int | float):
                await asyncio.sleep(step)
            elif step is RESET:
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
                return
            elif step is HOLD:
                await reader.read()

    return handle


def serve_each(*answers: bytes) -> Handler:
    """Return a handler that keeps the connection and gives the answers in turn, the last one for ever."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = list(answers)
        while True:
            await read_request(reader)
            writer.write(left.pop(0) if len(left) > 1 else left[0])

    return handle


class ScriptedUpstream:
    """A loopback server that runs `handler` for each connection and knows when its clients left."""

    def __init__(self, handler: Handler, context: ssl.SSLContext | None = None) -> None:
        self.connections = 0
        self.left = asyncio.Event()
        self.port = 0
        self._handler = handler
        self._context = context
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "ScriptedUpstream":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def destination(
        self,
        *,
        host: str = "127.0.0.1",
        scheme: str = "http",
        key: str = "k",
        timeouts: Timeouts = QUICK,
        ca_pem: str | None = None,
        proxy_url: str | None = None,
        allow_private: tuple[str, ...] = ("*",),
    ) -> Destination:
        """Return a destination that leads here."""
        upstream = Upstream(
            base_url=f"{scheme}://{host}:{self.port}",
            allow_private=allow_private,
            timeouts=timeouts,
            ca_pem=ca_pem,
            proxy_url=proxy_url,
        )
        return build_destination(upstream, pool_key=key)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._handler(reader, writer)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            self.left.set()
            self._tasks.discard(task)
            writer.close()


class StandInExchange:
    """A caller: gives the request body in pieces, takes the answer, and can stop taking it."""

    def __init__(self, pieces: tuple[object, ...] = (), *, body_bytes: int | None = None) -> None:
        self.head = RequestHead(
            method="POST",
            path="/",
            query="",
            headers=[],
            is_http_1_0=False,
            body_bytes=body_bytes,
            peer="127.0.0.1",
            is_tls=False,
            host="gateway",
            websocket_key=None,
        )
        self.accepted_ns = 0
        self.bytes_sent = 0
        self.has_started = False
        self.is_writable = True
        self.writes: list[bytes] = []
        self.fed = 0
        self.on_write: Callable[[], None] | None = None
        self._pieces = pieces
        self._pause: Signal | None = None
        self._resume: Signal | None = None

    @property
    def body(self) -> bytes:
        """Everything that was written."""
        return b"".join(self.writes)

    def write(self, chunk: bytes) -> None:
        self.writes.append(chunk)
        self.bytes_sent += len(chunk)
        if self.on_write is not None:
            self.on_write()

    def write_framed(self, chunk: bytes, frame: bytes) -> None:
        assert ChunkedDecoder().feed(frame) == (chunk, len(frame)), (chunk, frame)
        self.write(chunk)

    def watch_writable(self, on_pause: Signal, on_resume: Signal) -> None:
        self._pause, self._resume = on_pause, on_resume
        if not self.is_writable:
            on_pause()

    def stop_taking(self) -> None:
        """Say that the write buffer is over its mark."""
        self.is_writable = False
        if self._pause is not None:
            self._pause()

    def take_again(self) -> None:
        """Say that the write buffer is below its mark."""
        self.is_writable = True
        if self._resume is not None:
            self._resume()

    async def read_body_into(self, sink: BodySink) -> None:
        writable = asyncio.Event()
        writable.set()
        sink.watch_writable(writable.clear, writable.set)
        for piece in self._pieces:
            if isinstance(piece, bytes):
                await writable.wait()
                sink.feed(piece)
                self.fed += len(piece)
                await asyncio.sleep(0)
            elif isinstance(piece, Exception):
                raise piece
            elif isinstance(piece, int | float):
                await asyncio.sleep(piece)

    async def read_body(self, bytes_max: int) -> bytes:
        raise NotImplementedError

    def respond(self, status: int, headers: Headers, body: bytes) -> None:
        raise NotImplementedError

    def start(self, status: int, headers: Headers, body_bytes: int | None) -> None:
        self.has_started = True

    def finish(self) -> None:
        pass

    def abort(self) -> None:
        pass

    def hijack(self, end: TunnelEnd) -> tuple[asyncio.Transport, bytes]:
        raise NotImplementedError


class UpperTap:
    """A tap that changes what passes and says how the body ended."""

    def __init__(self) -> None:
        self.ended: list[str | None] = []

    def feed(self, chunk: bytes) -> bytes:
        return chunk.upper()

    def finish(self, error_code: str | None) -> bytes:
        self.ended.append(error_code)
        return b"<end>"


class Promise:
    """A future without a loop."""

    is_done = False

    def done(self) -> bool:
        return self.is_done

    def set_result(self, result: None) -> None:
        self.is_done = True
