"""A worker takes no more connections than its bound and its share; the rest wait in the kernel."""

import asyncio

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def test_connections_over_the_bound_wait_until_one_ends(edge) -> None:
    await edge.start(connections_max=2)
    clients = [await edge.connect() for _ in range(3)]
    for client in clients:
        await client.send(GET)
    await clients[0].answer()
    await clients[1].answer()
    await asyncio.sleep(0.05)
    assert len(edge.server.connections) == 2
    async with asyncio.timeout(5):
        while edge.listener.is_accepting:  # For an instant after each pause, until it sees that nothing has changed.
            await asyncio.sleep(0)
    assert len(edge.server.connections) == 2
    clients[0].close()
    assert (await clients[2].answer())[0] == 200


async def test_worker_with_its_share_stops_accepting_for_a_moment(edge) -> None:
    share = 1
    await edge.start(share=lambda: share)
    first, second = await edge.connect(), await edge.connect()
    await first.send(GET)
    await second.send(GET)
    await first.answer()
    await asyncio.sleep(0.05)
    assert len(edge.server.connections) == 1
    share = 2
    assert (await second.answer())[0] == 200


async def test_running_out_of_descriptors_is_logged_sparingly_and_overcome(edge, monkeypatch, caplog) -> None:
    await edge.start()
    failures = 20

    class Socket:
        def __init__(self, real) -> None:
            self.real = real

        def fileno(self) -> int:
            return self.real.fileno()

        def accept(self):
            nonlocal failures
            if failures:
                failures -= 10
                raise OSError(24, "Too many open files")
            return self.real.accept()

    edge.listener._socket = Socket(edge.listener._socket)
    with caplog.at_level("ERROR", "tollway.edge"):
        assert (await edge.ask(GET))[0] == 200
    assert len(caplog.records) == 1
