"""One caller's connection: bytes in, one request at a time, answers out in order.

A connection is in exactly one phase. One task per connection runs the handler; it is woken by a future
when a whole head is there. After any doubt about framing the connection answers, closes, and never reads
another request. What arrives early is kept, bounded, and otherwise left in the kernel.
"""

import asyncio
import enum
import logging
import socket
import struct
from typing import TYPE_CHECKING, cast

import httptools

from tollway.edge.flow import Signal, TunnelEnd
from tollway.edge.server.body import DRAIN_BYTES_MAX, IncomingBody
from tollway.edge.server.exchange import ServerExchange
from tollway.edge.server.head import build_head
from tollway.edge.server.refusal import refusal
from tollway.edge.server.timers import Deadline
from tollway.gateway.ports import Headers
from tollway.kernel.errors import TollwayError
from tollway.wire.http1 import has_bad_break, malformed, match_request_head, response_head

if TYPE_CHECKING:
    from tollway.edge.server.server import EdgeServer

WRITE_HIGH_BYTES = 65_536
WRITE_LOW_BYTES = 16_384
AHEAD_BYTES_MAX = 65_536
# After the last answer: how much, and how long, is read so that the answer is not lost to a reset.
LINGER_BYTES_MAX = 262_144
LINGER_NS = 2_000_000_000
# A streamed body, and an answer's reader, must be this fast on average once their grace is over.
BYTES_PER_SECOND_MIN = 500

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_CLOSE = b"connection: close\r\n"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_SECOND_NS = 1_000_000_000

_NO_PARSER = httptools.HttpRequestParser(None)

_log = logging.getLogger("tollway.edge")


class Phase(enum.Enum):
    """What the next byte from the caller belongs to."""

    HEAD = enum.auto()
    BODY = enum.auto()
    AHEAD = enum.auto()
    """The next request; the present one is still being answered."""
    LINGER = enum.auto()
    TUNNEL = enum.auto()
    CLOSED = enum.auto()


_HEAD, _BODY, _AHEAD = Phase.HEAD, Phase.BODY, Phase.AHEAD


class Pause(enum.IntFlag):
    """Why the socket is not read."""

    AHEAD = 1
    BODY = 2


