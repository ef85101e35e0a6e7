"""h11 as the oracle: what its client writes is read the same in any pieces, and what it refuses is refused.

A connection is driven without a socket by a transport that records, so that thousands of cases fit in a test.
"""

import asyncio
from typing import Any

import h11
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from tollway.edge.server.connection import Connection
from tollway.edge.server.server import EdgeServer
from tollway.kernel.clock import SystemClock
from tollway.settings.model import LimitSettings, TimeoutSettings


class Recorder(asyncio.Transport):
    """A transport that keeps what is written and never pushes back."""

    def __init__(self) -> None:
        super().__init__()
        self.data = b""
        self.closing = False

    def write(self, data: Any) -> None:
        self.data += data

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    abort = close

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.closing = True

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0


Seen = list[tuple[bytes, bytes, list[tuple[bytes, bytes]], bytes]]


def serve(pieces: list[bytes]) -> tuple[Seen, bytes]:
    """Give a connection the pieces one by one; return what the handler saw and what was answered."""

    async def run() -> tuple[Seen, bytes]:
        seen: Seen = []

        async def handle(exchange: Any) -> None:
            head = exchange.head
            body = await exchange.read_body(1 << 20)
            target = head.path + ("?" + head.query if head.query else "")
            seen.append((head.method.encode(), target.encode(), head.headers, body))
            exchange.respond(200, [], b"")

        limits, timeouts, clock = LimitSettings(), TimeoutSettings(), SystemClock()
        server = EdgeServer(handle, limits=limits, timeouts=timeouts, clock=clock, on_refused=lambda code: None)
        connection = Connection(server, peer="", is_tls=False)
        transport = Recorder()
        connection.connection_made(transport)
        for piece in pieces:
            if transport.closing:
                break
            if piece:
                connection.data_received(piece)
            for _ in range(4):
                await asyncio.sleep(0)
        for _ in range(40):
            await asyncio.sleep(0)
        connection.connection_lost(None)
        if server.tasks:
            await asyncio.wait(server.tasks)
        server.wheel.close()
        return seen, transport.data

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[edges[i] : edges[i + 1]] for i in range(len(edges) - 1)]


names = st.sampled_from([b"Accept", b"X-A", b"x-b", b"Cookie", b"User-Agent", b"X-Request-ID", b"_x", b"x.y", b"TE"])
characters = st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f")
words = st.text(characters, max_size=10).map(lambda text: text.encode("latin-1"))
values = st.lists(words, max_size=3).map(b" ".join).map(lambda value: value.strip(b" "))
segments = st.text("abcXYZ019-_~.", min_size=3, max_size=8).map(str.encode)
targets = st.builds(
    lambda parts, query: b"/" + b"/".join(parts) + query,
    st.lists(segments, max_size=3),
    st.sampled_from([b"", b"?a=b"]),
)
messages = st.tuples(
    st.sampled_from([b"GET", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"HEAD"]),
    targets.filter(lambda target: b"/../" not in target + b"/" and b"/./" not in target + b"/"),
    st.lists(st.tuples(names, values), max_size=5),
    st.lists(st.binary(min_size=1, max_size=30), max_size=3),
    st.sampled_from(["none", "length", "chunked"]),
)


def h11_wire(message: Any) -> bytes:
    method, target, headers, parts, framing = message
    fields = [(b"Host", b"example.test"), *headers]
    if framing == "length":
        fields.append((b"Content-Length", b"%d" % sum(map(len, parts))))
    elif framing == "chunked":
        fields.append((b"Transfer-Encoding", b"chunked"))
    client = h11.Connection(h11.CLIENT)
    wire = client.send(h11.Request(method=method, target=target, headers=fields)) or b""
    if framing != "none":
        for part in parts:
            wire += client.send(h11.Data(data=part)) or b""
    return wire + (client.send(h11.EndOfMessage()) or b"")


@settings(max_examples=150, deadline=None)
@given(st.lists(messages, min_size=1, max_size=3), st.lists(st.integers(0, 10_000), max_size=8))
def test_every_request_h11_writes_is_read_the_same_under_any_chunking(several, places) -> None:
    wire = b"".join(h11_wire(message) for message in several)
    seen, answered = serve(cut(wire, places))
    assert answered.count(b"HTTP/1.1 200 OK") == len(several)
    for (method, target, headers, parts, framing), got in zip(several, seen, strict=True):
        assert got[:2] == (method, target)
        plain = [(name.lower(), value) for name, value in headers]
        assert got[2][1 : 1 + len(plain)] == plain
        assert got[3] == (b"" if framing == "none" else b"".join(parts))


def test_r10_trailers_do_not_become_headers() -> None:
    """A trailer comes after every check of the head: an identity header could be slipped in there."""
    head = b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    seen, _ = serve(
        [head, b"1\r\nx\r\n0\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n" + h11_wire((b"GET", b"/", [], [], "none"))]
    )
    assert seen[0][2] == [(b"host", b"a"), (b"transfer-encoding", b"chunked")]
    assert seen[1][2] == [(b"host", b"example.test")]


