"""The client against independent implementations: aiohttp's client as oracle, h11 as upstream under random chunking."""

import asyncio
from collections.abc import Iterator

import aiohttp
import h11
import pytest
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.scripted_upstream import ScriptedUpstream, StandInExchange, UpperTap, read_request
from tollway.contract.policy import Timeouts
from tollway.edge.upstream.client import EdgeUpstreams

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "trailer", "upgrade", "proxy-authenticate"}

ANSWERS = {
    "sized": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A:  1 2\t\r\nx-a: 3\r\n\r\nhello",
    "empty": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
    "hex chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n005\r\n01234\r\nb\r\nabcdefghijk\r\n0\r\n\r\n",
    "extension": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0;z\r\n\r\n",
    "trailers": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
    "until close": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello until the end",
    "204": b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n",
    "304": b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n",
    "404": b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
    "redirect": b"HTTP/1.1 301 Moved\r\nLocation: http://other.example/\r\nContent-Length: 0\r\n\r\n",
    "500": b"HTTP/1.1 500 X\r\nContent-Length: 4\r\n\r\noops",
    "odd status": b"HTTP/1.1 799 Odd\r\nContent-Length: 1\r\n\r\n!",
    "no reason": b"HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\n!",
    "http 1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold",
    "interim": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "early hints": b"HTTP/1.1 103 E\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "many headers": b"HTTP/1.1 200 OK\r\n" + b"X-N: 1\r\n" * 90 + b"Content-Length: 0\r\n\r\n",
    "empty value": b"HTTP/1.1 200 OK\r\nX-Empty:\r\nX-Blank:   \r\nContent-Length: 0\r\n\r\n",
    "latin": b"HTTP/1.1 200 OK\r\nX-L: caf\xe9\r\nContent-Length: 0\r\n\r\n",
    "cookies": b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n",
    "gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x00",
    "big": b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"0123456789" * 30_000,
}


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "PUT", "DELETE"])
@pytest.mark.parametrize("name", ANSWERS)
async def test_we_and_aiohttp_read_the_same_answer(upstreams: EdgeUpstreams, name: str, method: str) -> None:
    raw = ANSWERS[name]
    seen: list[tuple[bytes, bytes]] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        head, _, body = (
            raw.rpartition(b"\r\n\r\n") if name in ("interim", "early hints") else raw.partition(b"\r\n\r\n")
        )
        writer.write(head + b"\r\n\r\n" + (b"" if method == "HEAD" else body))
        await writer.drain()

    body = b"" if method in ("GET", "HEAD") else b"payload"
    async with ScriptedUpstream(handle) as server, aiohttp.ClientSession(auto_decompress=False) as session:
        url = f"http://127.0.0.1:{server.port}/a%20b?c=d"
        async with session.request(
            method,
            url,
            data=body or None,
            allow_redirects=False,
            headers={"X-Ours": "1"},
            skip_auto_headers=["User-Agent"],
        ) as theirs:
            their_body = await theirs.read()
            their_headers = [(k.lower(), v) for k, v in theirs.raw_headers for k, v in [(k.decode(), v)]]
        answer = await upstreams.send(
            server.destination(), method=method, target=b"/a%20b?c=d", headers=[(b"x-ours", b"1")], body=body
        )
        our_body = await answer.read(1_000_000)
    assert answer.status == theirs.status
    assert our_body == their_body
    assert [(k.decode(), v) for k, v in answer.headers] == [
        (k, v.strip()) for k, v in their_headers if k not in HOP_BY_HOP
    ]
    (their_head, their_sent), (our_head, our_sent) = seen
    assert our_head.split(b"\r\n")[0] == their_head.split(b"\r\n")[0]
    assert our_sent == their_sent
    assert sorted(line.lower() for line in our_head.split(b"\r\n")[1:]) == sorted(
        line.lower()
        for line in their_head.split(b"\r\n")[1:]
        if not line.lower().startswith((b"accept", b"content-type"))
    )


BODIES = st.lists(st.binary(min_size=1, max_size=300), max_size=6)
CUTS = st.lists(st.integers(1, 120), min_size=1, max_size=30)


def cut(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    """Yield `data` in pieces of the sizes, over and over."""
    at = turn = 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        yield data[at : at + size]
        at += size
        turn += 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BODIES, CUTS, BODIES, st.booleans(), st.booleans(), st.sampled_from([200, 204, 304, 404, 500]))
def test_h11_and_we_understand_each_other_under_any_chunking(
    chunks: list[bytes], cuts: list[int], upload: list[bytes], is_chunked: bool, is_relayed: bool, status: int
) -> None:
    """Twice on one connection: what h11 read is what we sent, what we read is what h11 sent."""
    has_body = status not in (204, 304)
    expected = b"".join(chunks) if has_body else b""
    received: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server = h11.Connection(h11.SERVER)
        while True:
            body = b""
            while not isinstance(event := server.next_event(), h11.EndOfMessage):
                if event is h11.NEED_DATA:
                    server.receive_data(await reader.read(4_096))
                elif isinstance(event, h11.Data):
                    body += bytes(event.data)
                elif isinstance(event, h11.ConnectionClosed):
                    return
            received.append(body)
            framing = ("transfer-encoding", "chunked") if is_chunked else ("content-length", str(len(expected)))
            raw = server.send(h11.Response(status_code=status, headers=[framing] if has_body else [])) or b""
            for chunk in chunks if has_body else []:
                raw += server.send(h11.Data(data=chunk)) or b""
            raw += server.send(h11.EndOfMessage()) or b""
            server.start_next_cycle()
            for piece in cut(raw, cuts):
                writer.write(piece)
                await asyncio.sleep(0)

    async def main() -> None:
        upstreams = EdgeUpstreams()
        async with ScriptedUpstream(handle) as server:
            to = server.destination(timeouts=Timeouts())
            for _ in range(2):
                exchange = StandInExchange(tuple(upload), body_bytes=None)
                answer = await upstreams.send(to, method="POST", target=b"/", headers=[], body=exchange)
                assert answer.status == status
                if is_relayed:
                    caller = StandInExchange()
                    assert await answer.relay(caller, UpperTap()) is None
                    assert caller.body == expected.upper() + b"<end>"
                else:
                    assert await answer.read(10_000) == expected
            assert received == [b"".join(upload)] * 2
            assert server.connections == 1
        upstreams.close()

    uvloop.run(main())
