"""Answers are framed by the edge alone: lengths, chunks, HEAD, HTTP/1.0, cut-offs and tunnels."""

import asyncio
import itertools
import re
from typing import Any

import pytest

from tollway.edge.server.connection import Connection
from tollway.edge.server.exchange import ServerExchange
from tollway.edge.server.server import EdgeServer
from tollway.kernel.clock import SystemClock
from tollway.settings.model import LimitSettings, TimeoutSettings

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


async def test_streamed_answer_is_chunked(edge) -> None:
    async def handle(exchange) -> None:
        exchange.start(200, [(b"x", b"y"), (b"content-length", b"1")], None)
        for _ in range(3):
            exchange.write(b"abc")
            exchange.write(b"")
            await asyncio.sleep(0)
        assert exchange.bytes_sent == 9 and exchange.has_started
        exchange.finish()
        exchange.write(b"never")
        exchange.abort()

    await edge.start(handle)
    client = await edge.connect()
    for _ in range(2):
        await client.send(GET)
        status, headers, body = await client.answer()
        assert (status, headers["x"], body) == (200, "y", b"abcabcabc")
        assert "content-length" not in headers and "date" in headers


async def test_head_of_a_streamed_answer_does_not_wait_for_its_body(edge) -> None:
    async def handle(exchange) -> None:
        exchange.start(200, [], 5)
        await asyncio.sleep(0.3)
        exchange.write(b"hello")
        exchange.finish()

    await edge.start(handle)
    client = await edge.connect()
    await client.send(GET)
    head = await asyncio.wait_for(client.reader.readuntil(b"\r\n\r\n"), 0.2)
    assert b"content-length: 5" in head
    assert await client.reader.readexactly(5) == b"hello"


async def test_http_1_0_gets_an_answer_that_ends_with_the_connection(edge) -> None:
    async def handle(exchange) -> None:
        exchange.start(200, [], None)
        exchange.write(b"abc")
        exchange.finish()

    await edge.start(handle)
    client = await edge.connect()
    await client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    raw = await client.rest()
    assert raw.endswith(b"connection: close\r\n\r\nabc")
    assert b"chunked" not in raw


