"""The connection as a state machine: the same answer for every chunking, and no bytes that break it."""

import asyncio

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kit.scripted_upstream import Promise
from tollway.contract.policy import Timeouts
from tollway.edge.outbox import Outbox
from tollway.edge.server.timers import TimerWheel
from tollway.edge.upstream.answer import Terms, UpstreamAnswer
from tollway.edge.upstream.connection import Connection
from tollway.edge.upstream.read_buffer import READ_BYTES_MAX, ReadBuffer
from tollway.edge.upstream.state import State
from tollway.kernel.clock import FixedClock

HEAD = b"HTTP/1.1 200 OK\r\n"
WHOLE = {
    HEAD + b"content-length: 10\r\nx: y\r\n\r\nhelloworld": b"helloworld",
    HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n5;a=b\r\nworld\r\n0\r\nt: u\r\n\r\n": b"helloworld",
    b"HTTP/1.1 100 C\r\n\r\n" + HEAD + b"content-length: 0\r\n\r\n": b"",
    b"HTTP/1.1 204 N\r\n\r\n": b"",
}


class Transport:
    """Remembers what was written, and whether it was aborted or paused."""

    def __init__(self) -> None:
        self.written = b""
        self.is_aborted = False
        self.is_paused = False

    def write(self, data: bytes) -> None:
        self.written += data

    def abort(self) -> None:
        self.is_aborted = True

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False


class Home:
    """Counts what comes back."""

    def __init__(self) -> None:
        self.released = 0
        self.forgotten = 0

    def release(self, connection: Connection) -> None:
        self.released += 1

    def forget(self, connection: Connection) -> None:
        self.forgotten += 1


class Bench:
    """A connection with stand-ins around it."""

    def __init__(self, timeouts: Timeouts | None = None) -> None:
        self.home, self.transport, self.clock = Home(), Transport(), FixedClock()
        self.clock.advance(1_000)
        self.wheel = TimerWheel(self.clock, None)
        self.buffer = ReadBuffer()
        self.connection = Connection(self.home, self.clock, self.wheel, self.buffer, Outbox(lambda flush: flush()))
        self.connection.connection_made(self.transport)  # type: ignore[arg-type]
        self.timeouts = timeouts or Timeouts()

    def begin(self, *, is_head: bool = False, wants_upgrade: bool = False) -> UpstreamAnswer:
        total = self.clock.monotonic_ns() + int(self.timeouts.total_seconds * 1e9)
        terms, coming = Terms(self.clock, self.timeouts), Promise()
        answer = UpstreamAnswer(
            self.connection,
            terms,
            total,
            coming,  # type: ignore[arg-type]
            is_head=is_head,
            wants_upgrade=wants_upgrade,
        )
        self.connection.begin(answer, b"request", answer.first_byte_deadline())
        return answer

    def feed(self, data: bytes) -> None:
        for at in range(0, len(data), READ_BYTES_MAX):
            piece = data[at : at + READ_BYTES_MAX]
            if self.connection.state is State.CLOSED:
                return
            self.connection.get_buffer(0)[: len(piece)] = piece
            self.connection.buffer_updated(len(piece))


@given(st.sampled_from(sorted(WHOLE)), st.lists(st.integers(1, 40), min_size=1))
@example(sorted(WHOLE)[0], [1])
def test_every_chunking_gives_the_same_answer_and_the_connection_serves_on(raw: bytes, sizes: list[int]) -> None:
    bench = Bench()
    for _ in range(2):
        answer = bench.begin()
        at = turn = 0
        while at < len(raw):
            bench.feed(raw[at : at + sizes[turn % len(sizes)]])
            at += sizes[turn % len(sizes)]
            turn += 1
        assert answer.is_complete
        assert asyncio.run(answer.read(99)) == WHOLE[raw]
        assert bench.connection.state is State.IDLE
    assert (bench.home.released, bench.home.forgotten) == (2, 0)


