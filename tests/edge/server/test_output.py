"""Slow readers are waited for, stalled ones are not, and neither makes the buffer grow."""

import asyncio
import time

from tollway.edge.server.output import HELD_BYTES_MAX

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


async def test_what_is_written_in_one_turn_is_one_write_after_it(edge) -> None:
    """The head goes with the first of the body; a turn later, the next."""
    seen = []

    async def handle(exchange) -> None:
        output = exchange._output
        exchange.start(200, [], None)
        exchange.write(b"a")
        exchange.write_framed(b"b", b"1\r\nb\r\n")
        seen.append(output._held.endswith(b"1\r\na\r\n1\r\nb\r\n"))
        await asyncio.sleep(0.01)
        seen.append(output._held == b"")
        exchange.write(b"c")
        seen.append(output._held == b"1\r\nc\r\n")
        exchange.finish()
        seen.append(exchange.bytes_sent)

    await edge.start(handle)
    client = await edge.connect()
    await client.send(GET)
    status, _, body = await client.answer()
    assert (status, body) == (200, b"abc")
    assert seen == [True] * 3 + [3]


async def test_to_a_slow_reader_nothing_more_is_held_and_all_is_counted(edge) -> None:
    seen = []

    async def handle(exchange) -> None:
        output = exchange._output
        exchange.start(200, [], None)
        await asyncio.sleep(0.01)
        output.pause()
        before = output._bytes_written
        exchange.write_framed(b"c", b"1\r\nc\r\n")
        seen.append(output._held == b"" and output._bytes_written - before == len(b"1\r\nc\r\n"))
        output.resume()
        exchange.write_framed(b"d", b"1\r\nd\r\n")
        held_at = output._bytes_written
        output.pause()
        await asyncio.sleep(0.01)
        seen.append(output._bytes_written - held_at >= 0 and output._held == b"")
        output.resume()
        exchange.finish()

    await edge.start(handle)
    client = await edge.connect()
    await client.send(GET)
    assert (await client.answer())[2] == b"cd"
    assert seen == [True, True]


async def test_a_turn_holds_no_more_than_its_bound_for_one_connection(edge) -> None:
    held = []

    async def handle(exchange) -> None:
        exchange.start(200, [], None)
        for _ in range(300):
            exchange.write(b"x" * 1_000)
            held.append(len(exchange._output._held))
        exchange.finish()

    await edge.start(handle)
    client = await edge.connect()
    await client.send(GET)
    assert len((await client.answer())[2]) == 300_000
    assert 60_000 < max(held) < HELD_BYTES_MAX


async def test_an_answer_that_is_held_reaches_a_caller_whose_connection_is_closed_in_the_same_turn(edge) -> None:
    async def handle(exchange) -> None:
        exchange.respond(200, [], b"whole")

    await edge.start(handle)
    client = await edge.connect()
    await client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert (await client.answer())[2] == b"whole"
    assert await client.reader.read() == b""
