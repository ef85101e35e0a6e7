"""One HTTP/1.1 connection to an upstream: what arrives is parsed and handed to the answer in the same callback.

Law: after any doubt about framing the connection is closed and never serves another request. It gives itself
back to its pool in the very callback that completed an answer, and tells it once when it is gone.
"""

import asyncio
from collections.abc import Callable
from typing import cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from tollway.edge.flow import Signal
from tollway.edge.outbox import Outbox
from tollway.edge.server.timers import Deadline, TimerWheel
from tollway.edge.upstream import faults
from tollway.edge.upstream.answer import UpstreamAnswer
from tollway.edge.upstream.faults import Violation
from tollway.edge.upstream.head_notes import HeadNotes
from tollway.edge.upstream.home import Home
from tollway.edge.upstream.last_head import LastHead
from tollway.edge.upstream.plain_head import CHUNKED, PlainHead
from tollway.edge.upstream.read_buffer import ReadBuffer
from tollway.edge.upstream.state import State
from tollway.kernel.clock import Clock
from tollway.kernel.errors import TollwayError
from tollway.wire.chunked import ChunkedDecoder

HEAD_BYTES_MAX = 65_536
INTERIMS_MAX = 8
JOINED_BYTES_MAX = 16_384
OVERHEAD_BYTES_MAX = 65_536
"""Chunk extensions, trailers and the like that may arrive without a byte of body between them."""

# Looked up on the hot path; attributes of an enumeration are slow.
_IDLE, _HEAD, _BODY = State.IDLE, State.HEAD, State.BODY


