"""Sending, reading, relaying, reusing and retrying over real sockets."""

import asyncio
import gc
import time

import pytest

from kit.scripted_upstream import (
    HOLD,
    QUICK,
    RESET,
    ScriptedUpstream,
    StandInExchange,
    UpperTap,
    read_request,
    script,
    serve_each,
)
from tollway.contract.policy import Timeouts
from tollway.edge.upstream.answer import UpstreamAnswer
from tollway.edge.upstream.client import EdgeUpstreams
from tollway.edge.upstream.connection import Connection
from tollway.edge.upstream.pool import PoolLimits
from tollway.gateway.ports import Answer, Destination, Exchange
from tollway.kernel.errors import TollwayError

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx-a: 1\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


async def post(
    upstreams: EdgeUpstreams, to: Destination, body: bytes | Exchange = b"{}", method: str = "POST"
) -> Answer:
    return await upstreams.send(to, method=method, target=b"/v1?x=1", headers=[(b"a", b"b")], body=body)


def figures(upstreams: EdgeUpstreams) -> tuple[int, int, int, int]:
    """(connects, reuses, in flight, idle) of the one pool."""
    [counts] = upstreams.counts()
    return counts.connects, counts.reuses, counts.in_flight, counts.idle


async def test_a_request_is_written_as_promised_and_its_answer_read(upstreams: EdgeUpstreams) -> None:
    seen: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.extend(await read_request(reader))
        writer.write(OK)

    async with ScriptedUpstream(handle) as server:
        answer = await post(upstreams, server.destination())
        assert (answer.status, answer.headers) == (200, [(b"content-length", b"5"), (b"x-a", b"1")])
        assert await answer.read(5) == b"hello"
    assert seen == [
        b"POST /v1?x=1 HTTP/1.1\r\nhost: 127.0.0.1:%d\r\na: b\r\ncontent-length: 2\r\n\r\n" % server.port,
        b"{}",
    ]


async def test_connections_are_reused_newest_first(upstreams: EdgeUpstreams) -> None:
    async with ScriptedUpstream(serve_each(OK)) as server:
        to = server.destination()
        for _ in range(5):
            await (await post(upstreams, to)).read(99)
        assert figures(upstreams) == (1, 4, 0, 1)
        answers = await asyncio.gather(*(post(upstreams, to) for _ in range(3)))
        for answer in answers:
            await answer.read(99)
        assert server.connections == 3
        assert figures(upstreams) == (3, 5, 0, 3)


async def test_an_idle_connection_runs_out(upstreams: EdgeUpstreams) -> None:
    client = EdgeUpstreams(limits=PoolLimits(idle_seconds=0.1))
    async with ScriptedUpstream(serve_each(OK)) as server:
        await (await post(client, server.destination())).read(99)
        assert client.idle == 1
        await asyncio.wait_for(server.left.wait(), 1)
        assert client.idle == 0
    client.close()


async def test_the_upstreams_own_keep_alive_time_is_honoured(upstreams: EdgeUpstreams) -> None:
    brief = b"HTTP/1.1 200 OK\r\nkeep-alive: timeout=1, max=5\r\ncontent-length: 0\r\n\r\n"
    async with ScriptedUpstream(serve_each(brief)) as server:
        answer = await post(upstreams, server.destination())
        assert answer.headers == [(b"content-length", b"0")]
        await asyncio.wait_for(server.left.wait(), 1)


async def test_idle_connections_are_bounded_per_pool_and_in_all() -> None:
    client = EdgeUpstreams(limits=PoolLimits(idle_per_pool_max=2, idle_max=3))
    async with ScriptedUpstream(serve_each(OK)) as server:
        for key in ("a", "b"):
            to = server.destination(key=key)
            for answer in await asyncio.gather(*(post(client, to) for _ in range(4))):
                await answer.read(99)
        assert [counts.idle for counts in client.counts()] == [2, 1]
        assert client.idle == 3
    client.close()


