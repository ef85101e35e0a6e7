"""One caller's connection: bytes in, one request at a time, answers out in order.

A connection is in exactly one phase. One task per connection runs the handler; it is woken by a future
when a whole head is there. After any doubt about framing the connection answers, closes, and never reads
another request. What arrives early is kept, bounded, and otherwise left in the kernel.
"""

import asyncio
import enum
import logging
from typing import TYPE_CHECKING, cast

from tollway.edge.flow import TunnelEnd
from tollway.edge.server.body import DRAIN_BYTES_MAX, IncomingBody, Piece
from tollway.edge.server.exchange import ServerExchange
from tollway.edge.server.head import ParsedHead
from tollway.edge.server.head_reader import HeadReader
from tollway.edge.server.output import BYTES_PER_SECOND_MIN, Output
from tollway.edge.server.refusal import refusal
from tollway.edge.server.timers import Deadline
from tollway.gateway.ports import RequestHead
from tollway.kernel.errors import TollwayError
from tollway.wire.http1 import response_head

if TYPE_CHECKING:
    from tollway.edge.server.server import EdgeServer

AHEAD_BYTES_MAX = 65_536
# After the last answer: how much, and how long, is read so that the answer is not lost to a reset.
LINGER_BYTES_MAX = 262_144
LINGER_NS = 2_000_000_000

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_CLOSE = b"connection: close\r\n"
_SECOND_NS = 1_000_000_000

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


# Looked up on the hot path; attributes of an enumeration are slow.
_HEAD, _BODY, _AHEAD, _CLOSED = Phase.HEAD, Phase.BODY, Phase.AHEAD, Phase.CLOSED

# Why the socket is not read.
_PAUSED_AHEAD, _PAUSED_BODY = 1, 2


