"""Requests are answered in order, one at a time; deadlines and departures end what they must, at once."""

import asyncio
import logging
import time

import pytest

GET = b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"


async def test_connection_is_kept_over_requests(edge) -> None:
    await edge.start()
    client = await edge.connect()
    for number in range(3):
        await client.send(GET % b"/%d" % number)
        status, headers, body = await client.answer()
        assert (status, body) == (200, b"GET /%d ? " % number)
        assert "connection" not in headers
    assert len(edge.server.connections) == 1
    assert len(edge.server.tasks) == 1


async def test_pipelined_requests_are_answered_in_order_and_one_at_a_time(edge) -> None:
    running = 0

    async def handle(exchange) -> None:
        nonlocal running
        running += 1
        assert running == 1
        await asyncio.sleep(0.01 if exchange.head.path == "/0" else 0)
        body = await exchange.read_body(100)
        exchange.respond(200, [], exchange.head.path.encode() + body)
        running -= 1

    await edge.start(handle)
    client = await edge.connect()
    wire = b"".join(
        GET % b"/%d" % n if n % 2 else b"POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi" % n
        for n in range(8)
    )
    await client.send(wire[:100], wire[100:])
    assert [(await client.answer())[2] for _ in range(8)] == [b"/%d" % n + (b"" if n % 2 else b"hi") for n in range(8)]


async def test_pipelining_is_bounded_by_not_reading(edge) -> None:
    release = asyncio.Event()

    async def handle(exchange) -> None:
        await release.wait()
        exchange.respond(200, [], b"")

    await edge.start(handle, pipelined_max=4)
    client = await edge.connect()
    for _ in range(64):
        await client.send((GET % b"/") * 400)
        await asyncio.sleep(0)
        if client.writer.transport.get_write_buffer_size() > 0:
            break
    await asyncio.sleep(0.05)
    (connection,) = edge.server.connections
    assert len(connection._ahead) < 400_000
    release.set()
    for _ in range(400):
        assert (await client.answer())[0] == 200


async def test_connection_close_is_honoured(edge) -> None:
    await edge.start()
    client = await edge.connect()
    await client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n\r\n")
    assert (await client.answer())[1]["connection"] == "close"
    assert await client.is_closed()


@pytest.mark.parametrize("how", ["close", "reset", "half-close"])
@pytest.mark.parametrize("phase", ["waiting", "streaming", "reading"])
async def test_leaving_caller_cancels_the_handler_at_once(edge, how: str, phase: str) -> None:
    cancelled_at = asyncio.get_running_loop().create_future()
    begun = asyncio.Event()

    async def handle(exchange) -> None:
        if phase == "streaming":
            exchange.start(200, [], None)
            exchange.write(b"first")
        begun.set()
        try:
            if phase == "reading":
                await exchange.read_body(1_000)
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled_at.set_result(time.monotonic())
            raise

    await edge.start(handle)
    client = await edge.connect()
    await client.send(POST % 10 if phase == "reading" else GET % b"/")
    await begun.wait()
    left_at = time.monotonic()
    if how == "close":
        client.close()
    elif how == "reset":
        client.reset()
    else:
        client.writer.write_eof()
    assert await asyncio.wait_for(cancelled_at, 2) - left_at < 0.1
    await asyncio.sleep(0.02)
    assert not edge.server.connections
    assert not edge.server.tasks


async def test_clean_up_of_a_cancelled_handler_is_finished(edge) -> None:
    done = asyncio.Event()

    async def handle(exchange) -> None:
        try:
            await asyncio.sleep(30)
        finally:
            await asyncio.sleep(0.05)
            done.set()

    await edge.start(handle)
    client = await edge.connect()
    await client.send(GET % b"/")
    await asyncio.sleep(0.02)
    client.reset()
    await asyncio.wait_for(done.wait(), 1)


async def test_accounting_after_the_answer_is_not_cancelled(edge) -> None:
    done = asyncio.Event()

    async def handle(exchange) -> None:
        exchange.respond(200, [], b"")
        await asyncio.sleep(0.05)
        done.set()

    await edge.start(handle)
    client = await edge.connect()
    await client.send(GET % b"/")
    await client.answer()
    client.close()
    await asyncio.wait_for(done.wait(), 1)


async def test_exception_of_the_handler_is_a_500_logged_once(edge, caplog) -> None:
    async def handle(exchange) -> None:
        raise ValueError("secret detail")

    await edge.start(handle)
    client = await edge.connect()
    with caplog.at_level(logging.ERROR):
        await client.send(GET % b"/")
        status, headers, body = await client.answer()
    assert (status, headers["connection"]) == (500, "close")
    assert b"gateway.internal" in body and b"secret" not in body
    assert len(caplog.records) == 1
    assert await client.is_closed()


