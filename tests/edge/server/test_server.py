"""A drain loses no request: those that run are finished, those on their way are answered, the rest is closed."""

import asyncio
import socket
import time

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def test_drain_finishes_running_requests_with_connection_close(edge) -> None:
    async def handle(exchange) -> None:
        await asyncio.sleep(0.2)
        exchange.respond(200, [], b"done")

    await edge.start(handle)
    client = await edge.connect()
    await client.send(GET)
    await asyncio.sleep(0.05)
    draining = asyncio.create_task(edge.server.drain(5))
    status, headers, body = await client.answer()
    assert (status, headers["connection"], body) == (200, "close", b"done")
    await asyncio.wait_for(draining, 1)


async def test_drain_answers_a_request_that_was_on_its_way_and_closes_idle_connections(edge) -> None:
    await edge.start()
    idle, busy = await edge.connect(), await edge.connect()
    for client in (idle, busy):
        await client.send(GET)
        await client.answer()
    draining = asyncio.create_task(edge.server.drain(5))
    await asyncio.sleep(0.1)
    await busy.send(GET)
    assert (await busy.answer())[1]["connection"] == "close"
    assert await idle.is_closed()
    await asyncio.wait_for(draining, 2)


async def test_drain_accepts_nothing_new_and_leaves_the_socket_open(edge) -> None:
    await edge.start()
    await edge.server.drain(0.1)
    late = await edge.connect()
    await late.send(GET)
    await asyncio.sleep(0.05)
    assert not edge.server.connections
    assert edge._sockets[0].fileno() >= 0


async def test_drain_answers_who_was_connected_and_not_accepted_yet(edge) -> None:
    """The last process to let go of a listening socket resets whoever waits in its queue."""
    await edge.start()
    with socket.create_connection(("127.0.0.1", edge.port), 5) as waiting:
        waiting.sendall(GET)
        edge.listener.close()  # Without a turn of the loop, in which it would have been accepted.
        draining = asyncio.create_task(edge.server.drain(5))
        answer = await asyncio.to_thread(waiting.recv, 4096)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in answer
    await asyncio.wait_for(draining, 1)


async def test_drain_cuts_off_what_is_left_at_its_deadline(edge) -> None:
    cancelled = asyncio.Event()

    async def handle(exchange) -> None:
        try:
            await asyncio.sleep(30)
        finally:
            cancelled.set()

    await edge.start(handle)
    client = await edge.connect()
    await client.send(GET)
    await asyncio.sleep(0.02)
    started = time.monotonic()
    await edge.server.drain(0.3)
    assert cancelled.is_set()
    assert time.monotonic() - started < 1
    assert not edge.server.tasks


async def test_memory_of_many_idle_connections_is_small(edge) -> None:
    import tracemalloc

    await edge.start()
    clients = [await edge.connect() for _ in range(20)]
    tracemalloc.start()
    for _ in range(200):
        clients.append(await edge.connect())
    for client in clients[20:]:
        await client.send(GET)
        await client.answer()
    (size, _), count = tracemalloc.get_traced_memory(), 200
    tracemalloc.stop()
    # Both ends are in this process; the client's stream buffers are the greater part.
    assert size / count < 40_000


async def test_everything_is_given_back_after_mixed_traffic(edge) -> None:
    async def handle(exchange) -> None:
        await exchange.read_body(1_000)
        exchange.respond(200, [], b"")

    await edge.start(handle)
    for number in range(60):
        client = await edge.connect()
        match number % 4:
            case 0:
                await client.send(GET)
                await client.answer()
            case 1:
                await client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
                client.reset()
            case 2:
                await client.send(b"garbage\r\n\r\n")
                await client.answer()
            case _:
                await client.send(b"GET / HT")
        client.close()
    await asyncio.sleep(0.1)
    assert not edge.server.connections
    assert not edge.server.tasks
    assert edge.server.budget.bytes_used == 0
