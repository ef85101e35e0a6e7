"""One request and its answer, as the pipeline and the upstream client see it.

Framing of the answer is decided here and nowhere else. An exchange never writes after its end, so a
handler that keeps it too long cannot touch the next answer on the connection.
"""

import asyncio
from typing import TYPE_CHECKING, cast

from tollway.edge.flow import BodySink, CallerFlow, Signal, TunnelEnd
from tollway.edge.server.body import IncomingBody
from tollway.edge.server.head import ParsedHead
from tollway.edge.server.refusal import refusal
from tollway.gateway.ports import Headers
from tollway.kernel.errors import TollwayError
from tollway.wire.http1 import STATUS_LINES, response_head, response_with_length

if TYPE_CHECKING:
    from tollway.edge.server.connection import Connection

_WITHOUT_BODY = frozenset((204, 304))
_STATUS_LINES = {status: line for status, line in STATUS_LINES.items() if status >= 200 and status not in _WITHOUT_BODY}
"""Of answers that have a body."""
_CLOSE = b"connection: close\r\n"
_KEEP = b"connection: keep-alive\r\n"
_UPGRADE = b"connection: upgrade\r\n"


class ServerExchange:
    """Implements `CallerFlow` on a server connection."""

    __slots__ = (
        "_body",
        "_bytes_left",
        "_bytes_taken",
        "_connection",
        "_incoming",
        "_is_chunked",
        "_is_usual",
        "_output",
        "_sends_body",
        "_server",
        "accepted_ns",
        "bytes_sent",
        "has_started",
        "head",
        "is_ended",
        "is_upgraded",
        "keeps_alive",
    )

    def __init__(self, connection: "Connection", parsed: ParsedHead, body: bytes) -> None:
        """Begin to answer the request of which `body` has come, whole unless the connection has an incoming body."""
        server = self._server = connection.server
        self.head = parsed.request
        monotonic_ns = server.monotonic_ns  # in a name of its own, since calling an attribute is slow
        self.accepted_ns = monotonic_ns()
        self.bytes_sent = 0
        self.has_started = False
        self.is_ended = False
        """Whether the answer was completed or given up."""
        self.is_upgraded = False
        """Whether a WebSocket handshake was answered with 101."""
        self.keeps_alive = parsed.wants_keep_alive
        """Whether the connection goes on after this exchange; it may only turn False."""
        self._connection = connection
        self._output = connection.output
        self._bytes_taken = 0
        self._sends_body = True
        self._is_chunked = False
        self._bytes_left: int | None = None
        self._body = body
        self._incoming = connection.body
        self._is_usual = parsed.is_usual

    @property
    def bytes_received(self) -> int:
        """Bytes of the request's body that came so far; see the port."""
        incoming = self._incoming
        return len(self._body) if incoming is None else incoming.bytes_received

    def take_body(self, bytes_max: int) -> bytes | None:
        """Return the whole body if it came with the head, else None; see the port."""
        if self._incoming is not None:
            return None
        body = self._body
        size = len(body)
        if size > bytes_max:
            raise TollwayError("request.body_too_large")
        if self._bytes_taken == 0:
            self._server.budget.take(size)
            self._bytes_taken = size
        return body

    async def read_body(self, bytes_max: int) -> bytes:
        """Read the whole body; see the port."""
        body = self.take_body(bytes_max)
        if body is not None:
            return body
        declared = self.head.body_bytes
        if declared is not None and declared > bytes_max:
            self.keeps_alive = False
            raise TollwayError("request.body_too_large")
        self._connection.begin_body(is_streamed=False)
        return await cast(IncomingBody, self._incoming).read(bytes_max)

    async def read_body_into(self, sink: BodySink) -> None:
        """Stream the body to `sink`; see the flow."""
        incoming = self._incoming
        if incoming is None:
            if self._body:
                sink.feed(self._body)
            return
        self._connection.begin_body(is_streamed=True)
        await incoming.stream(sink)

    def respond(self, status: int, headers: Headers, body: bytes, lines: bytes = b"") -> None:
        """Send a whole answer; see the port."""
        status_line = _STATUS_LINES.get(status)
        incoming = self._incoming
        is_read = incoming is None or incoming.is_complete
        goes_on = is_read and self._is_usual and self.keeps_alive and not self._server.is_draining
        if not goes_on or status_line is None or self.has_started or self.is_ended:
            self.respond_framed(status, headers, body, lines)
            return
        answer = response_with_length(status_line, headers, lines, self._server.date_line(), body)
        self.has_started = self.is_ended = True
        self.bytes_sent = len(body)
        self._output.write(answer)

    def respond_framed(self, status: int, headers: Headers, body: bytes, lines: bytes) -> None:
        """As `respond`, for every request and status; the framing is decided."""
        if status == 101:
            self._switch_protocols(headers)
            return
        head = self._begin(status, headers, len(body), lines)
        self.is_ended = True
        if self._sends_body and body:
            self.bytes_sent = len(body)
            head += body
        self._output.write(head)

    def start(self, status: int, headers: Headers, body_bytes: int | None, lines: bytes = b"") -> None:
        """Begin an answer; see the port."""
        self._output.write(self._begin(status, headers, body_bytes, lines))

    def write(self, chunk: bytes) -> None:
        """Append to the body. Raises RuntimeError, after closing the connection, beyond the declared length."""
        if self.is_ended or not self._sends_body or not chunk:
            return
        size = len(chunk)
        if self._is_chunked:
            self._output.write(b"%x\r\n%b\r\n" % (size, chunk))
        else:
            left = self._bytes_left
            if left is not None:
                if size > left:
                    self.abort()
                    raise RuntimeError("the answer is longer than declared")
                self._bytes_left = left - size
            self._output.write(chunk)
        self.bytes_sent += size

    def write_framed(self, chunk: bytes, frame: bytes) -> None:
        """Append a chunk that came in a frame; see the flow."""
        if self._is_chunked and not self.is_ended:
            self._output.write(frame)
            self.bytes_sent += len(chunk)
        else:
            self.write(chunk)

    def finish(self) -> None:
        """End a started answer; one that is shorter than declared is aborted instead."""
        if self.is_ended or not self.has_started:
            return
        if self._sends_body and self._bytes_left:
            self.abort()
            return
        self.is_ended = True
        if self._is_chunked and self._sends_body:
            self._output.write(b"0\r\n\r\n")

    def abort(self) -> None:
        """Give the answer up; see the port."""
        if self.is_ended:
            return
        self.is_ended = True
        self.keeps_alive = False
        # Only the end of the stream ends an answer without framing, so a clean end would be a lie there.
        is_delimited_by_close = not self._is_chunked and self._bytes_left is None
        if is_delimited_by_close or not self.has_started:
            self._output.reset()
        else:
            self._output.close()

    @property
    def is_writable(self) -> bool:
        """Whether the caller's write buffer is below its mark."""
        return self._output.is_writable

    def watch_writable(self, on_pause: Signal, on_resume: Signal) -> None:
        """Tell when the caller's write buffer crosses its marks; see the flow."""
        self._output.watch = (on_pause, on_resume)
        if not self._output.is_writable:
            on_pause()

    def hijack(self, end: TunnelEnd) -> tuple[asyncio.Transport, bytes]:
        """Leave HTTP; see the flow. Raises RuntimeError when no 101 was sent."""
        return self._connection.begin_tunnel(end)

    def fail(self, error: TollwayError) -> None:
        """The handler left without an answer: give `error` as the answer if that is still possible, and close."""
        if self.is_ended:
            return
        if self.has_started:
            self.abort()
            return
        self.keeps_alive = False
        status, headers, body = refusal(error, self._server.explained)
        self.respond(status, headers, body)

    def close(self) -> None:
        """Release what the exchange holds; nothing is written any more."""
        self.is_ended = True
        if self._incoming is not None:
            self._incoming.release()
        elif self._bytes_taken:
            self._server.budget.give_back(self._bytes_taken)
            self._bytes_taken = 0
        self._body = b""

    def _begin(self, status: int, headers: Headers, body_bytes: int | None, lines: bytes) -> bytes:
        """Decide the framing and return the head. RuntimeError when there is an answer already."""
        if self.has_started or self.is_ended:
            raise RuntimeError("the answer has already been started")
        request = self.head
        keeps = self.keeps_alive and self._connection.can_go_on()
        framing = lines + self._server.date_line()
        if status < 200 or status in _WITHOUT_BODY:
            self._sends_body = False
            self._bytes_left = 0
        elif body_bytes is not None:
            self._bytes_left = body_bytes
            framing += b"content-length: %d\r\n" % body_bytes
            if request.method == "HEAD":
                self._sends_body = False
        elif request.method == "HEAD":
            self._sends_body = False
        elif request.is_http_1_0:
            keeps = False
        else:
            self._is_chunked = True
            framing += b"transfer-encoding: chunked\r\n"
        self.keeps_alive = keeps
        if not keeps:
            framing += _CLOSE
        elif request.is_http_1_0:
            framing += _KEEP
        head = response_head(status, headers, framing)
        self.has_started = True
        return head

    def _switch_protocols(self, headers: Headers) -> None:
        if self.has_started or self.is_ended or self.head.websocket_key is None:
            raise RuntimeError("101 answers only a WebSocket handshake, once")
        head = response_head(101, headers, _UPGRADE)
        self.has_started = True
        self.is_ended = True
        self.is_upgraded = True
        self.keeps_alive = False
        self._output.write(head)


_: type[CallerFlow] = ServerExchange
