"""Bodies are bounded in every mode: held, buffered, streamed; and asked for only when they are wanted."""

import asyncio
import time

import pytest

from tollway.edge.server.body import HELD_BYTES_MAX, BufferBudget
from tollway.kernel.errors import TollwayError

POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
EXPECT = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"


def answering(bytes_max: int):
    """A handler that answers errors of the body with their status, as the pipeline does."""

    async def handle(exchange) -> None:
        try:
            body = await exchange.read_body(bytes_max)
        except TollwayError as error:
            exchange.respond(error.status, [], error.code.name.encode())
        else:
            exchange.respond(200, [], b"%d" % len(body))

    return handle


class SlowSink:
    """Takes `room` bytes, then asks for a pause until `resume` is called."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.data = bytearray()
        self.is_writable = True
        self.pauses = 0
        self._on_pause = self._on_resume = lambda: None

    def feed(self, chunk: bytes) -> None:
        assert chunk
        self.data += chunk
        if len(self.data) >= self.room and self.is_writable:
            self.is_writable = False
            self.pauses += 1
            self._on_pause()

    def watch_writable(self, on_pause, on_resume) -> None:
        self._on_pause, self._on_resume = on_pause, on_resume

    def resume(self) -> None:
        self.room = 1 << 40
        self.is_writable = True
        self._on_resume()


async def test_100_continue_is_sent_only_when_the_body_is_wanted(edge) -> None:
    wanted = asyncio.Event()

    async def handle(exchange) -> None:
        await wanted.wait()
        exchange.respond(200, [], await exchange.read_body(10))

    await edge.start(handle)
    client = await edge.connect()
    for _ in range(2):
        wanted.clear()
        await client.send(EXPECT)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.reader.read(1), 0.05)
        wanted.set()
        assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await client.send(b"hello")
        assert (await client.answer())[2] == b"hello"


async def test_100_continue_is_left_out_when_the_body_is_there(edge) -> None:
    await edge.start()
    assert (await edge.ask(EXPECT + b"hello"))[0] == 200
    assert (await edge.ask(EXPECT.replace(b"1.1", b"1.0"), b"hello"))[0] == 200


async def test_refusal_instead_of_100_continue_closes(edge) -> None:
    await edge.start(answering(3))
    client = await edge.connect()
    await client.send(EXPECT)
    status, headers, _ = await client.answer()
    assert (status, headers["connection"]) == (413, "close")


@pytest.mark.parametrize("head", [POST % 11, CHUNKED + b"b\r\n"])
async def test_body_over_its_limit_is_refused(edge, head: bytes) -> None:
    await edge.start(answering(10))
    assert (await edge.ask(head, b"x" * 11))[0] == 413
    assert (await edge.ask(head + b"x" * 11))[0] == 413


async def test_declared_body_over_its_limit_is_refused_before_it_is_read(edge) -> None:
    await edge.start(answering(10))
    assert (await edge.ask(POST % 10**12))[0] == 413


async def test_body_of_exactly_the_limit_in_pieces_is_read(edge) -> None:
    await edge.start(answering(100_000))
    client = await edge.connect()
    for _ in range(2):
        await client.send(POST % 100_000, *[b"x" * 10_000] * 10)
        assert (await client.answer())[2] == b"100000"
    assert edge.server.budget.bytes_used == 0


async def test_body_deadline_is_absolute_from_the_head(edge) -> None:
    await edge.start(answering(1_000), body_seconds=0.3)
    client = await edge.connect()
    started = time.monotonic()
    await client.send(POST % 1_000)

    async def drip() -> None:
        while not client.writer.is_closing():
            client.writer.write(b"x")
            await asyncio.sleep(0.02)

    dripping = asyncio.create_task(drip())
    status, headers, body = await client.answer()
    dripping.cancel()
    assert (status, body, headers["connection"]) == (408, b"request.timeout", "close")
    assert 0.25 < time.monotonic() - started < 0.6


async def test_buffered_bodies_of_a_worker_are_bounded_together(edge) -> None:
    await edge.start(answering(1_000), buffers_bytes_max=1_500)
    first, second = await edge.connect(), await edge.connect()
    await first.send(POST % 1_000 + b"x" * 999)
    await asyncio.sleep(0.02)
    await second.send(POST % 1_000, b"x" * 900)
    status, _, body = await second.answer()
    assert (status, body) == (503, b"gateway.overloaded")
    await first.send(b"x")
    assert (await first.answer())[0] == 200
    assert edge.server.budget.bytes_used == 0


async def test_budget_is_returned_when_a_caller_leaves(edge) -> None:
    await edge.start(answering(1_000))
    client = await edge.connect()
    await client.send(POST % 1_000 + b"x" * 500)
    await asyncio.sleep(0.02)
    assert edge.server.budget.bytes_used == 500
    client.reset()
    await asyncio.sleep(0.05)
    assert edge.server.budget.bytes_used == 0


async def test_body_nobody_reads_is_left_in_the_kernel(edge) -> None:
    async def handle(exchange) -> None:
        await asyncio.sleep(0.3)
        exchange.respond(200, [], await exchange.read_body(10_000_000))

    await edge.start(handle)
    client = await edge.connect()
    client.writer.write(POST % 8_000_000 + b"x" * 8_000_000)
    await asyncio.sleep(0.2)
    (connection,) = edge.server.connections
    assert connection.body.bytes_received < HELD_BYTES_MAX + 300_000
    assert len((await client.answer())[2]) == 8_000_000


@pytest.mark.parametrize("is_chunked", [False, True])
async def test_streamed_body_follows_the_pace_of_its_sink(edge, is_chunked: bool) -> None:
    sink = SlowSink(100_000)

    async def handle(exchange) -> None:
        await exchange.read_body_into(sink)
        exchange.respond(200, [], b"%d" % len(sink.data))

    await edge.start(handle)
    client = await edge.connect()
    if is_chunked:
        client.writer.write(CHUNKED + (b"1000\r\n" + b"x" * 4_096 + b"\r\n") * 2_000 + b"0\r\n\r\n")
    else:
        client.writer.write(POST % 8_192_000 + b"x" * 8_192_000)
    await asyncio.sleep(0.2)
    assert sink.pauses == 1
    assert len(sink.data) < 700_000
    sink.resume()
    assert (await client.answer(8))[2] == b"8192000"
    sink._on_pause()  # A late signal of a finished body must not stop the next request.
    await client.send(POST % 5 + b"hello")
    assert (await client.answer())[0] == 200


async def test_streamed_body_that_stalls_times_out(edge) -> None:
    async def handle(exchange) -> None:
        try:
            await exchange.read_body_into(SlowSink(1 << 30))
        except TollwayError as error:
            exchange.respond(error.status, [], b"")

    await edge.start(handle, idle_seconds=0.2)
    started = time.monotonic()
    assert (await edge.ask(POST % 10 + b"x"))[0] == 408
    assert 0.15 < time.monotonic() - started < 0.5


async def test_streamed_body_below_the_least_rate_times_out(edge) -> None:
    async def handle(exchange) -> None:
        try:
            await exchange.read_body_into(SlowSink(1 << 30))
        except TollwayError as error:
            exchange.respond(error.status, [], b"")

    await edge.start(handle, idle_seconds=5.0, body_seconds=0.2)
    client = await edge.connect()
    started = time.monotonic()
    await client.send(POST % 1_000, *[b"x"] * 20, pause=0.02)
    assert (await client.answer())[0] == 408
    assert time.monotonic() - started < 1


async def test_pause_by_the_sink_is_not_held_against_the_caller(edge) -> None:
    sink = SlowSink(1)

    async def handle(exchange) -> None:
        await exchange.read_body_into(sink)
        exchange.respond(200, [], b"")

    await edge.start(handle, idle_seconds=0.15, body_seconds=0.15)
    client = await edge.connect()
    await client.send(POST % 10 + b"x")
    await asyncio.sleep(0.5)
    sink.resume()
    await client.send(b"x" * 9)
    assert (await client.answer())[0] == 200


async def test_framing_error_in_a_streamed_body_reaches_the_handler(edge) -> None:
    codes = []

    async def handle(exchange) -> None:
        try:
            await exchange.read_body_into(SlowSink(1 << 30))
        except TollwayError as error:
            codes.append(error.code.name)
            exchange.respond(error.status, [], b"")

    await edge.start(handle)
    client = await edge.connect()
    await client.send(CHUNKED + b"5\r\nhello\r\n", b"zz\r\n" + POST % 0)
    status, headers, _ = await client.answer()
    assert (status, headers["connection"], codes) == (400, "close", ["request.malformed"])
    assert await client.is_closed()


def test_budget_takes_all_or_nothing() -> None:
    budget = BufferBudget(10)
    budget.take(6)
    with pytest.raises(TollwayError):
        budget.take(5)
    assert budget.bytes_used == 6
    budget.give_back(6)
    budget.take(10)