class Connection(asyncio.Protocol):
    """The protocol of one accepted socket."""

    __slots__ = (
        "_accepted_ns",
        "_ahead",
        "_body",
        "_body_is_streamed",
        "_bytes_written",
        "_deadline",
        "_exchange",
        "_grace_until_ns",
        "_headers",
        "_is_message_complete",
        "_is_tls",
        "_linger_bytes_left",
        "_loop",
        "_must_continue",
        "_parser",
        "_paused",
        "_paused_at_ns",
        "_peer",
        "_phase",
        "_skipped_blank_line",
        "_stall",
        "_stall_mark",
        "_task",
        "_transport",
        "_tunnel",
        "_waiter",
        "_writable_waiter",
        "is_writable",
        "server",
        "watch",
    )

    def __init__(self, server: "EdgeServer", *, peer: str, is_tls: bool) -> None:
        self.server = server
        self.is_writable = True
        self.watch: tuple[Signal, Signal] | None = None
        """Told when the write buffer crosses its marks; belongs to the present exchange."""
        self._peer = peer
        self._is_tls = is_tls
        self._loop = server.loop
        self._phase = _HEAD
        self._deadline = Deadline(server.wheel, self._on_deadline)
        self._accepted_ns = server.clock.monotonic_ns()
        self._ahead = b""
        self._skipped_blank_line = False
        self._headers: Headers = []
        self._is_message_complete = False
        self._parser = httptools.HttpRequestParser(self)
        self._body: IncomingBody | None = None
        self._body_is_streamed = False
        self._grace_until_ns = 0
        self._paused_at_ns = 0
        self._must_continue = False
        self._paused = Pause(0)
        self._exchange: ServerExchange | None = None
        self._task: asyncio.Task[None] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._writable_waiter: asyncio.Future[None] | None = None
        self._tunnel: TunnelEnd | None = None
        self._stall: Deadline | None = None
        self._stall_mark = 0
        self._bytes_written = 0
        self._linger_bytes_left = LINGER_BYTES_MAX
        self._transport: asyncio.Transport

    # --- the loop's callbacks ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: the head's deadline runs from here, handshake or not."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=WRITE_HIGH_BYTES, low=WRITE_LOW_BYTES)
        self._deadline.start(self._accepted_ns + self.server.head_ns)
        self.server.connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes according to the phase."""
        phase = self._phase
        if phase is _HEAD:
            self._take_head(data)
        elif phase is _BODY:
            self._take_body(data)
        elif phase is _AHEAD:
            self._keep_ahead(data)
        elif phase is Phase.TUNNEL:
            cast(TunnelEnd, self._tunnel).feed(data)
        elif phase is Phase.LINGER:
            self._linger_bytes_left -= len(data)
            if self._linger_bytes_left < 0:
                self._transport.abort()

    def eof_received(self) -> bool | None:
        """Take a half-closed caller for gone, also one that waits for its answer: the transport closes itself."""
        self._stop()
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        """End: stop the handler, drop the deadlines."""
        self._stop()
        self._deadline.dispose()
        if self._stall is not None:
            self._stall.dispose()
        self._parser = _NO_PARSER  # The parser refers back to this object.
        self._ahead = b""
        self.watch = None
        self.server.connections.discard(self)

    def pause_writing(self) -> None:
        """The write buffer is over its mark: tell the relay, and bound how long that may last."""
        self.is_writable = False
        if self._stall is None:
            self._stall = Deadline(self.server.wheel, self._on_stall)
        self._stall_mark = self._bytes_taken_by_caller()
        self._stall.start(self.server.clock.monotonic_ns() + self.server.idle_ns)
        if self.watch is not None:
            self.watch[0]()

    def resume_writing(self) -> None:
        """The caller has caught up."""
        self.is_writable = True
        if self._stall is not None:
            self._stall.clear()
        if self.watch is not None:
            self.watch[1]()
        if self._writable_waiter is not None and not self._writable_waiter.done():
            self._writable_waiter.set_result(None)

    # --- llhttp's callbacks ---

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect one header."""
        self._headers.append((name.lower(), value.strip()))

    def on_message_complete(self) -> None:
        """Note that llhttp, too, sees the end of the message here."""
        self._is_message_complete = True

    # --- what the exchange and the server ask for ---

    def write(self, data: bytes) -> None:
        """Hand bytes to the socket; nothing happens when the caller is gone."""
        if self._phase is not Phase.CLOSED:
            self._bytes_written += len(data)
            self._transport.write(data)

    def can_go_on(self) -> bool:
        """Tell whether another request may follow, judged when the present answer begins."""
        body = self._body
        if self.server.is_draining:
            return False
        if body is None or body.is_complete:
            return True
        if self._must_continue or body.error is not None:
            return False
        return body.remaining is None or body.remaining <= DRAIN_BYTES_MAX

    def begin_body(self, *, is_streamed: bool) -> None:
        """The handler wants the body: invite it if the caller waits for that, and set its deadline."""
        if self._must_continue:
            self._must_continue = False
            self.write(_CONTINUE)
        if self._phase is not _BODY or self._exchange is None:
            return
        self._body_is_streamed = is_streamed
        if is_streamed:
            self._grace_until_ns = self.server.clock.monotonic_ns() + self.server.body_ns
            self._restart_stream_deadline()
        else:
            self._deadline.start(self._exchange.accepted_ns + self.server.body_ns)

    def begin_tunnel(self, end: TunnelEnd) -> tuple[asyncio.Transport, bytes]:
        """Leave HTTP for good."""
        exchange = self._exchange
        if exchange is None or not exchange.is_ended or exchange.head.websocket_key is None or exchange.bytes_sent:
            raise RuntimeError("there is no upgraded connection to hand over")
        early, self._ahead = self._ahead, b""
        self._tunnel = end
        if self._phase is Phase.CLOSED:
            self._tunnel = None
            end.closed()
        else:
            self._phase = Phase.TUNNEL
            self._deadline.clear()
            self._resume(Pause.AHEAD)
        return self._transport, early

    def give_up(self, must_reset: bool) -> None:
        """Close so that the answer is seen as cut off: with a reset where a clean end would look complete."""
        if self._phase is Phase.CLOSED:
            return
        if must_reset:
            raw = self._transport.get_extra_info("socket")
            if raw is not None:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._transport.abort()
        else:
            self._transport.close()

    def close_if_idle(self) -> None:
        """Close a kept connection on which no request has begun."""
        if self._phase is _HEAD and not self._ahead and self._exchange is None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once, whatever is going on."""
        self._transport.abort()

    # --- heads ---

    def _take_head(self, data: bytes) -> None:
        seen = len(self._ahead)
        if seen:
            data = self._ahead + data
            self._ahead = b""
        if data.startswith(b"\r\n") and not self._skipped_blank_line:
            # RFC 9112 section 2.2: "SHOULD ignore at least one empty line (CRLF) received prior to the request-line".
            self._skipped_blank_line = True
            data = data[2:]
            seen = 0
        end = data.find(b"\r\n\r\n", seen - 3 if seen > 3 else 0)
        try:
            if end < 0:
                self._wait_for_head(data, seen)
                return
            self._begin_request(data, end + 4)
        except TollwayError as error:
            self._refuse(error)

    def _wait_for_head(self, data: bytes, seen: int) -> None:
        limits = self.server.limits
        if len(data) > limits.head_bytes_max:
            raise TollwayError("request.header_too_large")
        if len(data) > limits.request_line_bytes_max and data.find(b"\r\n", 0, limits.request_line_bytes_max + 2) < 0:
            raise TollwayError("request.header_too_large", public="The request line is over its limit.")
        if has_bad_break(data, max(0, seen - 1)) or (self._skipped_blank_line and data.startswith(b"\r")):
            raise malformed("a line ends in a bare CR or LF, or there is a NUL or an empty line")
        if seen == 0 and data:
            # The deadline of a connection's first head already runs; that of a later one starts with its first byte.
            self._deadline.shrink(self.server.clock.monotonic_ns() + self.server.head_ns)
        self._ahead = data

    def _begin_request(self, data: bytes, size: int) -> None:
        """Check the head in the first `size` bytes, take what is there of the body, and wake the handler."""
        server = self.server
        limits = server.limits
        head = data if len(data) == size else data[:size]
        if size > limits.head_bytes_max or head.find(b"\r\n", 0, limits.request_line_bytes_max + 2) < 0:
            raise TollwayError("request.header_too_large")
        headers_count = head.count(b"\n") - 2
        if headers_count > limits.headers_max:
            raise TollwayError("request.header_too_large", public="There are too many headers.")
        start = match_request_head(head)
        self._headers = []
        self._is_message_complete = False
        self._feed(head)
        parsed = build_head(start, self._headers, peer=self._peer, is_tls=self._is_tls)
        if len(self._headers) != headers_count:
            raise malformed("its headers cannot be told apart")
        self._skipped_blank_line = False
        self._deadline.clear()
        request = parsed.request
        length = request.body_bytes
        body: bytes | IncomingBody
        if length is not None and len(data) - size >= length:
            end = size + length
            body = b""
            if length:
                body = data[size:end]
                self._feed(body)
            if not self._is_message_complete:
                raise malformed("its end is in doubt")
            self._body = None
            self._phase = _AHEAD
            rest = data[end:]
        else:
            self._body = body = IncomingBody(length, server.budget, self._pause_body, self._resume_body)
            self._body_is_streamed = False
            self._must_continue = parsed.expects_continue
            self._phase = _BODY
            rest = data[size:]
        keeps_alive = parsed.wants_keep_alive and request.websocket_key is None
        self._exchange = ServerExchange(self, request, server.clock.monotonic_ns(), keeps_alive=keeps_alive, body=body)
        if rest:
            self.data_received(rest)
        self._wake()

    def _feed(self, data: bytes) -> None:
        """Let llhttp read the same bytes; it must agree on the headers and on where the message ends."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._parser = httptools.HttpRequestParser(self)
        except httptools.HttpParserInvalidMethodError as error:
            raise TollwayError("request.method") from error
        except httptools.HttpParserError as error:
            raise malformed(str(error)) from error

    def _keep_ahead(self, data: bytes) -> None:
        ahead = self._ahead = self._ahead + data if self._ahead else data
        # Each further request has at least one blank line; bodies can only make this pause come earlier.
        if len(ahead) > AHEAD_BYTES_MAX or ahead.count(b"\r\n\r\n") >= self.server.limits.pipelined_max:
            self._pause(Pause.AHEAD)

    # --- bodies ---

    def _take_body(self, data: bytes) -> None:
        body = cast(IncomingBody, self._body)
        if body.error is not None:
            return
        self._must_continue = False
        try:
            used = self._decode_body(body, data)
        except TollwayError as error:
            self._deadline.clear()
            body.fail(error)
            return
        if body.is_complete:
            self._deadline.clear()
            self._resume(Pause.BODY)
            self._phase = _AHEAD
            if used < len(data):
                self._keep_ahead(data[used:])
        elif self._body_is_streamed and not self._paused:
            self._restart_stream_deadline()

    def _decode_body(self, body: IncomingBody, data: bytes) -> int:
        """Decode, let llhttp follow, and push; return how many bytes belonged to the body."""
        remaining = body.remaining
        if remaining is None:
            assert body.decoder is not None
            content, used = body.decoder.feed(data)
            is_end = body.decoder.is_complete
        else:
            content = data if len(data) <= remaining else data[:remaining]
            used = len(content)
            body.remaining = remaining - used
            is_end = used == remaining
        self._feed(data if used == len(data) else data[:used])
        if self._is_message_complete != is_end:
            raise malformed("the end of the body is in doubt")
        body.push(content, is_end)
        return used

    def _restart_stream_deadline(self) -> None:
        """A streamed body may stop for the idle time, and must keep a minimum rate once its grace is over."""
        body = cast(IncomingBody, self._body)
        earned_ns = body.bytes_received * _SECOND_NS // BYTES_PER_SECOND_MIN
        now_ns = self.server.clock.monotonic_ns()
        self._deadline.start(min(now_ns + self.server.idle_ns, self._grace_until_ns + earned_ns))

    def _pause_body(self) -> None:
        if not self._paused & Pause.BODY:
            self._pause(Pause.BODY)
            if self._body_is_streamed:
                self._paused_at_ns = self.server.clock.monotonic_ns()
                self._deadline.clear()

    def _resume_body(self) -> None:
        if self._paused & Pause.BODY:
            self._resume(Pause.BODY)
            if self._body_is_streamed and self._paused_at_ns:
                self._grace_until_ns += self.server.clock.monotonic_ns() - self._paused_at_ns
                self._restart_stream_deadline()
            self._paused_at_ns = 0

    def _pause(self, reason: Pause) -> None:
        if not self._paused and self._phase is not Phase.CLOSED:
            self._transport.pause_reading()
        self._paused |= reason

    def _resume(self, reason: Pause) -> None:
        if self._paused:
            self._paused &= ~reason
            if not self._paused and self._phase is not Phase.CLOSED:
                self._transport.resume_reading()

    # --- the task ---

    def _wake(self) -> None:
        if self._task is None:
            self._task = self._loop.create_task(self._serve())
            self.server.tasks.add(self._task)
            self._task.add_done_callback(self.server.tasks.discard)
        elif self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _serve(self) -> None:
        """Answer one request after the other, in order, until the connection is to be closed."""
        try:
            while True:
                exchange = self._exchange
                if exchange is None:
                    if self._phase is not _HEAD:
                        return
                    self._waiter = self._loop.create_future()
                    await self._waiter
                    continue
                await self._answer(exchange)
                if not exchange.keeps_alive or self._phase is Phase.CLOSED:
                    return
                await self._get_ready()
        finally:
            self._exchange = None
            self._finish()

    async def _answer(self, exchange: ServerExchange) -> None:
        try:
            await self.server.handle(exchange)
            if not exchange.is_ended:
                raise RuntimeError("the handler returned before the answer was complete")
        except Exception:  # the boundary of one request: nothing of it may reach the next
            if self._phase is not Phase.CLOSED:
                _log.exception("the handler of a request failed")
            if not exchange.is_ended:
                exchange.fail()
        finally:
            exchange.close()
            self.watch = None

    async def _get_ready(self) -> None:
        """Before the next request: the rest of this one's body is gone and the caller has caught up."""
        self._exchange = None
        body = self._body
        if body is not None:
            if not body.is_complete:
                self._body_is_streamed = False
                self._deadline.start(self.server.clock.monotonic_ns() + LINGER_NS)
                try:
                    await body.discard()
                except TollwayError:
                    return
            self._body = None
        if not self.is_writable:
            self._writable_waiter = self._loop.create_future()
            await self._writable_waiter
        if self._phase is not _AHEAD:
            return
        self._phase = _HEAD
        self._deadline.start(self.server.clock.monotonic_ns() + self.server.idle_ns)
        ahead = self._ahead
        if ahead:
            self._ahead = b""
            self._take_head(ahead)
        if self._paused and self._phase is _HEAD:
            self._resume(Pause.AHEAD)

    # --- ends ---

    def _refuse(self, error: TollwayError) -> None:
        """Answer for the edge itself and close: what follows on this connection cannot be trusted."""
        self.server.on_refused(error.code.name)
        status, headers, body = refusal(error)
        framing = self.server.date_line() + b"content-length: %d\r\n" % len(body) + _CLOSE
        self.write(response_head(status, headers, framing) + body)
        self._linger()

    def _finish(self) -> None:
        """Close after the last answer."""
        if self._phase is Phase.TUNNEL:
            self._transport.close()
        elif self._phase is _BODY or self._ahead:
            self._linger()
        elif self._phase is _HEAD or self._phase is _AHEAD:
            self._transport.close()

    def _linger(self) -> None:
        """Half-close and read on for a moment: closing with unread bytes would reset the answer away."""
        if self._phase is Phase.CLOSED:
            return
        self._phase = Phase.LINGER
        self._ahead = b""
        self._deadline.start(self.server.clock.monotonic_ns() + LINGER_NS)
        if self._paused:
            self._paused = Pause(0)
            self._transport.resume_reading()
        if not self._transport.is_closing() and self._transport.can_write_eof():
            self._transport.write_eof()

    def _stop(self) -> None:
        """The caller is gone: end what runs for it. A finished exchange is left to its accounting."""
        if self._phase is Phase.CLOSED:
            return
        self._phase = Phase.CLOSED
        if self._tunnel is not None:
            tunnel, self._tunnel = self._tunnel, None
            tunnel.closed()
        elif self._task is not None and (self._exchange is None or not self._exchange.is_ended):
            self._task.cancel()

    def _on_deadline(self) -> None:
        if self._phase is _HEAD:
            if self._ahead:
                self._refuse(TollwayError("request.timeout", public="The request head did not arrive in time."))
            else:
                self._transport.close()
        elif self._phase is _BODY:
            cast(IncomingBody, self._body).fail(
                TollwayError("request.timeout", public="The request body did not arrive in time.")
            )
        elif self._phase is Phase.LINGER:
            self._transport.abort()

    def _bytes_taken_by_caller(self) -> int:
        return self._bytes_written - self._transport.get_write_buffer_size()

    def _on_stall(self) -> None:
        """The buffer has been over its mark for the idle time: go on only for a reader that is merely slow."""
        taken = self._bytes_taken_by_caller()
        if taken - self._stall_mark < BYTES_PER_SECOND_MIN * self.server.idle_ns // _SECOND_NS:
            self._transport.abort()
            return
        self._stall_mark = taken
        cast(Deadline, self._stall).start(self.server.clock.monotonic_ns() + self.server.idle_ns)