async def test_connections_are_bounded_and_those_who_wait_are_served_in_turn() -> None:
    client = EdgeUpstreams(limits=PoolLimits(connections_per_pool_max=2))
    async with ScriptedUpstream(serve_each(OK)) as server:
        to = server.destination()

        async def one() -> bytes:
            return await (await post(client, to)).read(99)

        assert await asyncio.gather(*(one() for _ in range(20))) == [b"hello"] * 20
        assert server.connections == 2
        assert figures(client) == (2, 18, 0, 2)
    client.close()


async def test_room_is_given_on_when_a_connection_closes_instead_of_resting() -> None:
    client = EdgeUpstreams(limits=PoolLimits(connections_per_pool_max=1))
    closing = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    async with ScriptedUpstream(serve_each(closing)) as server:
        answers = await asyncio.gather(*(post(client, server.destination()) for _ in range(6)))
        assert [answer.status for answer in answers] == [200] * 6
        assert server.connections == 6
        assert figures(client) == (6, 0, 0, 0)
    client.close()


async def test_the_queue_for_connections_is_bounded_in_length_and_time() -> None:
    client = EdgeUpstreams(limits=PoolLimits(connections_per_pool_max=1, waiting_per_pool_max=1))
    timeouts = Timeouts(connect_seconds=0.1, first_byte_seconds=2)
    async with ScriptedUpstream(script(HOLD)) as server:
        to = server.destination(timeouts=timeouts)
        holder = asyncio.ensure_future(post(client, to))
        await asyncio.sleep(0.02)
        waiting = asyncio.ensure_future(post(client, to))
        await asyncio.sleep(0)
        with pytest.raises(TollwayError, match=r"gateway\.overloaded"):
            await post(client, to)
        with pytest.raises(TollwayError, match="connect deadline"):
            await waiting
        holder.cancel()
        with pytest.raises(asyncio.CancelledError):
            await holder
        assert client.counts()[0].waiting == 0
        assert figures(client)[2:] == (0, 0)
    client.close()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_a_stale_connection_is_replaced_for_idempotent_methods(upstreams: EdgeUpstreams, method: str) -> None:
    served = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        await read_request(reader)
        served += 1
        writer.write(OK)
        if served == 1:
            await read_request(reader)  # and hang up without a byte

    async with ScriptedUpstream(handle) as server:
        await (await post(upstreams, server.destination(), method=method)).read(99)
        answer = await post(upstreams, server.destination(), method=method)
        assert await answer.read(99) == b"hello"
        assert upstreams.counts()[0].stale_retries == 1
        assert server.connections == 2


async def test_a_post_that_was_written_is_never_repeated(upstreams: EdgeUpstreams) -> None:
    seen = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        await read_request(reader)
        seen += 1
        writer.write(OK)
        await read_request(reader)
        seen += 1

    async with ScriptedUpstream(handle) as server:
        await (await post(upstreams, server.destination())).read(99)
        with pytest.raises(TollwayError, match=r"upstream\.truncated"):
            await post(upstreams, server.destination())
        assert seen == 2
        assert server.connections == 1


async def test_a_streamed_body_is_never_repeated_whatever_the_method(upstreams: EdgeUpstreams) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(OK)
        await read_request(reader)

    async with ScriptedUpstream(handle) as server:
        await (await post(upstreams, server.destination(), method="PUT")).read(99)
        with pytest.raises(TollwayError, match=r"upstream\.truncated"):
            await post(upstreams, server.destination(), StandInExchange((b"x",), body_bytes=1), method="PUT")
        assert server.connections == 1


async def test_a_fresh_connection_that_hangs_up_is_not_tried_again(upstreams: EdgeUpstreams) -> None:
    async with ScriptedUpstream(script()) as server:
        with pytest.raises(TollwayError, match=r"upstream\.truncated"):
            await post(upstreams, server.destination(), b"", "GET")
        assert server.connections == 1


async def test_a_connection_the_upstream_closed_while_idle_is_not_used(upstreams: EdgeUpstreams) -> None:
    async with ScriptedUpstream(script(OK)) as server:
        await (await post(upstreams, server.destination())).read(99)
        await asyncio.sleep(0.05)
        assert figures(upstreams) == (1, 0, 0, 0)
        await (await post(upstreams, server.destination())).read(99)
        assert server.connections == 2


