"""An answer without a connection: what was kept is read or relayed, and its end is told once."""

import pytest

from kit.scripted_upstream import Promise, StandInExchange, UpperTap
from tollway.contract.policy import Timeouts
from tollway.edge.upstream import faults
from tollway.edge.upstream.answer import Terms, UpstreamAnswer
from tollway.kernel.clock import FixedClock
from tollway.kernel.errors import TollwayError


def build(*chunks: bytes) -> UpstreamAnswer:
    answer = UpstreamAnswer(None, Terms(FixedClock(), Timeouts()), 1, Promise())  # type: ignore[arg-type]
    answer.status = 200
    for chunk in chunks:
        answer.deliver(chunk)
    return answer


async def test_a_complete_answer_is_read_without_waiting() -> None:
    answer = build(b"ab", b"c")
    answer.complete()
    assert await answer.read(3) == b"abc"


async def test_a_kept_body_over_the_limit_is_refused() -> None:
    answer = build(b"abcd")
    answer.complete()
    with pytest.raises(TollwayError, match=r"upstream\.protocol"):
        await answer.read(3)


async def test_what_was_kept_is_relayed_in_one_write() -> None:
    answer = build(b"ab", b"c")
    answer.complete()
    exchange, tap = StandInExchange(), UpperTap()
    assert await answer.relay(exchange, tap) is None
    assert exchange.writes == [b"ABC", b"<end>"]
    assert tap.ended == [None]


async def test_what_came_before_a_failure_is_relayed_and_the_failure_returned() -> None:
    answer = build(b"ab")
    answer.fail(faults.truncated("x"))
    exchange, tap = StandInExchange(), UpperTap()
    assert await answer.relay(exchange, tap) == "upstream.truncated"
    assert exchange.body == b"AB<end>"
    assert tap.ended == ["upstream.truncated"]


async def test_the_first_end_stands() -> None:
    answer = build()
    answer.fail(faults.truncated("x"))
    answer.fail(faults.protocol("y"))
    with pytest.raises(TollwayError, match=r"upstream\.truncated"):
        await answer.read(1)
    done = build(b"a")
    done.complete()
    done.fail(faults.truncated("late"))
    assert await done.read(1) == b"a"


async def test_a_tunnel_needs_a_switch() -> None:
    with pytest.raises(TollwayError, match=r"upstream\.protocol"):
        await build().tunnel(StandInExchange())


def test_bytes_of_a_tunnel_nobody_joined_yet_are_kept() -> None:
    answer = build()
    answer.tunnel_received(b"early")
    assert answer._chunks == [b"early"]