class Connection(asyncio.BufferedProtocol):
    """Serves one request at a time. `begin` starts one; `close` ends everything at once and is idempotent."""

    __slots__ = (
        "_answer",
        "_buffer",
        "_bytes_left",
        "_chunks",
        "_has_progressed",
        "_head_bytes",
        "_held",
        "_held_body",
        "_home",
        "_interims",
        "_is_between_chunks",
        "_is_paused",
        "_last",
        "_monotonic_ns",
        "_noted",
        "_on_pause",
        "_on_resume",
        "_outbox",
        "_overhead",
        "_parser",
        "_parts",
        "_progressed_ns",
        "_read",
        "_view",
        "deadline",
        "framed_sink",
        "is_write_paused",
        "keep_alive_seconds",
        "on_body",
        "served",
        "state",
        "transport",
    )

    def __init__(self, home: Home, clock: Clock, wheel: TimerWheel, buffer: ReadBuffer, outbox: Outbox) -> None:
        self._home = home
        self._monotonic_ns = clock.monotonic_ns
        self.deadline = Deadline(wheel, self._on_expired)
        self._outbox = outbox
        self._held = self._held_body = b""
        """Of a request that was begun in this turn of the loop: what was not sent yet; a long body by itself."""
        self._last = LastHead(buffer)
        self._read = buffer
        self._buffer = buffer.raw
        self._view = buffer.view
        self._parts: list[bytes] = []
        self._chunks: ChunkedDecoder | None = None
        """Of a plain answer in chunks, which llhttp does not see."""
        self.on_body = self._parts.append
        self._parser: HttpResponseParser | None = None
        self._answer: UpstreamAnswer | None = None
        self.transport: asyncio.Transport = None  # type: ignore[assignment]  # set before any request can begin
        self.state = State.IDLE
        self.served = 0
        self.is_write_paused = False
        self.keep_alive_seconds: float | None = None
        self._on_pause: Signal | None = None
        self._on_resume: Signal | None = None
        self._is_paused = False
        self._progressed_ns = 0
        """When the last bytes of a body came."""
        self._is_between_chunks = False
        self.framed_sink: Callable[[bytes], bool] | None = None
        """While a body in chunks is relayed: takes a read if it is exactly one chunk, and tells whether it was."""
        self._noted = HeadNotes()
        self._reset_head()

    # The request.

    def begin(self, answer: UpstreamAnswer, head: bytes, deadline_ns: int, body: bytes = b"") -> None:
        """Send `head` and `body` before this turn of the loop ends, and expect `answer`, its head before `deadline_ns`.

        The connection must be idle.
        """
        self.state = _HEAD
        self._answer = answer
        self.served += 1
        self.deadline.start(deadline_ns)
        if len(body) <= JOINED_BYTES_MAX:
            self._held = head + body
        else:
            # It is not copied to be joined with its head: the socket takes both at once.
            self._held, self._held_body = head, body
        self._outbox.add(self)

    def write(self, data: bytes) -> None:
        """Send more now, after what is held."""
        self.send_held()
        self.transport.write(data)

    def send_held(self) -> None:
        """Send what is held of the request."""
        held = self._held
        if held:
            self._held = b""
            if not self._held_body:
                self.transport.write(held)
            else:
                self.transport.writelines((held, self._held_body))
                self._held_body = b""

    def relay_chunks(self, sink: Callable[[bytes], bool]) -> None:
        """Offer what is read between two chunks to `sink` until the body ends, if the body comes in chunks at all."""
        if self._chunks is not None and self.state is _BODY:
            self.framed_sink = sink

    def limit(self, deadline_ns: int) -> None:
        """Set the deadline of what is being waited for."""
        self.deadline.start(deadline_ns)

    def watch_writable(self, on_pause: Signal, on_resume: Signal) -> None:
        """Tell a streamed request body when the socket's write buffer crosses its marks."""
        self._on_pause = on_pause
        self._on_resume = on_resume

    def pause_reading(self) -> None:
        """Stop reading the answer. Idempotent."""
        if not self._is_paused and self.state is not State.CLOSED:
            self._is_paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on. Idempotent."""
        if self._is_paused and self.state is not State.CLOSED:
            self._is_paused = False
            self.transport.resume_reading()

    def close(self, error: TollwayError | None = None) -> None:
        """Close at once, without flushing; an answer that is not complete ends with `error`. Idempotent."""
        if self.state is State.CLOSED:
            return
        self.state = State.CLOSED
        self._held = self._held_body = b""
        self._bytes_left = 0
        self._last.forget()
        self.framed_sink = None
        self._parser = None
        self._on_pause = self._on_resume = None
        self.deadline.dispose()
        if self.transport is not None:
            self.transport.abort()
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.fail(error or faults.truncated("the connection was closed"))
        self._home.forget(self)

    # What the loop tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own class does not derive from it
        self._parser = HttpResponseParser(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.state is not State.CLOSED:
            if self._answer is not None:
                self._answer.is_untouched = self.state is State.HEAD and self._head_bytes == 0
            self.close(faults.truncated(f"the connection was lost: {exc!r}" if exc else "the upstream closed early"))

    def eof_received(self) -> None:
        if self.state is State.BODY and self._answer is not None and self._answer.is_close_delimited:
            self.state = State.DONE
            self._noted.is_persistent = False
            self._complete(0)
        else:
            self.connection_lost(None)

    def pause_writing(self) -> None:
        self.is_write_paused = True
        if self._on_pause is not None:
            self._on_pause()

    def resume_writing(self) -> None:
        self.is_write_paused = False
        if self._on_resume is not None:
            self._on_resume()

    def _on_expired(self) -> None:
        """A deadline has passed, unless bytes came since it was set: then it is that of the last ones."""
        answer = self._answer
        if answer is None:
            return self.close()
        now_ns = self._monotonic_ns()
        due_ns = min(self._progressed_ns + answer.terms.idle_ns, answer.total_at_ns)
        if self.state is _BODY and now_ns < due_ns and not self._is_paused:
            return self.deadline.start(due_ns)
        return self.close(answer.timeout(now_ns, is_waiting_for_head=self.state is State.HEAD))

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        if nbytes == self._last.message_bytes and self._take_known(nbytes):
            return None
        if self.framed_sink is not None:
            data = bytes(self._view[:nbytes])
            if self._is_between_chunks and self.framed_sink(data):
                self._progressed_ns = self._monotonic_ns()
                return None
            return self._decode_chunks(data)
        state = self.state
        if state is _BODY:
            if self._chunks is not None:
                self._decode_chunks(bytes(self._view[:nbytes]))
            elif self._bytes_left:
                self._take_rest(nbytes)
            else:
                self._parse(nbytes)
        elif state is not _HEAD:
            self._receive_outside(nbytes)
        elif self._head_bytes or not self._take_plain(nbytes):
            if not self._read.goes_on_well(self._head_bytes, nbytes):
                return self.close(faults.protocol("the answer does not begin with HTTP/1"))
            self._parse(nbytes)
        return None

    def _parse(self, nbytes: int) -> None:
        try:
            self._parser.feed_data(self._view[:nbytes])  # type: ignore[union-attr]  # there is one until closed
        except HttpParserUpgrade as upgrade:
            return self._enter_tunnel(bytes(self._view[upgrade.args[0] : nbytes]))
        except HttpParserError as error:
            if self.state is not State.DONE:
                return self.close(faults.protocol(str(error.__context__ or error)))
            self._noted.is_persistent = False
        state = self.state
        if state is _BODY:
            self._progress(nbytes)
        elif state is State.DONE:
            self._complete(nbytes)
        elif state is _HEAD:
            self._head_bytes += nbytes
            if self._head_bytes >= HEAD_BYTES_MAX:
                self.close(faults.protocol("the head is over its limit"))

    def _take_known(self, nbytes: int) -> bool:
        """Take an answer that came whole, if its head is that of the one before; else False, and nothing is changed."""
        answer, last = self._answer, self._last
        is_first = self.state is _HEAD and not self._head_bytes and not self._interims
        if not is_first or answer is None or answer.is_head or not self._buffer.startswith(last.text):
            return False
        # As `_end`, but nobody reads yet, and nothing was noted here that the next answer must not find.
        head, body = cast(PlainHead, last.head), bytes(self._view[len(last.text) : nbytes])
        self._answer = None
        if answer.upload is None or not answer.is_uploading:
            self.state = _IDLE
            self._home.release(self)
        else:
            self.close()
        answer.arrive(head, body)
        return True

    def _take_plain(self, nbytes: int) -> bool:
        """Take an answer with a plain head that has come whole; False, and nothing is changed, when it is another."""
        answer = self._answer
        if answer is None or answer.is_head or self._interims or (found := self._last.read(nbytes)) is None:
            return False
        head, size = found
        left = head.content_bytes - (nbytes - size)
        if left < 0 and head.content_bytes != CHUNKED:
            return False
        if head.idle_seconds is not None:
            self.keep_alive_seconds = head.idle_seconds
        if nbytes == self._last.message_bytes:
            return self._take_known(nbytes)
        answer.status, answer.headers, answer.facts = head.status, head.headers, head.facts
        self.state = _BODY
        rest = bytes(self._view[size:nbytes])
        if head.content_bytes == CHUNKED:
            self._chunks = ChunkedDecoder(forbidden_trailer=None)
            self._is_between_chunks = True
            self._note_progress(answer)
            if rest:
                self._decode_chunks(rest)
        else:
            answer.content_bytes = head.content_bytes
            self._bytes_left = left
            if left == 0:
                self._end(answer, rest, can_stay=True)
                return True
            if rest:
                self._parts.append(rest)
            self._progress(nbytes)
        answer.wake()
        return True

    def _decode_chunks(self, data: bytes) -> None:
        decoder, answer = self._chunks, self._answer
        assert decoder is not None and answer is not None
        try:
            chunk, used = decoder.feed(data)
        except TollwayError as error:
            return self.close(faults.protocol(error.public))
        if decoder.is_complete:
            return self._end(answer, chunk, can_stay=used == len(data))
        self._is_between_chunks = decoder.is_between_chunks
        if chunk:
            self._parts.append(chunk)
        return self._progress(len(data))

    def _take_rest(self, nbytes: int) -> None:
        """Take the next bytes of the body of a plain answer. What comes after its end cannot be trusted."""
        answer, left = self._answer, self._bytes_left
        assert answer is not None
        if nbytes < left:
            self._bytes_left = left - nbytes
            self._parts.append(bytes(self._view[:nbytes]))
            self._progress(nbytes)
        else:
            self._bytes_left = 0
            self._end(answer, bytes(self._view[:left]), can_stay=nbytes == left)

    # What the parser tells.

    def on_header(self, name: bytes, value: bytes) -> None:
        self._noted.add(name.lower(), value.rstrip())

    def on_headers_complete(self) -> None:
        parser, answer, noted = self._parser, self._answer, self._noted
        if self.state is not State.HEAD or answer is None or parser is None:
            raise Violation("an answer to no request")
        status = parser.get_status_code()
        if status < 200:
            return self._on_interim(status, answer)
        if self._buffer[7] != 0x31 or self._head_bytes or self._interims:  # 0x31: the "1" after "HTTP/1."
            noted.check_version(parser.get_http_version())
        answer.status = status
        answer.headers, answer.facts = noted.passed_on(), []
        self._last.forget()
        if noted.idle_seconds is not None:
            self.keep_alive_seconds = noted.idle_seconds
        if answer.is_head or status == 204 or status == 304:
            self.state = State.DONE
        else:
            self.state = State.BODY
            if not noted.is_chunked:
                answer.content_bytes = noted.content_bytes
                if noted.content_bytes is None:
                    answer.is_close_delimited = True
                    noted.is_persistent = False
        noted.headers = []  # what follows are trailers, which are dropped
        answer.wake()

    def on_message_complete(self) -> None:
        if self.state is State.BODY:
            self.state = State.DONE

    # Inside.

    def _reset_head(self) -> None:
        self._chunks = None
        self._head_bytes = 0
        self._bytes_left = 0
        self._interims = 0
        self._overhead = 0
        self._has_progressed = False

    def _on_interim(self, status: int, answer: UpstreamAnswer) -> None:
        if status == 101:
            noted = self._noted
            if not answer.wants_upgrade or not noted.upgrade or b"upgrade" not in noted.named:
                raise Violation("101 without an upgrade")
            answer.status = status
            answer.headers = [header for header in noted.passed_on() if header[0] != b"content-length"]
            answer.facts = []
            answer.upgrade = noted.upgrade
            self.state = State.TUNNEL
            return
        self._interims += 1
        if status < 100 or self._interims > INTERIMS_MAX:
            raise Violation("too many interim answers")
        is_persistent = self._noted.is_persistent
        self._noted = HeadNotes()
        self._noted.is_persistent = is_persistent

    def _progress(self, nbytes: int) -> None:
        """Pass on what has come of the body, and wait for its next bytes from now on."""
        answer, parts = self._answer, self._parts
        assert answer is not None
        if parts:
            self._overhead = 0
            chunk = parts[0] if len(parts) == 1 else b"".join(parts)
            parts.clear()
            (answer.sink or answer.deliver)(chunk)
        else:
            self._overhead += nbytes
            if self._overhead > OVERHEAD_BYTES_MAX:
                return self.close(faults.protocol("too much between the bytes of the body"))
        self._note_progress(answer)
        return None

    def _note_progress(self, answer: UpstreamAnswer) -> None:
        """Wait for the next bytes of the body from now on; see `_on_expired`."""
        now_ns = self._progressed_ns = self._monotonic_ns()
        if not self._has_progressed and self.state is _BODY and not self._is_paused:
            self._has_progressed = True
            self.deadline.start(min(now_ns + answer.terms.idle_ns, answer.total_at_ns))

    def _complete(self, nbytes: int) -> None:
        answer, parts = self._answer, self._parts
        assert answer is not None
        can_stay = self._noted.is_persistent and self._ends_well(nbytes)
        self._noted = HeadNotes()
        chunk = b"".join(parts)
        parts.clear()
        if answer.is_head or answer.status in (204, 304):
            self._parser = HttpResponseParser(self)  # the old one may wait for a body that never comes
            chunk = b""
        self._end(answer, chunk, can_stay=can_stay)

    def _end(self, answer: UpstreamAnswer, chunk: bytes, *, can_stay: bool) -> None:
        """The answer ends with `chunk`: let the connection serve on, or close it, and tell the answer."""
        self._answer = self.framed_sink = None
        if chunk:
            answer.deliver(chunk)
        if can_stay and not answer.is_uploading and self.state is not State.CLOSED:
            self._rest()
        else:
            self.close()
        answer.complete()

    def _rest(self) -> None:
        self.state = State.IDLE
        self._reset_head()
        self.resume_reading()
        self._home.release(self)

    def _ends_well(self, nbytes: int) -> bool:
        """Whether the read ended exactly where the answer did; the parser would swallow a stray CR or LF."""
        parts = self._parts
        if parts and not self._noted.is_chunked:
            return self._buffer.endswith(parts[-1], 0, nbytes)
        return self._read.ends_well(nbytes)

    def _receive_outside(self, nbytes: int) -> None:
        if self.state is State.TUNNEL and self._answer is not None:
            self._answer.tunnel_received(bytes(self._view[:nbytes]))
        else:
            self.close()  # bytes on an idle connection answer nothing

    def _enter_tunnel(self, rest: bytes) -> None:
        answer = self._answer
        if self.state is not State.TUNNEL or answer is None:
            return self.close(faults.protocol("an upgrade nobody asked for"))
        if rest:
            answer.tunnel_received(rest)
        answer.wake()