@pytest.mark.parametrize("when", ["connect", "head", "read", "relay"])
async def test_cancelling_closes_the_upstream_within_100_ms(upstreams: EdgeUpstreams, when: str) -> None:
    steps: tuple[object, ...] = (CHUNKED + b"3\r\nabc\r\n", HOLD) if when in ("read", "relay") else (HOLD,)
    async with ScriptedUpstream(script(*steps)) as server:
        to = server.destination(timeouts=Timeouts())

        async def call() -> None:
            answer = await post(upstreams, to)
            if when == "read":
                await answer.read(1_000)
            await answer.relay(StandInExchange(), None)

        task = asyncio.ensure_future(call())
        await asyncio.sleep(0 if when == "connect" else 0.05)
        started = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        if when != "connect":
            await asyncio.wait_for(server.left.wait(), 1)
            assert time.monotonic() - started < 0.1
        assert figures(upstreams)[2:] == (0, 0)


async def test_closing_an_answer_closes_its_connection_and_a_second_time_does_nothing(upstreams: EdgeUpstreams) -> None:
    async with ScriptedUpstream(script(CHUNKED, HOLD)) as server:
        answer = await post(upstreams, server.destination())
        answer.close()
        answer.close()
        await asyncio.wait_for(server.left.wait(), 0.1)
        with pytest.raises(TollwayError, match=r"upstream\.truncated"):
            await answer.read(9)


async def test_closing_a_finished_answer_leaves_its_connection_to_the_pool(upstreams: EdgeUpstreams) -> None:
    async with ScriptedUpstream(serve_each(OK)) as server:
        answer = await post(upstreams, server.destination())
        await answer.read(9)
        answer.close()
        assert figures(upstreams) == (1, 0, 0, 1)


async def test_events_reach_the_caller_through_the_tap_as_they_arrive(upstreams: EdgeUpstreams) -> None:
    steps = (CHUNKED, 0.02, b"3\r\nabc\r\n", 0.05, b"1\r\nd\r\n1\r\ne\r\n", 0.05, b"0\r\n\r\n", HOLD)
    async with ScriptedUpstream(script(*steps)) as server:
        answer = await post(upstreams, server.destination())
        exchange, tap = StandInExchange(), UpperTap()
        assert await answer.relay(exchange, tap) is None
        assert exchange.writes == [b"ABC", b"DE", b"<end>"]
        assert tap.ended == [None]
        assert figures(upstreams) == (1, 0, 0, 1)


async def test_a_relay_that_breaks_off_says_so_and_the_tap_has_the_last_word(upstreams: EdgeUpstreams) -> None:
    async with ScriptedUpstream(script(CHUNKED, b"3\r\nabc\r\n", 0.05, RESET)) as server:
        answer = await post(upstreams, server.destination())
        exchange, tap = StandInExchange(), UpperTap()
        assert await answer.relay(exchange, tap) == "upstream.truncated"
        assert exchange.body == b"ABC<end>"
        assert tap.ended == ["upstream.truncated"]


async def test_a_caller_that_stops_taking_stops_the_upstream(upstreams: EdgeUpstreams) -> None:
    """What the client takes in after the signal is at most the read that was under way (64 KiB)."""
    sent = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 20000000\r\n\r\n")
        for _ in range(200):
            writer.write(b"x" * 100_000)
            await writer.drain()
            sent += 100_000
        await reader.read()

    async with ScriptedUpstream(handle) as server:
        answer = await post(upstreams, server.destination())
        exchange = StandInExchange()
        exchange.on_write = lambda: exchange.stop_taking() if exchange.is_writable else None
        relay = asyncio.ensure_future(answer.relay(exchange, None))
        await asyncio.sleep(0.5)  # longer than the idle deadline, which must not run while the caller is slow
        assert exchange.bytes_sent <= 2 * 65_536
        assert sent < 20_000_000
        exchange.on_write = None
        exchange.take_again()
        assert await relay is None
        assert exchange.bytes_sent == 20_000_000