async def test_exception_after_the_start_cuts_the_answer_off(edge, caplog) -> None:
    async def handle(exchange) -> None:
        exchange.start(200, [], None)
        exchange.write(b"part")
        raise ValueError

    await edge.start(handle)
    client = await edge.connect()
    with caplog.at_level(logging.CRITICAL, "tollway.edge"):
        await client.send(GET % b"/")
        raw = await client.rest()
    assert b"part" in raw
    assert not raw.endswith(b"0\r\n\r\n")


async def test_handler_that_does_not_answer_is_a_500(edge, caplog) -> None:
    async def handle(exchange) -> None:
        return

    await edge.start(handle)
    with caplog.at_level(logging.CRITICAL, "tollway.edge"):
        assert (await edge.ask(GET % b"/"))[0] == 500


# --- deadlines ---


async def test_head_deadline_is_absolute_and_not_extended_by_drips(edge) -> None:
    await edge.start(head_seconds=0.3)
    client = await edge.connect()
    started = time.monotonic()

    async def drip() -> None:
        for byte in GET % b"/slow" + b"x" * 1_000:
            if client.writer.is_closing():
                return
            client.writer.write(bytes((byte,)))
            await asyncio.sleep(0.02)

    dripping = asyncio.create_task(drip())
    status, _, body = await client.answer()
    dripping.cancel()
    assert (status, edge.refused) == (408, ["request.timeout"])
    assert b"request.timeout" in body
    assert 0.25 < time.monotonic() - started < 0.6


async def test_silent_connection_is_closed_without_an_answer(edge) -> None:
    await edge.start(head_seconds=0.15)
    client = await edge.connect()
    started = time.monotonic()
    assert await client.is_closed()
    assert 0.1 < time.monotonic() - started < 0.4
    assert edge.refused == []


async def test_second_head_has_its_own_absolute_deadline(edge) -> None:
    await edge.start(head_seconds=0.2, idle_seconds=5.0)
    client = await edge.connect()
    await client.send(GET % b"/")
    await client.answer()
    await asyncio.sleep(0.3)
    await client.send(b"GET / HT")
    started = time.monotonic()
    assert (await client.answer())[0] == 408
    assert 0.15 < time.monotonic() - started < 0.5


async def test_idle_kept_connection_is_closed(edge) -> None:
    await edge.start(idle_seconds=0.2)
    client = await edge.connect()
    await client.send(GET % b"/")
    await client.answer()
    started = time.monotonic()
    assert await client.is_closed()
    assert 0.15 < time.monotonic() - started < 0.5


async def test_request_in_progress_is_not_bound_by_the_idle_time(edge) -> None:
    async def handle(exchange) -> None:
        await asyncio.sleep(0.4)
        exchange.respond(200, [], b"")

    await edge.start(handle, idle_seconds=0.1, head_seconds=0.1)
    assert (await edge.ask(GET % b"/"))[0] == 200


async def test_cve_2026_26999_deadlines_survive_the_tls_handshake(edge, tls_files) -> None:
    import ssl

    from tollway.edge.server.tls import build_server_context

    await edge.start(tls=build_server_context(*tls_files), head_seconds=0.3)
    raw = await edge.connect()
    started = time.monotonic()
    await raw.rest()
    assert time.monotonic() - started < 1
    context = ssl.create_default_context(cafile=str(tls_files[0]))
    client = await edge.connect(ssl=context)
    await client.send(b"GET / ")
    started = time.monotonic()
    assert (await client.answer())[0] == 408
    assert time.monotonic() - started < 0.6


# --- what is left of a body ---


async def test_small_unread_body_is_drained_and_the_connection_kept(edge) -> None:
    async def handle(exchange) -> None:
        exchange.respond(200, [], b"no")

    await edge.start(handle)
    client = await edge.connect()
    await client.send(POST % 1_000)
    status, headers, _ = await client.answer()
    assert (status, headers.get("connection")) == (200, None)
    await client.send(b"x" * 1_000 + GET % b"/")
    assert (await client.answer())[0] == 200


async def test_cve_2025_4366_large_unread_body_closes_the_connection_and_the_answer_arrives(edge) -> None:
    async def handle(exchange) -> None:
        exchange.respond(413, [], b"no")

    await edge.start(handle)
    client = await edge.connect()
    await client.send(POST % 200_000 + b"x" * 100_000)
    status, headers, _ = await client.answer()
    assert (status, headers["connection"]) == (413, "close")
    assert await client.is_closed()


async def test_body_that_never_ends_after_its_answer_closes_the_connection(edge) -> None:
    async def handle(exchange) -> None:
        exchange.respond(200, [], b"no")

    await edge.start(handle)
    client = await edge.connect()
    await client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert (await client.answer())[0] == 200
    for _ in range(40):
        client.writer.write(b"2000\r\n" + b"x" * 8_192 + b"\r\n")
    assert await client.is_closed()