ANSWERS = st.sampled_from(
    [
        *(HEAD + b"content-length: 3\r\n\r\n" + body for body in (b"abc", b"xyz", b"ab", b"abcd")),
        HEAD + b"content-length: 3\r\na: b\r\n\r\nabc",
        HEAD + b"content-length: 0\r\n\r\n",
        HEAD.replace(b"200", b"201") + b"content-length: 3\r\n\r\nabc",
        HEAD + b"content-length: 3\r\nkeep-alive: timeout=9\r\n\r\nabc",
        b"HTTP/1.1 503 X\r\ncontent-length: 3\r\n\r\nabc",
        b"HTTP/1.1 100 C\r\n\r\n" + HEAD + b"content-length: 3\r\n\r\nabc",
        HEAD + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ]
)


PLAIN = HEAD + b"content-length: 3\r\n\r\nabc"


@pytest.mark.parametrize(
    "pieces",
    [
        (HEAD + b"x: ", PLAIN),
        (b"HTTP/1.1 100 C\r\n\r\n", PLAIN),
        (PLAIN.replace(b"200", b"500"),),
        (HEAD + b"content-length: 99\r\n\r\n", PLAIN),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n2c;", PLAIN),
    ],
)
def test_what_looks_like_the_answer_before_and_is_another_is_read_as_that(pieces: tuple[bytes, ...]) -> None:
    old, new = Bench(), Bench()
    old.begin()
    old.feed(PLAIN)
    seen = []
    for bench in (old, new):
        answer = bench.begin()
        for piece in pieces:
            bench.feed(piece)
        told = (answer.status, answer.headers) if answer.status else None
        seen.append((told, answer.is_complete, answer._size, answer.error is None, bench.connection.state))
        assert asyncio.run(answer.read(99)) == b"abc" if answer.is_complete else True
        bench.feed(b"x")  # of nothing, or of a body that goes on: whatever state was left behind would show
        seen[-1] += (bench.connection.state,)
    assert seen[0] == seen[1]


@given(st.lists(st.tuples(ANSWERS, st.booleans(), st.booleans()), min_size=1, max_size=6))
@example([(PLAIN, False, False)] * 2)
@example(
    [(HEAD + b"content-length: 3\r\n\r\nabc", False, False), (HEAD + b"content-length: 3\r\n\r\nabc", True, False)]
)
def test_a_head_that_repeats_means_what_it_means_to_a_new_connection(calls: list[tuple[bytes, bool, bool]]) -> None:
    """Whatever the last answer was: the next is taken as by a connection that has seen none."""
    old = Bench()
    for raw, is_head, is_cut in calls:
        new, seen = Bench(), []
        for bench in (old, new):
            answer = bench.begin(is_head=is_head)
            for piece in (raw[:-1], raw[-1:]) if is_cut else (raw,):
                bench.feed(piece)
            told = answer.status, answer.headers, answer.content_bytes, answer.is_complete, answer.error is None
            kept = bench.connection.state, bench.connection.keep_alive_seconds
            seen.append((told, kept, asyncio.run(answer.read(99)) if answer.is_complete else b""))
        (told, (state, seconds), body), new_seen = seen
        assert (told, state, body) == (new_seen[0], new_seen[1][0], new_seen[2])
        assert seconds == new_seen[1][1] or new_seen[1][1] is None
        if state is not State.IDLE:
            return


def test_what_was_derived_from_a_head_that_repeats_is_found_again() -> None:
    bench = Bench()
    raw, other = (HEAD + b"content-length: 3\r\n%b\r\nabc" % line for line in (b"", b"a: b\r\n"))
    facts = []
    for answered in (raw, raw, other, raw):
        answer = bench.begin()
        bench.feed(answered)
        answer.facts.append(answered)
        facts.append(list(answer.facts))
    assert facts == [[raw], [raw, raw], [other], [raw]]