async def test_http_1_0_keep_alive_is_said(edge) -> None:
    await edge.start()
    client = await edge.connect()
    for _ in range(2):
        await client.send(b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
        assert (await client.answer())[1]["connection"] == "keep-alive"


@pytest.mark.parametrize("framed", ["length", "chunks", "close"])
async def test_abort_is_seen_as_a_cut_off(edge, framed: str) -> None:
    async def handle(exchange) -> None:
        exchange.start(200, [], 10 if framed == "length" else None)
        exchange.write(b"abc")
        await asyncio.sleep(0.05)
        exchange.abort()
        exchange.write(b"d")
        exchange.finish()

    await edge.start(handle)
    client = await edge.connect()
    await client.send(b"GET / HTTP/1.0\r\n\r\n" if framed == "close" else GET)
    if framed == "close":
        with pytest.raises(ConnectionResetError):
            await client.rest()
    else:
        assert b"abc" in await client.rest()


async def test_answer_shorter_than_declared_is_cut_off(edge) -> None:
    async def handle(exchange) -> None:
        exchange.start(200, [], 10)
        exchange.write(b"abc")
        exchange.finish()

    await edge.start(handle)
    client = await edge.connect()
    await client.send(GET + GET)
    assert (await client.rest()).count(b"HTTP/1.1") == 1


async def test_answer_longer_than_declared_is_never_sent(edge, caplog) -> None:
    async def handle(exchange) -> None:
        exchange.start(200, [], 2)
        exchange.write(b"HTTP/1.1 200 OK\r\n")

    await edge.start(handle)
    client = await edge.connect()
    with caplog.at_level("CRITICAL", "tollway.edge"):
        await client.send(GET)
        assert (await client.rest()).count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(("status", "body_bytes"), [(204, None), (304, None), (304, 7), (200, 7), (200, None)])
async def test_answers_without_a_body_leave_the_connection_in_step(edge, status: int, body_bytes: int | None) -> None:
    async def handle(exchange) -> None:
        exchange.start(status, [], body_bytes)
        exchange.write(b"abcdefg")
        exchange.finish()

    await edge.start(handle)
    client = await edge.connect()
    for _ in range(2):
        await client.send(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" if status == 200 else GET)
        got, headers, _ = await client.answer(is_head=True)
        assert got == status
        assert headers.get("content-length") == ("7" if (status, body_bytes) == (200, 7) else None)
        assert "transfer-encoding" not in headers


async def test_second_answer_to_one_request_is_a_programming_error(edge) -> None:
    errors = []

    async def handle(exchange) -> None:
        exchange.respond(200, [], b"a")
        for again in (lambda: exchange.respond(200, [], b"b"), lambda: exchange.start(200, [], None)):
            try:
                again()
            except RuntimeError as error:
                errors.append(error)

    await edge.start(handle)
    client = await edge.connect()
    await client.send(GET + GET)
    assert [(await client.answer())[2] for _ in range(2)] == [b"a", b"a"]
    assert len(errors) == 4


async def test_injected_header_is_a_500_and_reaches_no_wire(edge, caplog) -> None:
    async def handle(exchange) -> None:
        exchange.respond(200, [(b"x", b"a\r\nset-cookie: b")], b"")

    await edge.start(handle)
    client = await edge.connect()
    with caplog.at_level("CRITICAL", "tollway.edge"):
        await client.send(GET)
        raw = await client.rest()
    assert raw.startswith(b"HTTP/1.1 500") and b"set-cookie" not in raw


class Echo:
    def __init__(self) -> None:
        self.transport = None
        self.ended = asyncio.Event()

    def feed(self, data: bytes) -> None:
        self.transport.write(data.upper())

    def closed(self) -> None:
        self.ended.set()


async def tunnel(exchange) -> None:
    echo = Echo()
    exchange.respond(101, [(b"upgrade", b"websocket")], b"")
    echo.transport, early = exchange.hijack(echo)
    if early:
        echo.feed(early)
    await echo.ended.wait()


async def test_upgraded_connection_is_handed_over_with_its_early_bytes(edge) -> None:
    await edge.start(tunnel, idle_seconds=0.1, head_seconds=0.1)
    client = await edge.connect()
    await client.send(HANDSHAKE + b"early")
    assert (await client.reader.readuntil(b"\r\n\r\n")).startswith(
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade"
    )
    assert await client.reader.readexactly(5) == b"EARLY"
    await asyncio.sleep(0.3)
    await client.send(b"later")
    assert await client.reader.readexactly(5) == b"LATER"
    (task,) = edge.server.tasks
    client.close()
    await asyncio.wait_for(task, 1)
    assert not task.cancelled()


async def test_cve_2026_2833_no_tunnel_before_101(edge) -> None:
    """Pingora handed over the connection before the upgrade was accepted; the early bytes then reached the upstream."""
    failed = []

    async def handle(exchange) -> None:
        try:
            exchange.hijack(Echo())
        except RuntimeError:
            failed.append(True)
        exchange.respond(200, [], b"plain")

    await edge.start(handle)
    client = await edge.connect()
    await client.send(HANDSHAKE + GET)
    status, headers, _ = await client.answer()
    assert (status, headers["connection"], failed) == (200, "close", [True])
    assert await client.is_closed()


async def test_101_without_a_handshake_is_a_programming_error(edge, caplog) -> None:
    async def handle(exchange) -> None:
        exchange.respond(101, [], b"")

    await edge.start(handle)
    with caplog.at_level("CRITICAL", "tollway.edge"):
        assert (await edge.ask(GET))[0] == 500


async def test_upgrade_to_another_protocol_is_ignored(edge) -> None:
    await edge.start()
    client = await edge.connect()
    h2c = b"POST / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AA\r\n"
    for framing in (
        b"Content-Length: 5\r\n\r\nhello",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"\r\n",
    ):
        await client.send(h2c + framing)
        status, _, body = await client.answer()
        assert (status, body) == (200, b"POST / ? " + (b"hello" if b"hello" in framing else b""))


class Caller(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def write(self, data: Any) -> None:
        self.written += data


async def test_the_short_way_to_answer_and_the_long_one_write_the_same() -> None:
    """`respond` frames what is usual in one step; for whatever request and answer it agrees with the general way."""

    def handle(exchange: Any) -> Any:
        raise AssertionError(exchange)

    server = EdgeServer(
        handle, limits=LimitSettings(), timeouts=TimeoutSettings(), clock=SystemClock(), on_refused=lambda code: None
    )
    count = 0
    for method, version, said, status, is_draining in itertools.product(
        (b"GET", b"HEAD", b"POST"),
        (b"1.0", b"1.1"),
        (b"close", b"keep-alive"),
        (200, 204, 299, 304, 500),
        (False, True),
    ):
        server.is_draining = is_draining
        seen = []
        for respond in (ServerExchange.respond, ServerExchange.respond_framed):
            connection, caller = Connection(server, peer="", is_tls=False), Caller()
            connection.connection_made(caller)
            length = b"content-length: 2\r\n\r\nab" if method == b"POST" else b"\r\n"
            connection.data_received(
                b"%b / HTTP/%b\r\nHost: a\r\nConnection: %b\r\n%b" % (method, version, said, length)
            )
            exchange = connection._exchange
            parsed = connection._reader.last_parsed
            assert exchange is not None and parsed is not None
            respond(exchange, status, [(b"a", b"b"), (b"date", b"never")], b"abc", b"x: y\r\n")
            server.outbox.flush()
            facts = exchange.has_started, exchange.is_ended, exchange.bytes_sent, exchange.keeps_alive
            seen.append((re.sub(rb"date: [^\r]+", b"", caller.written), facts))
            with pytest.raises(RuntimeError):
                respond(exchange, status, [], b"", b"")
            assert connection._task is not None
            connection._task.cancel()
            begun = ServerExchange(connection, parsed, b"")
            begun.start(status, [], None)
            with pytest.raises(RuntimeError):
                respond(begun, status, [], b"", b"")
        assert seen[0] == seen[1]
        count += b"\r\n\r\nabc" in seen[0][0]
    assert count == 2 * 2 * 2 * 3 * 2
    server.wheel.close()


async def test_a_body_that_came_with_its_head_is_there_at_once_and_counted_once(edge) -> None:
    seen: list[Any] = []

    async def handle(exchange) -> None:
        before = exchange.take_body(5)
        used = edge.server.budget.bytes_used
        seen.append((before, used, await exchange.read_body(5), edge.server.budget.bytes_used))
        exchange.respond(200, [], b"")

    await edge.start(handle)
    client = await edge.connect()
    post = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"
    for parts in ((post + b"hello",), (post, b"hello")):
        await client.send(*parts)
        assert (await client.answer())[0] == 200
    assert seen == [(b"hello", 5, b"hello", 5), (None, 0, b"hello", 5)]
    await client.send(post.replace(b"5", b"6") + b"hello!")
    assert (await client.answer())[0] == 413
    assert edge.server.budget.bytes_used == 0