async def test_an_answer_nobody_reads_is_held_back(upstreams: EdgeUpstreams) -> None:
    big = b"HTTP/1.1 200 OK\r\ncontent-length: 9000000\r\n\r\n" + b"x" * 9_000_000
    async with ScriptedUpstream(script(big, HOLD)) as server:
        answer = await post(upstreams, server.destination())
        await asyncio.sleep(0.4)
        assert answer._size <= 2 * 65_536  # type: ignore[attr-defined]
        assert len(await answer.read(9_000_000)) == 9_000_000


@pytest.mark.parametrize("framing", ["declared", "chunked"])
async def test_a_body_over_its_limit_is_refused_and_the_connection_closed(
    upstreams: EdgeUpstreams, framing: str
) -> None:
    big = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + b"x" * 100_000
    if framing == "chunked":
        big = CHUNKED + b"186a0\r\n" + b"x" * 100_000 + b"\r\n0\r\n\r\n"
    async with ScriptedUpstream(script(big, HOLD)) as server:
        answer = await post(upstreams, server.destination())
        with pytest.raises(TollwayError, match=r"upstream\.protocol"):
            await answer.read(99_999)
        assert figures(upstreams)[2:] in ((0, 0), (0, 1))


@pytest.mark.parametrize("body_bytes", [None, 6])
async def test_a_request_body_is_streamed_as_it_arrives(upstreams: EdgeUpstreams, body_bytes: int | None) -> None:
    seen: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.extend(await read_request(reader))
        writer.write(OK)
        await reader.read()

    async with ScriptedUpstream(handle) as server:
        exchange = StandInExchange((b"abc", 0.02, b"def"), body_bytes=body_bytes)
        answer = await post(upstreams, server.destination(), exchange)
        assert await answer.read(9) == b"hello"
        assert seen[1] == (b"3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n" if body_bytes is None else b"abcdef")
        assert figures(upstreams) == (1, 0, 0, 1)


async def test_an_upstream_that_does_not_read_stops_the_caller_and_meets_the_idle_deadline(
    upstreams: EdgeUpstreams,
) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)

    async with ScriptedUpstream(handle) as server:
        exchange = StandInExchange((b"x" * 60_000,) * 1_000)
        with pytest.raises(TollwayError, match="idle deadline"):
            await post(upstreams, server.destination(), exchange)
        assert exchange.fed < 20_000_000


async def test_an_early_answer_ends_the_upload_and_the_connection_is_not_used_again(upstreams: EdgeUpstreams) -> None:
    early = b"HTTP/1.1 413 No\r\ncontent-length: 2\r\n\r\nno"

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(early)
        await reader.read()

    async with ScriptedUpstream(handle) as server:
        answer = await post(upstreams, server.destination(), StandInExchange((b"abc", 5, b"def")))
        assert answer.status == 413
        assert await answer.read(9) == b"no"
        assert figures(upstreams) == (1, 0, 0, 0)


async def test_a_callers_broken_body_ends_the_request_with_its_own_code(upstreams: EdgeUpstreams) -> None:
    async with ScriptedUpstream(script(HOLD)) as server:
        exchange = StandInExchange((b"abc", TollwayError("request.malformed")))
        with pytest.raises(TollwayError, match=r"request\.malformed"):
            await post(upstreams, server.destination(), exchange)
        await asyncio.wait_for(server.left.wait(), 0.2)


@pytest.mark.parametrize(
    ("steps", "timeouts", "name"),
    [
        ((HOLD,), QUICK, "first_byte"),
        ((b"HTTP/1.1 200 OK\r\n", 0.2, b"a: b\r\n", 0.2, b"c: d\r\n", HOLD), QUICK, "first_byte"),
        ((CHUNKED + b"1\r\na\r\n", HOLD), QUICK, "idle"),
        ((CHUNKED, *(b"1\r\na\r\n", 0.1) * 20, HOLD), Timeouts(idle_seconds=0.5, total_seconds=0.5), "total"),
        ((HOLD,), Timeouts(first_byte_seconds=9, total_seconds=0.3), "total"),
    ],
)
async def test_each_deadline_fires_in_time_and_names_itself(
    upstreams: EdgeUpstreams, steps: tuple[object, ...], timeouts: Timeouts, name: str
) -> None:
    async with ScriptedUpstream(script(*steps)) as server:
        started = time.monotonic()
        with pytest.raises(TollwayError, match=f"{name} deadline") as caught:
            await (await post(upstreams, server.destination(timeouts=timeouts))).read(99)
        assert caught.value.code.name == "upstream.timeout"
        assert 0.25 < time.monotonic() - started < 0.9
        await asyncio.wait_for(server.left.wait(), 0.2)


