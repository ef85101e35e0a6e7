"""Both halves of the edge together: relays, streamed uploads and WebSocket tunnels through a real caller."""

import asyncio
import io
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
import websockets

from kit.scripted_upstream import HOLD, ScriptedUpstream, read_request, script
from tollway.contract.policy import Timeouts
from tollway.edge.server.server import EdgeServer
from tollway.edge.upstream.client import EdgeUpstreams
from tollway.gateway.ports import Destination, Exchange
from tollway.kernel.clock import SystemClock
from tollway.kernel.errors import TollwayError
from tollway.settings.model import LimitSettings, TimeoutSettings

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


@asynccontextmanager
async def gateway(handle: Callable[[Exchange], Awaitable[None]]) -> AsyncIterator[int]:
    """Serve `handle` on a free port."""
    server = EdgeServer(
        handle, limits=LimitSettings(), timeouts=TimeoutSettings(), clock=SystemClock(), on_refused=lambda _: None
    )
    with socket.create_server(("127.0.0.1", 0)) as sock:
        server.listen(sock)
        yield sock.getsockname()[1]
        await server.drain(0.2)


def forward(upstreams: EdgeUpstreams, to: Destination) -> Callable[[Exchange], Awaitable[None]]:
    """Return a handler that passes everything on, streaming both bodies."""

    async def handle(exchange: Exchange) -> None:
        head = exchange.head
        try:
            answer = await upstreams.send(
                to, method=head.method, target=head.path.encode(), headers=head.headers, body=exchange
            )
            if answer.status == 101:
                await answer.tunnel(exchange)
                return
        except TollwayError as error:
            exchange.respond(error.status, [], error.code.name.encode())
            return
        headers = [header for header in answer.headers if header[0] != b"content-length"]
        exchange.start(answer.status, headers, None)
        code = await answer.relay(exchange, None)
        exchange.finish() if code is None else exchange.abort()

    return handle


async def test_a_caller_that_leaves_is_felt_by_the_upstream_within_100_ms(upstreams: EdgeUpstreams) -> None:
    async with (
        ScriptedUpstream(script(CHUNKED + b"3\r\nabc\r\n", HOLD)) as far,
        gateway(forward(upstreams, far.destination(timeouts=Timeouts()))) as port,
    ):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n")
        await asyncio.sleep(0.05)
        started = time.monotonic()
        writer.transport.abort()
        await asyncio.wait_for(far.left.wait(), 1)
        assert time.monotonic() - started < 0.1


