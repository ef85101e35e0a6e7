"""The fault matrix: what each broken upstream becomes, read and relayed, and that its connection is never reused.

A fault before the first byte ends `send`; one inside the body ends `read`, or is what `relay` returns.
"""

import asyncio
import gzip
import socket

import pytest

from kit.scripted_upstream import HOLD, QUICK, RESET, ScriptedUpstream, StandInExchange, UpperTap, script
from tollway.contract.policy import Timeouts, Upstream
from tollway.edge.upstream.client import EdgeUpstreams
from tollway.edge.upstream.destination import build_destination
from tollway.gateway.ports import Destination
from tollway.kernel.errors import TollwayError

HEAD = b"HTTP/1.1 200 OK\r\n"
SIZED = HEAD + b"content-length: 10\r\n\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"
PART = b"5\r\nhello\r\n"
BOMB = gzip.compress(b"\0" * 10_000_000)

PATIENT = Timeouts(connect_seconds=10.0, first_byte_seconds=10.0, idle_seconds=10.0, total_seconds=20.0)
PROTOCOL, TRUNCATED, TIMEOUT = "upstream.protocol", "upstream.truncated", "upstream.timeout"

BEFORE: dict[str, tuple[tuple[object, ...], str]] = {
    "accept_then_close": ((), TRUNCATED),
    "reset": ((RESET,), TRUNCATED),
    "half_a_head_then_close": ((HEAD + b"content-le",), TRUNCATED),
    "stall": ((HOLD,), TIMEOUT),
    "stall_inside_the_head": ((HEAD, HOLD), TIMEOUT),
    "drip_of_single_bytes": ((*(part for byte in SIZED for part in (bytes([byte]), 0.03)),), TIMEOUT),
    "garbage": ((b"SSH-2.0-OpenSSH_9.9\r\n", HOLD), PROTOCOL),
    "garbage_in_pieces": ((b"H", 0.01, b"TT", 0.01, b"X/1.1 200 OK\r\n\r\n", HOLD), PROTOCOL),
    "rtsp": ((b"RTSP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n", HOLD), PROTOCOL),
    "http_2_preface_answer": ((b"HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n", HOLD), PROTOCOL),
    "http_0_9": ((b"HTTP/0.9 200 OK\r\ncontent-length: 0\r\n\r\n", HOLD), PROTOCOL),
    "leading_blank_line": ((b"\r\n" + SIZED, HOLD), PROTOCOL),
    "status_of_two_digits": ((b"HTTP/1.1 20 OK\r\n\r\n", HOLD), PROTOCOL),
    "status_below_100": ((b"HTTP/1.1 099 OK\r\n\r\n", HOLD), PROTOCOL),
    "interim_flood": ((b"HTTP/1.1 100 Continue\r\n\r\n" * 9, HOLD), PROTOCOL),
    "interim_flood_in_pieces": ((*(b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.01) * 9, HOLD), PROTOCOL),
    "switched_without_being_asked": ((b"HTTP/1.1 101 S\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", HOLD), PROTOCOL),
    "header_over_its_limit": ((HEAD + b"a: " + b"x" * 70_000 + b"\r\n\r\n", HOLD), PROTOCOL),
    "header_without_end": ((HEAD + b"a: ", *(b"x" * 9_000,) * 9, HOLD), PROTOCOL),
    "ten_thousand_headers": ((HEAD + b"a: b\r\n" * 10_000 + b"\r\n", HOLD), PROTOCOL),
    "201_header_lines": ((HEAD + b"a: b\r\n" * 201 + b"\r\n", HOLD), PROTOCOL),
    "two_lengths": ((HEAD + b"content-length: 5\r\ncontent-length: 6\r\n\r\nhello", HOLD), PROTOCOL),
    "two_equal_lengths": ((HEAD + b"content-length: 5\r\ncontent-length: 5\r\n\r\nhello", HOLD), PROTOCOL),
    "list_of_lengths": ((HEAD + b"content-length: 5, 5\r\n\r\nhello", HOLD), PROTOCOL),
    "signed_length": ((HEAD + b"content-length: +5\r\n\r\nhello", HOLD), PROTOCOL),
    "length_overflow": ((HEAD + b"content-length: 99999999999999999999\r\n\r\nhello", HOLD), PROTOCOL),
    "length_and_chunked": ((HEAD + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n", HOLD), PROTOCOL),
    "chunked_and_length": ((HEAD + b"transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n", HOLD), PROTOCOL),
    "gzip_chunked": ((HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n", HOLD), PROTOCOL),
    "chunked_twice": ((HEAD + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n", HOLD), PROTOCOL),
    "identity": ((HEAD + b"transfer-encoding: identity\r\n\r\n", HOLD), PROTOCOL),
    "chunked_in_http_1_0": ((b"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", HOLD), PROTOCOL),
    "folded_header": ((HEAD + b"a: b\r\n c\r\ncontent-length: 0\r\n\r\n", HOLD), PROTOCOL),
    "bare_lf": ((b"HTTP/1.1 200 OK\ncontent-length: 0\r\n\r\n", HOLD), PROTOCOL),
    "bare_lf_after_a_header": ((HEAD + b"content-length: 0\n\r\n", HOLD), PROTOCOL),
    "bare_cr_in_a_header": ((HEAD + b"a: b\rc\r\ncontent-length: 0\r\n\r\n", HOLD), PROTOCOL),
    "nul_in_a_header": ((HEAD + b"a: b\0c\r\ncontent-length: 0\r\n\r\n", HOLD), PROTOCOL),
    "space_before_the_colon": ((HEAD + b"a : b\r\ncontent-length: 0\r\n\r\n", HOLD), PROTOCOL),
    "empty_header_name": ((HEAD + b": b\r\ncontent-length: 0\r\n\r\n", HOLD), PROTOCOL),
}

INSIDE: dict[str, tuple[tuple[object, ...], str]] = {
    "reset": ((CHUNKED + PART, 0.05, RESET), TRUNCATED),
    "short_body": ((SIZED + b"hello",), TRUNCATED),
    "missing_last_chunk": ((CHUNKED + PART,), TRUNCATED),
    "cut_inside_a_chunk": ((CHUNKED + b"9\r\nhel",), TRUNCATED),
    "cut_inside_the_last_chunk": ((CHUNKED + PART + b"0\r\n",), TRUNCATED),
    "stall": ((CHUNKED + PART, HOLD), TIMEOUT),
    "stall_of_a_sized_body": ((SIZED + b"hello", HOLD), TIMEOUT),
    "drip_past_the_total_deadline": ((CHUNKED, *(b"1\r\na\r\n", 0.1) * 50), TIMEOUT),
    "bad_chunk_size": ((CHUNKED + PART, 0.01, b"zz\r\n", HOLD), PROTOCOL),
    "signed_chunk_size": ((CHUNKED + PART + b"+5\r\nhello\r\n", HOLD), PROTOCOL),
    "hex_prefix_in_a_chunk_size": ((CHUNKED + PART + b"0x5\r\nhello\r\n", HOLD), PROTOCOL),
    "chunk_overflow": ((CHUNKED + PART + b"fffffffffffffffff\r\n", HOLD), PROTOCOL),
    "chunk_longer_than_said": ((CHUNKED + PART + b"5\r\nhelloXX\r\n", HOLD), PROTOCOL),
    "chunk_end_of_any_two_bytes": ((CHUNKED + PART + b"5\r\nhelloXX0\r\n\r\n", HOLD), PROTOCOL),
    "bare_lf_after_a_chunk_size": ((CHUNKED + PART + b"5\nhello\r\n", HOLD), PROTOCOL),
    "bare_lf_after_a_chunk": ((CHUNKED + PART + b"5\r\nhello\n", HOLD), PROTOCOL),
    "bare_lf_in_a_chunk_extension": ((CHUNKED + PART + b"5;a\nb\r\nhello\r\n", HOLD), PROTOCOL),
    "endless_chunk_extension": ((CHUNKED + PART + b"5;", *(b"x" * 9_000,) * 20, HOLD), PROTOCOL),
    "endless_trailers": ((CHUNKED + PART + b"0\r\n", *(b"a: " + b"x" * 9_000 + b"\r\n",) * 20, HOLD), PROTOCOL),
    "too_many_trailers": ((CHUNKED + PART + b"0\r\n" + b"a: b\r\n" * 3_000, HOLD), PROTOCOL),
}

FINE: dict[str, tuple[tuple[object, ...], int, bytes, int]] = {
    # Answers that look like trouble: status, body, and whether the connection may serve again.
    "429": ((HEAD.replace(b"200", b"429") + b"retry-after: 1\r\ncontent-length: 2\r\n\r\nno", HOLD), 429, b"no", 1),
    "500": ((HEAD.replace(b"200", b"500") + b"content-length: 2\r\n\r\nno", HOLD), 500, b"no", 1),
    "503": ((HEAD.replace(b"200", b"503") + b"content-length: 2\r\n\r\nno", HOLD), 503, b"no", 1),
    "redirect": ((b"HTTP/1.1 302 F\r\nlocation: http://x/\r\ncontent-length: 0\r\n\r\n", HOLD), 302, b"", 1),
    "upgrade_answered_200": (
        (HEAD + b"upgrade: websocket\r\nconnection: upgrade\r\ncontent-length: 2\r\n\r\nok", HOLD),
        200,
        b"ok",
        1,
    ),
    "gzip_bomb": (
        (HEAD + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(BOMB) + BOMB, HOLD),
        200,
        BOMB,
        1,
    ),
    "interims": (
        (b"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\na: b\r\n\r\n" + SIZED + b"helloworld", HOLD),
        200,
        b"helloworld",
        1,
    ),
    "extra_bytes": ((SIZED + b"helloworldEXTRA", HOLD), 200, b"helloworld", 0),
    "extra_line_break": ((SIZED + b"helloworld\r\n", HOLD), 200, b"helloworld", 0),
    "extra_line_break_after_chunks": ((CHUNKED + PART + b"0\r\n\r\n\r\n", HOLD), 200, b"hello", 0),
    "extra_answer": ((SIZED + b"helloworld" + SIZED + b"helloworld", HOLD), 200, b"helloworld", 0),
    "extra_half_answer": ((SIZED + b"helloworldHTTP/1.1 200 OK\r\na: b", HOLD), 200, b"helloworld", 0),
    "extra_half_answer_after_chunks": (
        (CHUNKED + PART + b"0\r\n\r\nHTTP/1.1 200 OK\r\na: b\r\n", HOLD),
        200,
        b"hello",
        0,
    ),
    "late_extra_bytes": ((SIZED + b"helloworld", 0.02, b"X", HOLD), 200, b"helloworld", 0),
    "body_after_204": ((b"HTTP/1.1 204 N\r\n\r\nbody", HOLD), 204, b"", 0),
    "body_after_304": ((b"HTTP/1.1 304 N\r\ncontent-length: 4\r\n\r\nbody", HOLD), 304, b"", 0),
    "close": ((HEAD + b"connection: close\r\ncontent-length: 2\r\n\r\nok", HOLD), 200, b"ok", 0),
    "http_1_0": ((b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", HOLD), 200, b"ok", 0),
    "until_close": ((HEAD + b"\r\nhello", 0.02, b"world"), 200, b"helloworld", 0),
    "trailers": ((CHUNKED + PART + b"0\r\nx-t: y\r\nconnection: x\r\n\r\n", HOLD), 200, b"hello", 1),
    "chunk_extension": ((CHUNKED + b"5;a=b\r\nhello\r\n0\r\n\r\n", HOLD), 200, b"hello", 1),
    "single_bytes": (
        (*(part for byte in SIZED + b"helloworld" for part in (bytes([byte]), 0.001)), HOLD),
        200,
        b"helloworld",
        1,
    ),
}


async def call(upstreams: EdgeUpstreams, to: Destination, way: str) -> tuple[int, bytes, str | None]:
    """Send a POST and read or relay its answer: (status, body, code that ended it)."""
    try:
        answer = await upstreams.send(to, method="POST", target=b"/", headers=[], body=b"{}")
    except TollwayError as error:
        return 0, b"", error.code.name
    if way == "read":
        try:
            return answer.status, await answer.read(100_000), None
        except TollwayError as error:
            return answer.status, b"", error.code.name
    exchange, tap = StandInExchange(), UpperTap()
    code = await answer.relay(exchange, tap)
    assert tap.ended == [code]
    assert exchange.body.endswith(b"<end>")
    return answer.status, exchange.body[: -len(b"<end>")], code


def assert_gone(upstreams: EdgeUpstreams) -> None:
    for counts in upstreams.counts():
        assert (counts.idle, counts.in_flight, counts.waiting) == (0, 0, 0)
    assert upstreams.idle == 0


@pytest.mark.parametrize("way", ["read", "relay"])
@pytest.mark.parametrize("fault", BEFORE)
async def test_a_fault_before_the_first_byte(upstreams: EdgeUpstreams, fault: str, way: str) -> None:
    steps, code = BEFORE[fault]
    async with ScriptedUpstream(script(*steps)) as server:
        # Only what is about time is short of it: a busy machine must not turn one fault into another.
        to = server.destination(timeouts=QUICK if code == TIMEOUT else PATIENT)
        assert await call(upstreams, to, way) == (0, b"", code)
        assert server.connections == 1
        assert_gone(upstreams)


@pytest.mark.parametrize("way", ["read", "relay"])
@pytest.mark.parametrize("fault", INSIDE)
async def test_a_fault_inside_the_body(upstreams: EdgeUpstreams, fault: str, way: str) -> None:
    steps, code = INSIDE[fault]
    timeouts = Timeouts(first_byte_seconds=0.3, idle_seconds=0.3, total_seconds=0.6)
    async with ScriptedUpstream(script(*steps)) as server:
        status, body, ended = await call(upstreams, server.destination(timeouts=timeouts), way)
        assert (status, ended) == (200, code)
        assert b"HELLO".startswith(body) or set(body) == {ord("A")} or body in (b"HELLOHELLO", b"HEL")
        assert_gone(upstreams)


@pytest.mark.parametrize("way", ["read", "relay"])
@pytest.mark.parametrize("case", FINE)
async def test_an_answer_that_only_looks_like_trouble(upstreams: EdgeUpstreams, case: str, way: str) -> None:
    steps, status, body, idle = FINE[case]
    async with ScriptedUpstream(script(*steps)) as server:
        expected = body if way == "read" else body.upper()
        assert await call(upstreams, server.destination(), way) == (status, expected, None)
        await asyncio.sleep(0.03)
        async with asyncio.timeout(5):
            while upstreams.idle != idle:
                await asyncio.sleep(0.01)
        assert server.connections == 1


async def refused_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.mark.parametrize("way", ["read", "relay"])
async def test_a_refused_connection(upstreams: EdgeUpstreams, way: str) -> None:
    to = build_destination(Upstream(base_url=await refused_port(), allow_private=("*",)), pool_key="k")
    assert await call(upstreams, to, way) == (0, b"", "upstream.unreachable")
    assert_gone(upstreams)


@pytest.mark.parametrize("way", ["read", "relay"])
async def test_a_name_that_does_not_resolve(way: str) -> None:
    async def resolve(host: str, port: int) -> tuple[str, ...]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    upstreams = EdgeUpstreams(resolve=resolve)
    to = build_destination(Upstream(base_url="http://nowhere.example"), pool_key="k")
    assert await call(upstreams, to, way) == (0, b"", "upstream.unreachable")
    assert_gone(upstreams)
    upstreams.close()


@pytest.mark.parametrize("way", ["read", "relay"])
async def test_a_connect_that_hangs(upstreams: EdgeUpstreams, way: str) -> None:
    """A full backlog drops the SYN, as a firewall does."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        address = deaf.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        timeouts = Timeouts(connect_seconds=0.2)
        url = f"http://127.0.0.1:{address[1]}"
        to = build_destination(Upstream(base_url=url, allow_private=("*",), timeouts=timeouts), pool_key="k")
        assert await call(upstreams, to, way) == (0, b"", TIMEOUT)
        assert_gone(upstreams)
        for filler in fillers:
            filler.close()


@pytest.mark.parametrize("way", ["read", "relay"])
async def test_a_resolver_that_hangs_meets_the_connect_deadline(way: str) -> None:
    async def resolve(host: str, port: int) -> tuple[str, ...]:
        await asyncio.sleep(10)
        return ()

    upstreams = EdgeUpstreams(resolve=resolve)
    upstream = Upstream(base_url="http://slow.example", timeouts=Timeouts(connect_seconds=0.1))
    assert await call(upstreams, build_destination(upstream, pool_key="k"), way) == (0, b"", TIMEOUT)
    upstreams.close()


async def test_an_answer_to_head_has_no_body_whatever_it_declares(upstreams: EdgeUpstreams) -> None:
    async with ScriptedUpstream(script(HEAD + b"content-length: 900\r\n\r\n", HOLD)) as server:
        answer = await upstreams.send(server.destination(), method="HEAD", target=b"/", headers=[], body=b"")
        assert answer.headers == [(b"content-length", b"900")]
        assert await answer.read(10) == b""
        assert upstreams.idle == 1


async def test_a_head_answer_is_followed_by_a_good_one_on_the_same_connection(upstreams: EdgeUpstreams) -> None:
    sent = (HEAD + b"content-length: 900\r\n\r\n", 0.05, HEAD + b"content-length: 2\r\n\r\nok", HOLD)
    async with ScriptedUpstream(script(*sent)) as server:
        to = server.destination()
        head = await upstreams.send(to, method="HEAD", target=b"/", headers=[], body=b"")
        await head.read(10)
        answer = await upstreams.send(to, method="GET", target=b"/", headers=[], body=b"")
        assert await answer.read(10) == b"ok"
        assert server.connections == 1


async def test_a_body_until_close_is_marked(upstreams: EdgeUpstreams) -> None:
    async with ScriptedUpstream(script(HEAD + b"\r\nhello")) as server:
        answer = await upstreams.send(server.destination(), method="GET", target=b"/", headers=[], body=b"")
        assert await answer.read(10) == b"hello"
        assert answer.is_close_delimited  # type: ignore[attr-defined]


async def test_hop_by_hop_headers_and_those_named_by_connection_are_gone(upstreams: EdgeUpstreams) -> None:
    head = (
        HEAD + b"Connection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nTE: x\r\nTrailer: x\r\n"
        b"Proxy-Authenticate: x\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nX-Kept:  a b \t\r\nContent-Length: 0\r\n\r\n"
    )
    async with ScriptedUpstream(script(head, HOLD)) as server:
        answer = await upstreams.send(server.destination(), method="GET", target=b"/", headers=[], body=b"")
        assert answer.headers == [(b"x-kept", b"a b"), (b"content-length", b"0")]
