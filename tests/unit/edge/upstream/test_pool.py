"""A pool's book-keeping, without sockets: no connection is lent twice, and room is never lost."""

import asyncio

import pytest

from tollway.contract.policy import Timeouts, Upstream
from tollway.edge.outbox import Outbox
from tollway.edge.server.timers import TimerWheel
from tollway.edge.upstream.connection import Connection
from tollway.edge.upstream.destination import build_destination
from tollway.edge.upstream.pool import Pool, PoolLimits
from tollway.edge.upstream.read_buffer import ReadBuffer
from tollway.edge.upstream.state import State
from tollway.kernel.clock import FixedClock
from tollway.kernel.errors import TollwayError


class Transport:
    """A socket that is open until aborted."""

    def is_closing(self) -> bool:
        return False

    def abort(self) -> None:
        pass


class Owner:
    """Stands for the client: opens connections at once, after `pause`, or fails."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.idle = 0
        self.clock = FixedClock()
        self.connector = self
        self.wheel = TimerWheel(self.clock, None)
        self.pause = 0.0
        self.error: Exception | None = None
        self.is_lost_at_once = False

    async def connect(self, pool: Pool) -> Connection:
        await asyncio.sleep(self.pause)
        if self.error is not None:
            raise self.error
        connection = Connection(pool, self.clock, self.wheel, ReadBuffer(), Outbox(lambda flush: flush()))
        connection.connection_made(Transport())  # type: ignore[arg-type]
        if self.is_lost_at_once:
            connection.connection_lost(None)
        return connection


def build(owner: Owner, **limits: int) -> Pool:
    to = build_destination(Upstream("http://h", timeouts=Timeouts(connect_seconds=0.05)), pool_key="k")
    return Pool(owner, to, PoolLimits(**limits))  # type: ignore[arg-type]


async def test_the_connection_used_last_is_lent_first() -> None:
    pool = build(Owner())
    one, two = await pool.connect(), await pool.connect()
    pool.release(one)
    pool.release(two)
    assert (pool.take(), pool.take(), pool.take()) == (two, one, None)
    assert (pool.counts().in_flight, pool.counts().reuses) == (2, 2)


async def test_a_lost_connection_is_never_lent() -> None:
    owner = Owner()
    pool = build(owner)
    connection = await pool.connect()
    pool.release(connection)
    connection.connection_lost(None)
    assert pool.take() is None
    assert (owner.idle, pool.counts().in_flight) == (0, 0)


async def test_a_connection_lost_before_it_was_lent_is_unreachable_and_costs_no_room() -> None:
    owner = Owner()
    pool = build(owner, connections_per_pool_max=1)
    owner.is_lost_at_once = True
    for _ in range(3):
        with pytest.raises(TollwayError, match=r"upstream\.unreachable"):
            await pool.connect()
    owner.is_lost_at_once = False
    assert (await pool.connect()).state is State.IDLE
    assert pool.counts().in_flight == 1


async def test_a_failure_to_connect_gives_its_room_to_the_next() -> None:
    owner = Owner()
    owner.pause, owner.error = 0.01, TollwayError("upstream.unreachable")
    pool = build(owner, connections_per_pool_max=1)
    results = await asyncio.gather(*(pool.connect() for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [TollwayError] * 3
    assert pool.counts().waiting == 0


async def test_a_connection_lost_on_its_way_to_a_waiter_is_replaced() -> None:
    pool = build(Owner(), connections_per_pool_max=1)
    first = await pool.connect()
    waiter = asyncio.ensure_future(pool.connect())
    await asyncio.sleep(0)
    pool.release(first)
    first.connection_lost(None)
    second = await waiter
    assert second is not first
    assert second.state is State.IDLE
    assert pool.counts().in_flight == 1


@pytest.mark.parametrize("is_handed_over", [True, False])
async def test_a_waiter_that_leaves_at_the_last_moment_passes_on_what_it_was_given(is_handed_over: bool) -> None:
    pool = build(Owner(), connections_per_pool_max=1)
    first = await pool.connect()
    leaving, staying = asyncio.ensure_future(pool.connect()), asyncio.ensure_future(pool.connect())
    await asyncio.sleep(0)
    pool.release(first) if is_handed_over else first.close()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert (await staying is first) is is_handed_over
    assert (pool.counts().in_flight, pool.counts().waiting) == (1, 0)


async def test_waiting_ends_with_the_connect_deadline() -> None:
    pool = build(Owner(), connections_per_pool_max=1)
    await pool.connect()
    with pytest.raises(TollwayError, match="connect deadline"):
        await pool.connect()


async def test_a_closed_pool_keeps_nothing() -> None:
    owner = Owner()
    pool = build(owner)
    lent, idle = await pool.connect(), await pool.connect()
    pool.release(idle)
    pool.close_idle()
    assert (idle.state, lent.state) == (State.CLOSED, State.IDLE)
    pool.release(lent)
    assert (lent.state, owner.idle) == (State.CLOSED, 0)