def h11_reads(wire: bytes) -> list[tuple[bytes, bytes, bytes]] | None:
    """Return the complete requests h11 sees before its first refusal, or None if it refuses the first."""
    server = h11.Connection(h11.SERVER, max_incomplete_event_size=65_536)
    server.receive_data(wire)
    requests: list[tuple[bytes, bytes, bytes]] = []
    start: Any = None
    body = b""
    while True:
        try:
            event = server.next_event()
        except h11.RemoteProtocolError:
            return requests or None
        if isinstance(event, h11.Request):
            start, body = event, b""
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            requests.append((start.method, start.target, body))
            server.send(h11.Response(status_code=200, headers=[(b"content-length", b"0")]))
            server.send(h11.EndOfMessage())
            if server.our_state is not h11.DONE or server.their_state is not h11.DONE:
                return requests
            server.start_next_cycle()
        else:
            return requests


TEMPLATES = [
    b"GET /a HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n",
    b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nt: u\r\n\r\n",
    b"GET /b HTTP/1.0\r\nX: y\r\n\r\n",
]
SCRAPS = [
    b"\r",
    b"\n",
    b"\r\n",
    b" ",
    b"\t",
    b"\x00",
    b":",
    b";",
    b",",
    b"0",
    b"5",
    b"+",
    b"-",
    b"_",
    b"\x0b",
    b"\x7f",
    b"\xff",
    b"%",
]
SCRAPS += [
    b"chunked",
    b"Transfer-Encoding: x\r\n",
    b"Content-Length: 3\r\n",
    b"Host: b\r\n",
    b"HTTP/1.1",
    b"GET ",
    b"0\r\n\r\n",
]
edits = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3), st.sampled_from(SCRAPS)), min_size=1, max_size=3)


def mutate(wire: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    for place, removed, scrap in changes:
        at = place % (len(wire) + 1)
        wire = wire[:at] + scrap + wire[at + removed :]
    return wire


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(TEMPLATES), min_size=1, max_size=2), edits)
def test_nothing_h11_refuses_is_accepted_and_both_see_the_same_requests(parts, changes) -> None:
    wire = mutate(b"".join(parts), changes)
    if wire.startswith(b"\r\n") or b"\r\n\r\n\r\n" in wire:
        return  # One empty line before a request is skipped here, as RFC 9112 section 2.2 asks; h11 refuses it.
    seen, _ = serve([wire])
    theirs = h11_reads(wire) or []
    assert len(seen) <= len(theirs), (wire, seen, theirs)
    for ours, other in zip(seen, theirs, strict=False):
        target = other[1].removeprefix(b"http://a")
        assert (ours[0], ours[3]) == (other[0], other[2])
        assert ours[1] == target or b"%" in target or target.endswith(b"?"), (ours, other)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(TEMPLATES), min_size=1, max_size=2), edits, st.lists(st.integers(0, 500), max_size=8))
def test_what_is_read_does_not_depend_on_the_chunking(parts, changes, places) -> None:
    wire = mutate(b"".join(parts), changes)
    assert serve([wire])[0] == serve(cut(wire, places))[0]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_garbage_is_never_a_request_and_never_an_exception(data: bytes) -> None:
    seen, answered = serve([data, b"\r\n\r\n"])
    assert not seen or h11_reads(data + b"\r\n\r\n")
    assert b" 500 " not in answered


@settings(max_examples=100, deadline=None)
@given(st.lists(messages, min_size=1, max_size=2), st.lists(st.integers(0, 3), max_size=6), st.booleans())
def test_a_message_that_comes_whole_and_again_is_read_as_one_that_does_not(several, order, is_led) -> None:
    """Heads that repeat are recalled, with their bodies in one step when these came with them."""
    wires = [h11_wire(message) for message in several]
    wires += [wire[:-1] + b"z" if b"content-length" in wire.lower() else wire for wire in wires if wire[-1:] != b"\n"]
    sent = [wires[number % len(wires)] for number in order]
    if is_led:
        sent = [piece for wire in sent for piece in (b"\r\n", wire)]
    seen, _ = serve(sent)
    assert seen == serve([b"".join(sent)])[0]
    assert len(seen) == len(order)


def test_what_looks_like_the_request_before_and_is_another_is_read_as_that() -> None:
    known = TEMPLATES[1]
    for pieces in (
        [known, known.replace(b"/a", b"/b")],
        [known, b"POST /c HTTP/1.1\r\nX: ", known],
        [known, b"POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(known), known, known],
        [known, known + known[:9], known[9:]],
        [known, known[:9], known[9:] + known, known],
    ):
        assert serve(pieces)[0] == serve([b"".join(pieces)])[0]
        assert len(serve(pieces)[0]) >= 2