PIECES = st.sampled_from(
    [
        *(HEAD, b"HTTP/1.1 101 S\r\n", b"HTTP/1.1 103 E\r\n", b"HTTP/1.0 200 OK\r\n", b"\r\n", b"a: b\r\n"),
        *(b"content-length: 3\r\n", b"transfer-encoding: chunked\r\n", b"connection: close\r\n"),
        *(b"connection: upgrade\r\nupgrade: websocket\r\n", b"keep-alive: timeout=5\r\n"),
        *(b"3\r\nabc\r\n", b"0\r\n\r\n", b"abc", b"\0", b"\xff\xfe", b" ", b"\n"),
    ]
)
EVENTS = st.lists(
    st.one_of(PIECES, st.binary(max_size=8), st.sampled_from(["begin", "eof", "lost", "expire", "close"])), max_size=25
)


@given(EVENTS, st.booleans(), st.booleans())
def test_any_event_in_any_state_keeps_the_promises(
    events: list[bytes | str], is_head: bool, wants_upgrade: bool
) -> None:
    """Nothing raises, an answer ends at most one way, and a connection is told of exactly once when it is gone."""
    bench = Bench()
    connection, answers = bench.connection, []
    for event in events:
        if isinstance(event, bytes):
            if event:
                bench.feed(event)
        elif event == "begin" and connection.state is State.IDLE:
            answers.append(bench.begin(is_head=is_head, wants_upgrade=wants_upgrade))
        elif event == "eof" and connection.state is not State.CLOSED:
            connection.eof_received()
        elif event == "lost":
            connection.connection_lost(None)
        elif event == "expire":
            bench.clock.advance(10_000)
            bench.wheel.sweep()
        elif event == "close":
            connection.close()
        assert bench.home.forgotten == (connection.state is State.CLOSED)
        assert bench.transport.is_aborted == (connection.state is State.CLOSED)
    for answer in answers:
        assert not (answer.is_complete and answer.error)
        assert (answer.connection is None) == bool(answer.is_complete or answer.error)
    assert sum(answer.connection is not None for answer in answers) <= 1


@pytest.mark.parametrize(
    ("received", "seconds", "name"),
    [
        (b"", 2.2, "first_byte"),
        (HEAD, 2.2, "first_byte"),
        (HEAD + b"content-length: 9\r\n\r\nabc", 3.2, "idle"),
        (b"", 99, "total"),
    ],
)
def test_deadlines_name_themselves(received: bytes, seconds: float, name: str) -> None:
    bench = Bench(Timeouts(first_byte_seconds=2, idle_seconds=3, total_seconds=50))
    answer = bench.begin()
    if received:
        bench.feed(received)
    bench.clock.advance(1.9)
    bench.wheel.sweep()
    assert answer.error is None
    bench.clock.advance(seconds - 1.9)
    bench.wheel.sweep()
    assert answer.error is not None
    assert f"the {name} deadline" in answer.error.public


def test_bytes_on_an_idle_connection_close_it() -> None:
    bench = Bench()
    bench.feed(HEAD)
    assert bench.connection.state is State.CLOSED


def test_an_unread_answer_stops_the_reading_at_its_mark() -> None:
    bench = Bench()
    bench.begin()
    bench.feed(HEAD + b"content-length: 1000000\r\n\r\n" + b"x" * 65_000)
    assert not bench.transport.is_paused
    bench.feed(b"x" * 1_000)
    assert bench.transport.is_paused


@pytest.mark.parametrize("raw", sorted(WHOLE))
def test_an_answer_is_complete_also_where_its_connection_is_not_wanted_back(raw: bytes) -> None:
    bench = Bench()
    for _ in range(2):
        answer = bench.begin()
        if bench.home.released == 1:
            bench.home.release = lambda connection: connection.close()  # type: ignore[method-assign]
        bench.feed(raw)
        assert (answer.is_complete, answer.error) == (True, None)
        assert asyncio.run(answer.read(99)) == WHOLE[raw]
    assert bench.connection.state is State.CLOSED