async def test_pools_of_destinations_that_left_are_forgotten(upstreams: EdgeUpstreams) -> None:
    async with ScriptedUpstream(serve_each(OK)) as server:
        one, two = server.destination(key="one"), server.destination(key="two")
        for to in (one, two):
            await (await post(upstreams, to)).read(9)
        upstreams.keep([two])
        assert [counts.pool_key for counts in upstreams.counts()] == ["two"]
        assert upstreams.idle == 1


async def test_a_changed_destination_never_gets_the_old_ones_connections(upstreams: EdgeUpstreams) -> None:
    async with ScriptedUpstream(serve_each(OK)) as old, ScriptedUpstream(serve_each(OK)) as new:
        await (await post(upstreams, old.destination())).read(9)
        await (await post(upstreams, new.destination())).read(9)
        assert (old.connections, new.connections) == (1, 1)
        await (await post(upstreams, new.destination(timeouts=Timeouts()))).read(9)
        assert new.connections == 1  # equal but for the deadlines: the pool stays


async def test_close_ends_what_is_under_way(upstreams: EdgeUpstreams) -> None:
    async with ScriptedUpstream(script(HOLD)) as server:
        call = asyncio.ensure_future(post(upstreams, server.destination()))
        await asyncio.sleep(0.05)
        upstreams.close()
        with pytest.raises(TollwayError, match=r"upstream\.truncated"):
            await call


async def test_a_caller_or_tap_that_raises_ends_the_relay_and_its_connection(
    upstreams: EdgeUpstreams, caplog: pytest.LogCaptureFixture
) -> None:
    """They must not, but a fault of ours may not leave a task waiting for ever."""

    def fail() -> None:
        raise RuntimeError("bug")

    async with ScriptedUpstream(script(CHUNKED, 0.05, b"3\r\nabc\r\n", HOLD)) as server:
        answer = await post(upstreams, server.destination(timeouts=Timeouts()))
        exchange = StandInExchange()
        exchange.on_write = fail
        code = await asyncio.wait_for(answer.relay(exchange, None), 1)
        assert code == "upstream.truncated"
        await asyncio.wait_for(server.left.wait(), 0.5)
        assert figures(upstreams)[2:] == (0, 0)


async def test_nothing_is_left_behind_after_many_calls_that_went_wrong(upstreams: EdgeUpstreams) -> None:
    """Without the cycle collector: sockets and answers must not wait for it."""
    steps = (CHUNKED + b"3\r\nabc\r\n", HOLD)
    async with ScriptedUpstream(script(*steps)) as server:
        to = server.destination(timeouts=Timeouts())
        gc.collect()
        gc.disable()
        try:
            for turn in range(60):
                call = asyncio.ensure_future(post(upstreams, to))
                if turn % 3 == 0:
                    await asyncio.sleep(0)
                    call.cancel()
                    await asyncio.gather(call, return_exceptions=True)
                elif turn % 3 == 1:
                    (await call).close()
                else:
                    relay = asyncio.ensure_future((await call).relay(StandInExchange(), UpperTap()))
                    await asyncio.sleep(0)
                    relay.cancel()
                    await asyncio.gather(relay, return_exceptions=True)
            del call, relay
            await asyncio.sleep(0.05)
            alive = [thing for thing in gc.get_objects() if isinstance(thing, Connection | UpstreamAnswer)]
        finally:
            gc.enable()
        assert len(alive) <= 2
        assert upstreams.counts()[0].in_flight == 0
