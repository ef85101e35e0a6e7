"""The clients people use get what they ask for, kept alive, in every framing."""

import asyncio
import http.client

import aiohttp


async def echo(exchange) -> None:
    body = await exchange.read_body(10_000_000)
    if exchange.head.query == "stream":
        exchange.start(200, [(b"content-type", b"text/event-stream")], None)
        for at in range(0, len(body), 1_000):
            exchange.write(body[at : at + 1_000])
            await asyncio.sleep(0)
        exchange.finish()
    else:
        exchange.respond(200, [(b"x-method", exchange.head.method.encode())], body)


async def test_aiohttp_sends_and_reads_every_framing(edge) -> None:
    await edge.start(echo)

    async def pieces():
        for _ in range(20):
            yield b"x" * 700

    url = f"http://127.0.0.1:{edge.port}/a"
    async with aiohttp.ClientSession() as session:
        for query in ("", "?stream"):
            for data, size, expect in (
                (b"y" * 100_000, 100_000, False),
                (pieces(), 14_000, False),
                (b"z" * 9, 9, True),
            ):
                async with session.post(url + query, data=data, expect100=expect) as answer:
                    assert answer.status == 200
                    assert len(await answer.read()) == size
        async with session.head(url) as answer:
            assert answer.headers["x-method"] == "HEAD"
        assert len(edge.server.connections) == 1


async def test_http_client_keeps_its_connection(edge) -> None:
    await edge.start(echo)

    def talk() -> list[bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=5)
        bodies = []
        for path in ("/a", "/a?stream"):
            connection.request("POST", path, body=b"hello " * 300)
            bodies.append(connection.getresponse().read())
            connection.request("PUT", path, body=iter([b"one", b"two"]), encode_chunked=True)
            bodies.append(connection.getresponse().read())
        connection.close()
        return bodies

    assert await asyncio.to_thread(talk) == [b"hello " * 300, b"onetwo"] * 2
