"""Slow readers are waited for, stalled ones are not, and neither makes the buffer grow."""

import asyncio
import time

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def test_relay_is_paused_and_resumed_at_the_marks(edge) -> None:
    events = []

    async def handle(exchange) -> None:
        resumed = asyncio.Event()
        exchange.watch_writable(lambda: events.append("pause"), lambda: (events.append("resume"), resumed.set()))
        exchange.start(200, [], None)
        sent = 0
        while exchange.is_writable:
            exchange.write(b"x" * 65_536)
            sent += 65_536
            await asyncio.sleep(0)
        assert sent < 50_000_000
        exchange.watch_writable(lambda: events.append("late pause"), resumed.set)
        await resumed.wait()
        exchange.finish()

    await edge.start(handle)
    client = await edge.connect()
    await client.send(GET)
    await asyncio.sleep(0.1)
    assert events == ["pause", "late pause"]
    status, _, _ = await client.answer()
    assert status == 200


async def test_stalled_reader_is_closed_after_the_idle_time(edge) -> None:
    ended = asyncio.Event()

    async def handle(exchange) -> None:
        try:
            exchange.respond(200, [], b"x" * 30_000_000)
            await asyncio.sleep(0)
        finally:
            ended.set()

    await edge.start(handle, idle_seconds=0.3)
    client = await edge.connect()
    client.writer.transport.pause_reading()
    started = time.monotonic()
    await client.send(GET)
    await ended.wait()
    while edge.server.connections:
        assert time.monotonic() - started < 2
        await asyncio.sleep(0.02)
    assert time.monotonic() - started > 0.25


async def test_slow_reader_that_keeps_the_least_rate_gets_everything(edge) -> None:
    async def handle(exchange) -> None:
        exchange.respond(200, [], b"x" * 6_000_000)

    await edge.start(handle, idle_seconds=0.15)
    client = await edge.connect(limit=2**16)
    await client.send(GET)
    await client.reader.readuntil(b"\r\n\r\n")
    received = 0
    while received < 6_000_000:
        received += len(await client.reader.read(300_000))
        await asyncio.sleep(0.01)


async def test_next_pipelined_request_waits_for_a_slow_reader(edge) -> None:
    count = 0

    async def handle(exchange) -> None:
        nonlocal count
        count += 1
        exchange.respond(200, [], b"x" * 10_000_000)

    await edge.start(handle)
    client = await edge.connect()
    client.writer.transport.pause_reading()
    await client.send(GET * 10)
    await asyncio.sleep(0.1)
    assert count == 1
    client.writer.transport.resume_reading()
    for _ in range(10):
        assert len((await client.answer(10))[2]) == 10_000_000


async def test_frames_go_straight_to_the_socket_only_while_there_is_nothing_else_to_heed(edge) -> None:
    """A held head goes first, and what is written to a slow reader is counted, so that its rate is known."""
    seen = []

    async def handle(exchange) -> None:
        output = exchange._output
        exchange.start(200, [], None)
        seen.append(output.direct is None)
        exchange.write_framed(b"a", b"1\r\na\r\n")
        seen.append(output.direct is not None)
        exchange.write_framed(b"b", b"1\r\nb\r\n")
        output.pause()
        seen.append(output.direct is None)
        before = output._bytes_written
        exchange.write_framed(b"c", b"1\r\nc\r\n")
        seen.append(output._bytes_written - before == len(b"1\r\nc\r\n"))
        output.resume()
        seen.append(output.direct is not None)
        exchange.finish()
        seen.append(exchange.bytes_sent)

    await edge.start(handle)
    client = await edge.connect()
    await client.send(GET)
    status, _, body = await client.answer()
    assert (status, body) == (200, b"abc")
    assert seen == [True] * 5 + [3]