async def test_a_slow_caller_holds_the_upstream_back(upstreams: EdgeUpstreams) -> None:
    """Buffered between the two sockets is at most the mark (64 KiB) and one read beyond it."""
    sent = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 50000000\r\n\r\n")
        for _ in range(500):
            writer.write(b"x" * 100_000)
            await writer.drain()
            sent += 100_000

    async with (
        ScriptedUpstream(handle) as far,
        gateway(forward(upstreams, far.destination(timeouts=Timeouts()))) as port,
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=65_536)
        writer.write(b"GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
        await asyncio.sleep(0.3)
        stalled = sent
        assert stalled < 30_000_000  # what the kernel's socket buffers hold
        await asyncio.sleep(0.1)
        assert sent == stalled
        total = 0
        while data := await reader.read(1_000_000):
            total += len(data)
        assert total > 50_000_000
        writer.close()


@pytest.mark.parametrize("is_chunked", [True, False])
async def test_a_big_upload_is_streamed_through(upstreams: EdgeUpstreams, is_chunked: bool) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        received = 0
        if b"transfer-encoding: chunked" in head:
            while size := int(await reader.readline(), 16):
                received += size
                await reader.readexactly(size + 2)
            await reader.readexactly(2)
        else:
            received = len(await reader.readexactly(5_000_000))
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n%d" % received)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"y" * 100_000

    async with (
        ScriptedUpstream(handle) as far,
        gateway(forward(upstreams, far.destination(timeouts=Timeouts()))) as port,
        aiohttp.ClientSession() as session,
    ):
        data = pieces() if is_chunked else io.BytesIO(b"y" * 5_000_000)
        async with session.post(f"http://127.0.0.1:{port}/", data=data) as reply:
            assert await reply.text() == "5000000"


async def test_r10_an_identity_header_in_a_trailer_reaches_no_upstream(upstreams: EdgeUpstreams) -> None:
    """The fourth form of one bug: what is stripped from the head comes again after the body."""
    received = bytearray()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.extend(await reader.readuntil(b"0\r\n"))
        received.extend(await reader.readuntil(b"\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    async with (
        ScriptedUpstream(handle) as far,
        gateway(forward(upstreams, far.destination(timeouts=Timeouts()))) as port,
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n1\r\nx\r\n")
        writer.write(b"0\r\nX-Tollway-Token-Id: admin\r\nX_Auth_User: admin\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n")
        answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 200")
    assert received.endswith(b"1\r\nx\r\n0\r\n\r\n"), "the body ends without trailers"
    assert b"admin" not in received and b"10.0.0.1" not in received


async def echo(connection: websockets.ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


def websocket_destination(server: websockets.Server) -> Destination:
    """Return the destination of a WebSocket server."""
    stand_in = ScriptedUpstream(script())
    stand_in.port = next(iter(server.sockets)).getsockname()[1]
    return stand_in.destination(timeouts=Timeouts())


async def test_a_websocket_echoes_through_both_halves(upstreams: EdgeUpstreams) -> None:
    async with websockets.serve(echo, "127.0.0.1", 0, compression=None) as far:
        to = websocket_destination(far)
        async with gateway(forward(upstreams, to)) as port:
            async with websockets.connect(f"ws://127.0.0.1:{port}/x", compression=None, proxy=None) as caller:
                for message in ("hi", b"\0" * 70_000, "ü" * 500_000):
                    await caller.send(message)
                    assert await caller.recv() == message
            await asyncio.sleep(0.05)
            [counts] = upstreams.counts()
            assert (counts.in_flight, counts.idle) == (0, 0)


async def test_an_upstream_that_ends_the_websocket_ends_it_for_the_caller(upstreams: EdgeUpstreams) -> None:
    async def bye(connection: websockets.ServerConnection) -> None:
        await connection.send("bye")
        await connection.close(4001, "done")

    async with websockets.serve(bye, "127.0.0.1", 0) as far:
        to = websocket_destination(far)
        async with (
            gateway(forward(upstreams, to)) as port,
            websockets.connect(f"ws://127.0.0.1:{port}/", proxy=None) as caller,
        ):
            assert await caller.recv() == "bye"
            with pytest.raises(websockets.ConnectionClosed) as caught:
                await caller.recv()
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 4001


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 101 S\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 101 S\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: x\r\n\r\n",
        b"HTTP/1.1 101 S\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 101 S\r\n\r\n",
    ],
)
async def test_a_switch_that_does_not_answer_the_handshake_never_reaches_the_caller(
    upstreams: EdgeUpstreams, answer: bytes
) -> None:
    async with (
        ScriptedUpstream(script(answer, HOLD)) as far,
        gateway(forward(upstreams, far.destination())) as port,
    ):
        with pytest.raises(websockets.InvalidStatus) as caught:
            await websockets.connect(f"ws://127.0.0.1:{port}/", proxy=None)
        assert caught.value.response.status_code == 502
        await asyncio.wait_for(far.left.wait(), 0.5)


async def test_a_refused_handshake_is_relayed_as_an_answer(upstreams: EdgeUpstreams) -> None:
    refusal = b"HTTP/1.1 403 No\r\ncontent-length: 2\r\n\r\nno"
    async with (
        ScriptedUpstream(script(refusal, HOLD)) as far,
        gateway(forward(upstreams, far.destination())) as port,
    ):
        with pytest.raises(websockets.InvalidStatus) as caught:
            await websockets.connect(f"ws://127.0.0.1:{port}/", proxy=None)
        assert caught.value.response.status_code == 403


async def test_an_idle_tunnel_meets_the_idle_deadline(upstreams: EdgeUpstreams) -> None:
    async with websockets.serve(echo, "127.0.0.1", 0, ping_interval=None) as far:
        stand_in = ScriptedUpstream(script())
        stand_in.port = next(iter(far.sockets)).getsockname()[1]
        to = stand_in.destination(timeouts=Timeouts(idle_seconds=0.3))
        async with (
            gateway(forward(upstreams, to)) as port,
            websockets.connect(f"ws://127.0.0.1:{port}/", proxy=None, ping_interval=None) as caller,
        ):
            for _ in range(3):
                await asyncio.sleep(0.15)
                await caller.send("x")
                await caller.recv()
            started = time.monotonic()
            with pytest.raises(websockets.ConnectionClosed):
                await caller.recv()
            assert 0.2 < time.monotonic() - started < 0.8