class Connection(asyncio.Protocol):
    """The protocol of one accepted socket."""

    __slots__ = (
        "_accepted_ns",
        "_ahead",
        "_body_is_streamed",
        "_deadline",
        "_exchange",
        "_grace_until_ns",
        "_linger_bytes_left",
        "_must_continue",
        "_paused",
        "_paused_at_ns",
        "_phase",
        "_reader",
        "_task",
        "_transport",
        "_tunnel",
        "_waiter",
        "body",
        "output",
        "server",
    )

    def __init__(self, server: "EdgeServer", *, peer: str, is_tls: bool) -> None:
        self.server = server
        self.output: Output
        self._transport: asyncio.Transport
        self._reader = HeadReader(server.limits, peer=peer, is_tls=is_tls)
        self._accepted_ns = server.monotonic_ns()
        self._deadline = Deadline(server.wheel, self._on_deadline)
        self._phase = _HEAD
        self._ahead = b""
        self._paused = 0
        self._linger_bytes_left = LINGER_BYTES_MAX
        self.body: IncomingBody | None = None
        self._body_is_streamed = False
        self._must_continue = False
        self._grace_until_ns = 0
        self._paused_at_ns = 0
        self._exchange: ServerExchange | None = None
        self._task: asyncio.Task[None] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._tunnel: TunnelEnd | None = None

    # --- the loop's callbacks ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin. The head's deadline runs from the accept, so that a TLS handshake does not win time."""
        server = self.server
        self._transport = cast(asyncio.Transport, transport)
        self.output = Output(self._transport, server.outbox, server.wheel, server.clock, server.idle_ns)
        self._deadline.start(self._accepted_ns + server.head_ns)
        server.connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes according to the phase."""
        phase = self._phase
        if phase is _HEAD:
            reader = self._reader
            # What differs from the request before nearly always differs in its length.
            if len(data) == reader.last_message_bytes and data.startswith(reader.last_head) and not self._ahead:
                reader.skipped_blank_line = False
                self._begin_whole(cast(ParsedHead, reader.last_parsed), data[reader.last_bytes :])
            else:
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
        self.output.send_held()  # an answer that is whole
        self._stop()
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        """End: stop the handler, drop the deadlines."""
        self._stop()
        self._deadline.dispose()
        self.output.dispose()
        self._reader.close()
        self._ahead = b""
        self.server.connections.discard(self)

    def pause_writing(self) -> None:
        """The write buffer is over its mark."""
        self.output.pause()

    def resume_writing(self) -> None:
        """The write buffer is below its mark again."""
        self.output.resume()

    # --- what the exchange and the server ask for ---

    def can_go_on(self) -> bool:
        """Tell whether another request may follow, judged when the present answer begins."""
        if self.server.is_draining:
            return False
        body = self.body
        if body is None or body.is_complete:
            return True
        if self._must_continue or body.error is not None:
            return False
        return body.remaining is None or body.remaining <= DRAIN_BYTES_MAX

    def begin_body(self, *, is_streamed: bool) -> None:
        """The handler wants the body: invite it if the caller waits for that, and set its deadline."""
        if self._must_continue:
            self._must_continue = False
            self.output.write(_CONTINUE)
        if self._phase is not _BODY or self._exchange is None:
            return
        self._body_is_streamed = is_streamed
        if is_streamed:
            self._grace_until_ns = self.server.monotonic_ns() + self.server.body_ns
            self._restart_stream_deadline()
        else:
            self._deadline.start(self._exchange.accepted_ns + self.server.body_ns)

    def begin_tunnel(self, end: TunnelEnd) -> tuple[asyncio.Transport, bytes]:
        """Leave HTTP for good. RuntimeError when no handshake was answered with 101."""
        exchange = self._exchange
        if exchange is None or not exchange.is_upgraded:
            raise RuntimeError("there is no upgraded connection to hand over")
        early, self._ahead = self._ahead, b""
        self.output.send_held()
        if self._phase is Phase.CLOSED:
            end.closed()
        else:
            self._tunnel = end
            self._phase = Phase.TUNNEL
            self._deadline.clear()
            self._resume(_PAUSED_AHEAD)
        return self._transport, early

    def close_if_idle(self) -> None:
        """Close a kept connection on which no request has begun."""
        if self._phase is _HEAD and not self._ahead and self._exchange is None:
            self.output.close()

    @property
    def running_head(self) -> RequestHead | None:
        """The head of the request that is being answered, also while the connection is a tunnel; None between two."""
        exchange = self._exchange
        # The exchange of a tunnel has ended with its 101; what it was asked for goes on.
        is_over = exchange is None or (exchange.is_ended and self._phase is not Phase.TUNNEL)
        return None if is_over or exchange is None else exchange.head

    def abort(self) -> None:
        """Close at once, whatever is going on."""
        self._transport.abort()

    # --- heads ---

    def _take_head(self, data: bytes) -> None:
        seen = len(self._ahead)
        if seen:
            data = self._ahead + data
        else:
            known = self._reader.recall(data)
            if known is not None:
                return self._begin_request(known, data, self._reader.last_bytes)
        try:
            data, size = self._reader.find_end(data, seen)
            if size:
                self._ahead = b""
                parsed = self._reader.read(data if len(data) == size else data[:size])
                return self._begin_request(parsed, data, size)
        except TollwayError as error:
            return self._refuse(error)
        if seen == 0 and data:
            # The deadline of a connection's first head already runs; that of a later one starts with its first byte.
            self._deadline.shrink(self.server.monotonic_ns() + self.server.head_ns)
        self._ahead = data

    def _begin_request(self, parsed: ParsedHead, data: bytes, size: int) -> None:
        """Take what is there of the body after the head's `size` bytes, and wake the handler.

        Raises request.malformed when llhttp sees another end than we do.
        """
        length = parsed.request.body_bytes
        if length is not None and len(data) - size >= length:
            end = size + length
            body = data[size:end]
            if length:
                self._reader.follow(body)
            self._reader.check_end(True)
            if end < len(data):
                # Before the handler is woken, for which it makes no difference.
                self._phase = _AHEAD
                self._keep_ahead(data[end:])
            return self._begin_whole(parsed, body)
        self.body = IncomingBody(length, self.server.budget, self._pause_body, self._resume_body)
        self._body_is_streamed = False
        self._must_continue = parsed.expects_continue
        self._phase = _BODY
        self._deadline.clear()
        self._exchange = ServerExchange(self, parsed, b"")
        if size < len(data):
            self._take_body(data[size:] if length is None else memoryview(data)[size:])
        return self._wake()

    def _begin_whole(self, parsed: ParsedHead, body: bytes) -> None:
        """Begin a request whose body has come with its head."""
        self._phase = _AHEAD
        self._deadline.at_ns = 0
        self._exchange = ServerExchange(self, parsed, body)
        waiter = self._waiter
        if waiter is None or waiter.done():
            self._wake()
        else:
            waiter.set_result(None)

    def _keep_ahead(self, data: bytes) -> None:
        ahead = self._ahead = self._ahead + data if self._ahead else data
        # Each further request has at least one blank line; bodies can only make this pause come earlier.
        if len(ahead) > AHEAD_BYTES_MAX or ahead.count(b"\r\n\r\n") >= self.server.limits.pipelined_max:
            self._pause(_PAUSED_AHEAD)

    # --- bodies ---

    def _take_body(self, data: Piece) -> None:
        body = cast(IncomingBody, self.body)
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
            self._resume(_PAUSED_BODY)
            self._phase = _AHEAD
            if used < len(data):
                self._keep_ahead(bytes(data[used:]))
        elif self._body_is_streamed and not self._paused:
            self._restart_stream_deadline()

    def _decode_body(self, body: IncomingBody, data: Piece) -> int:
        """Decode, let llhttp follow, and push; return how many bytes belonged to the body."""
        content, used, is_end = body.decode(data)
        self._reader.follow(data if used == len(data) else data[:used])
        self._reader.check_end(is_end)
        body.push(content, is_end)
        return used

    def _restart_stream_deadline(self) -> None:
        """A streamed body may stop for the idle time, and must keep a minimum rate once its grace is over."""
        earned_ns = cast(IncomingBody, self.body).bytes_received * _SECOND_NS // BYTES_PER_SECOND_MIN
        idle_until_ns = self.server.monotonic_ns() + self.server.idle_ns
        self._deadline.start(min(idle_until_ns, self._grace_until_ns + earned_ns))

    def _pause_body(self) -> None:
        if not self._paused & _PAUSED_BODY:
            self._pause(_PAUSED_BODY)
            if self._body_is_streamed:
                # Our own upstream is slow: that is not held against the caller.
                self._paused_at_ns = self.server.monotonic_ns()
                self._deadline.clear()

    def _resume_body(self) -> None:
        if self._paused & _PAUSED_BODY:
            self._resume(_PAUSED_BODY)
            if self._body_is_streamed and self._paused_at_ns:
                self._grace_until_ns += self.server.monotonic_ns() - self._paused_at_ns
                self._restart_stream_deadline()
            self._paused_at_ns = 0

    def _pause(self, reason: int) -> None:
        if not self._paused and self._phase is not Phase.CLOSED:
            self._transport.pause_reading()
        self._paused |= reason

    def _resume(self, reason: int) -> None:
        if self._paused:
            self._paused &= ~reason
            if not self._paused and self._phase is not Phase.CLOSED:
                self._transport.resume_reading()

    # --- the task ---

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None:
            if not waiter.done():
                waiter.set_result(None)
        elif self._task is None:
            self._task = self.server.loop.create_task(self._serve())
            self.server.tasks.add(self._task)
            self._task.add_done_callback(self.server.tasks.discard)

    async def _serve(self) -> None:
        """Answer one request after the other, in order, until the connection is to be closed."""
        server, output = self.server, self.output
        try:
            while True:
                exchange = self._exchange
                if exchange is None:
                    if self._phase is not _HEAD:
                        return
                    waiter = self._waiter = server.loop.create_future()
                    await waiter
                    continue
                try:
                    await server.handle(exchange)
                    if not exchange.is_ended:
                        raise RuntimeError("the handler returned before the answer was complete")
                except Exception as error:  # the boundary of one request: nothing of it may reach the next
                    self._fail(exchange, error)
                finally:
                    exchange.close()
                    output.watch = None
                if not exchange.keeps_alive or self._phase is _CLOSED:
                    return
                self._exchange = None
                if self.body is not None or not output.is_writable:
                    await self._settle()
                if self._phase is _AHEAD:
                    self._begin_next()
        finally:
            self._exchange = None
            self._finish()

    def _fail(self, exchange: ServerExchange, error: Exception) -> None:
        """The handler left without a whole answer."""
        if not isinstance(error, TollwayError):
            _log.error("the handler of a request failed", exc_info=error)
            error = TollwayError("gateway.internal")
        exchange.fail(error)

    async def _settle(self) -> None:
        """Before the next request: the rest of this one's body is gone and the caller has caught up."""
        body = self.body
        if body is not None:
            if not body.is_complete:
                self._body_is_streamed = False
                self._deadline.start(self.server.monotonic_ns() + LINGER_NS)
                try:
                    await body.discard()
                except TollwayError:
                    return  # Still in the body's phase, so the connection is closed.
            self.body = None
        if not self.output.is_writable:
            await self.output.until_writable()

    def _begin_next(self) -> None:
        self._phase = _HEAD
        server = self.server
        monotonic_ns = server.monotonic_ns  # in a name of its own, since calling an attribute is slow
        self._deadline.start(monotonic_ns() + server.idle_ns)
        ahead = self._ahead
        if ahead:
            self._ahead = b""
            self._take_head(ahead)
        if self._paused and self._phase is _HEAD:
            self._resume(_PAUSED_AHEAD)

    # --- ends ---

    def _refuse(self, error: TollwayError) -> None:
        """Answer for the edge itself and close: what follows on this connection cannot be trusted."""
        self.server.on_refused(error.code.name)
        status, headers, body = refusal(error, self.server.explained)
        framing = self.server.date_line() + b"content-length: %d\r\n" % len(body) + _CLOSE
        self.output.write(response_head(status, headers, framing) + body)
        self._linger()

    def _finish(self) -> None:
        """Close after the last answer."""
        if self._phase is _BODY or (self._phase is _AHEAD and self._ahead):
            self._linger()
        elif self._phase is not Phase.LINGER and self._phase is not Phase.CLOSED:
            self.output.close()

    def _linger(self) -> None:
        """Half-close and read on for a moment: closing with unread bytes would reset the answer away."""
        self._phase = Phase.LINGER
        self._ahead = b""
        self._deadline.start(self.server.monotonic_ns() + LINGER_NS)
        if self._transport.is_closing():
            return
        self._resume(_PAUSED_AHEAD | _PAUSED_BODY)
        self.output.write_end()

    def _stop(self) -> None:
        """The caller is gone: end what runs for it. A finished exchange is left to its accounting."""
        if self._phase is Phase.CLOSED:
            return
        self._phase = Phase.CLOSED
        self.output.is_closed = True
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
                self.output.close()
        elif self._phase is _BODY:
            cast(IncomingBody, self.body).fail(
                TollwayError("request.timeout", public="The request body did not arrive in time.")
            )
        elif self._phase is Phase.LINGER:
            self._transport.abort()
