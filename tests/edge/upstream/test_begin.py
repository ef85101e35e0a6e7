"""A body sent at once over an idle connection: the same bytes, deadlines and ends as any other request."""

import asyncio
import time

import pytest

from kit.scripted_upstream import HOLD, QUICK, ScriptedUpstream, read_request, script, serve_each
from tollway.contract.policy import Timeouts
from tollway.edge.upstream.client import EdgeUpstreams
from tollway.edge.upstream.connection import JOINED_BYTES_MAX

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx-a: 1\r\n\r\nhello"


async def test_nothing_is_sent_where_no_connection_lies_idle(upstreams: EdgeUpstreams) -> None:
    async with ScriptedUpstream(serve_each(OK)) as server:
        assert upstreams.begin(server.destination(), b"/v1", b"", b"", b"{}") is None
        await asyncio.sleep(0.02)
        assert server.connections == 0


@pytest.mark.parametrize("size", [0, 2, JOINED_BYTES_MAX, JOINED_BYTES_MAX + 1, 300_000])
async def test_it_sends_what_send_sends_and_reads_what_it_reads(upstreams: EdgeUpstreams, size: int) -> None:
    seen: list[tuple[bytes, bytes]] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            seen.append(await read_request(reader))
            writer.write(OK)

    async with ScriptedUpstream(handle) as server:
        to, lines, own, body = server.destination(), b"authorization: x\r\n", b"a: b\r\n", b"x" * size
        first = await upstreams.send(to, method="POST", target=b"/v1?x=1", headers=[], body=body, lines=lines + own)
        assert await first.read(5) == b"hello"
        second = upstreams.begin(to, b"/v1?x=1", lines, own, body)
        assert second is not None
        assert second.status == 0
        await second.coming
        assert (second.status, second.headers, second.take_whole(5)) == (first.status, first.headers, b"hello")
    assert seen[0] == seen[1]
    assert server.connections == 1


async def test_a_body_that_is_not_whole_yet_or_too_long_is_to_be_read(upstreams: EdgeUpstreams) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(OK)
        await read_request(reader)
        writer.write(OK[:-2])
        await asyncio.sleep(0.05)
        writer.write(OK[-2:])

    async with ScriptedUpstream(handle) as server:
        to = server.destination()
        await (await upstreams.send(to, method="POST", target=b"/", headers=[], body=b"{}")).read(9)
        answer = upstreams.begin(to, b"/", b"", b"", b"{}")
        assert answer is not None
        await answer.coming
        assert answer.take_whole(9) is None
        assert await answer.read(9) == b"hello"


@pytest.mark.parametrize("end", ["first_byte", "total", "closed"])
async def test_without_a_head_its_failure_says_why(upstreams: EdgeUpstreams, end: str) -> None:
    timeouts = {
        "first_byte": Timeouts(1, 0.2, 5, 9),
        "total": Timeouts(1, 5, 5, 0.2),
        "closed": QUICK,
    }[end]
    steps = (OK,) if end == "closed" else (OK, HOLD)
    async with ScriptedUpstream(script(*steps)) as server:
        to = server.destination(timeouts=timeouts)
        await (await upstreams.send(to, method="POST", target=b"/", headers=[], body=b"{}")).read(9)
        answer = upstreams.begin(to, b"/", b"", b"", b"{}")
        assert answer is not None
        began = time.monotonic()
        await answer.coming
        assert answer.status == 0
        failure = answer.failure()
        if end == "closed":
            assert failure.code.name == "upstream.truncated"
        else:
            assert (failure.code.name, end in str(failure)) == ("upstream.timeout", True)
            assert 0.15 < time.monotonic() - began < 1


async def test_closing_it_before_the_head_closes_the_connection(upstreams: EdgeUpstreams) -> None:
    async with ScriptedUpstream(script(OK, HOLD)) as server:
        to = server.destination()
        await (await upstreams.send(to, method="POST", target=b"/", headers=[], body=b"{}")).read(9)
        answer = upstreams.begin(to, b"/", b"", b"", b"{}")
        assert answer is not None
        await asyncio.sleep(0.02)
        answer.close()
        await asyncio.wait_for(server.left.wait(), 1)
        assert answer.coming.done()
        [counts] = upstreams.counts()
        assert (counts.in_flight, counts.idle) == (0, 0)


async def test_closing_it_in_the_same_turn_sends_nothing(upstreams: EdgeUpstreams) -> None:
    seen: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(OK)
        seen.append(await reader.read())

    async with ScriptedUpstream(handle) as server:
        to = server.destination()
        await (await upstreams.send(to, method="POST", target=b"/", headers=[], body=b"{}")).read(9)
        answer = upstreams.begin(to, b"/", b"", b"", b"{}")
        assert answer is not None
        answer.close()
        await asyncio.wait_for(server.left.wait(), 1)
    assert seen in ([b""], [])
