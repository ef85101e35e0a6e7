"""The connections of one destination: the newest idle one serves next, the oldest ones run out.

Idle connections are bounded here and over all pools; connections in all are bounded when asked for, with a
bounded queue of those who wait for one.
"""

import asyncio
from collections import deque
from typing import TYPE_CHECKING

import msgspec

from tollway.edge.upstream import faults
from tollway.edge.upstream.answer import Terms
from tollway.edge.upstream.connection import Connection
from tollway.edge.upstream.proxy import host_lines, target_prefix
from tollway.edge.upstream.request_head import encode_start
from tollway.edge.upstream.state import State
from tollway.gateway.ports import Destination
from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.kernel.errors import TollwayError

if TYPE_CHECKING:
    from tollway.edge.upstream.client import EdgeUpstreams


STARTS_MAX = 64
_IDLE = State.IDLE  # Looked up on the hot path; attributes of an enumeration are slow.


class PoolLimits(msgspec.Struct, frozen=True, gc=False):
    """Bounds of the pools of one worker."""

    idle_seconds: float = 30.0
    """Shorter than the usual keep-alive of servers (nginx 75 s, most clouds 60 s), so that few are found closed."""
    idle_per_pool_max: int = 256
    idle_max: int = 2_048
    connections_per_pool_max: int | None = None
    waiting_per_pool_max: int = 1_024


class PoolCounts(msgspec.Struct, frozen=True, gc=False):
    """What one pool has done since it was made, and what it holds now."""

    pool_key: str
    connects: int
    reuses: int
    stale_retries: int
    in_flight: int
    idle: int
    waiting: int


class Pool:
    """Lends connections to one destination. Implements `Home`."""

    def __init__(self, owner: "EdgeUpstreams", destination: Destination, limits: PoolLimits) -> None:
        self._host_lines = host_lines(destination)
        self._target_prefix = target_prefix(destination)
        self._starts: dict[tuple[str, bytes, bytes], bytes] = {}
        self._owner = owner
        self.adopt(destination)
        self.connects = 0
        self.reuses = 0
        self.stale_retries = 0
        self._limits = limits
        self._idle_max = limits.idle_per_pool_max
        self._idle_ns = int(limits.idle_seconds * NANOS_PER_SECOND)
        self._monotonic_ns = owner.clock.monotonic_ns
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()
        self._opening = 0
        self._waiters: deque[asyncio.Future[Connection | None]] = deque()

    def adopt(self, destination: Destination) -> None:
        """Serve `destination` from now on, which connects as the one before does."""
        self.destination = destination
        self.terms = Terms(self._owner.clock, destination.timeouts)
        self._starts.clear()

    def start_of(self, method: str, target: bytes, lines: bytes) -> bytes:
        """Return the start of a request's head; `lines` are header lines that others of this destination have too.

        Raises ValueError when it cannot be written safely.
        """
        key = (method, target, lines)
        start = self._starts.get(key)
        if start is None:
            start = encode_start(method, self._target_prefix + target, self._host_lines + lines)
            # Requests with lines of their own kind go to few targets; the targets of others are not worth keeping.
            if lines:
                if len(self._starts) >= STARTS_MAX:
                    self._starts.clear()
                self._starts[key] = start
        return start

    def take(self) -> Connection | None:
        """Return the idle connection used last, or None."""
        idle = self._idle
        while idle:
            connection = idle.pop()
            self._owner.idle -= 1
            if connection.state is _IDLE and not connection.transport.is_closing():
                self.reuses += 1
                return connection
            connection.close()
        return None

    async def connect(self) -> Connection:
        """Return a new connection, or one that becomes free while waiting for room.

        Raises the errors of connecting; upstream.timeout (connect) when there was no room in time, and
        gateway.overloaded when too many wait already.
        """
        most = self._limits.connections_per_pool_max
        while most is not None and len(self._open) + self._opening >= most:
            connection = await self._wait_for_room()
            if connection is None:
                self._opening -= 1  # room was reserved for us by whoever woke us
                break
            if connection.state is State.IDLE:
                return connection
            self.reuses -= 1  # it was lost on its way to us
        self._opening += 1
        try:
            connection = await self._owner.connector.connect(self)
        except BaseException:  # only to give the room back
            self._opening -= 1
            self._give_room()
            raise
        self._opening -= 1
        if connection.state is State.CLOSED:
            self._give_room()
            raise faults.unreachable("the upstream closed the connection at once")
        self._open.add(connection)
        self.connects += 1
        return connection

    def release(self, connection: Connection) -> None:
        """Lend the connection to whoever waits, or keep it for later."""
        if self._waiters and self._lend_on(connection):
            return
        idle, owner = self._idle, self._owner
        if len(idle) >= self._idle_max or owner.idle >= self._limits.idle_max:
            connection.close()
            return
        idle_ns = self._idle_ns
        announced = connection.keep_alive_seconds
        if announced is not None:
            idle_ns = min(idle_ns, max(0, int((announced - 1) * NANOS_PER_SECOND)))
        idle.append(connection)
        owner.idle += 1
        monotonic_ns = self._monotonic_ns  # in a name of its own, since calling an attribute is slow
        connection.deadline.start(monotonic_ns() + idle_ns)

    def forget(self, connection: Connection) -> None:
        """Drop a connection that is gone and let the next in the queue connect."""
        if connection not in self._open:
            return  # lost before it was ever lent; whoever opens it sees that
        self._open.remove(connection)
        if connection in self._idle:
            self._idle.remove(connection)
            self._owner.idle -= 1
        self._give_room()

    def close_idle(self) -> None:
        """Close what is idle, and let nothing become idle again."""
        self._idle_max = 0
        for connection in list(self._idle):
            connection.close()

    def close(self) -> None:
        """Close every connection at once; answers under way end as truncated."""
        self.close_idle()
        for connection in list(self._open):
            connection.close()

    @property
    def in_flight(self) -> int:
        """How many connections are lent."""
        return len(self._open) - len(self._idle)

    def counts(self) -> PoolCounts:
        """Return the pool's figures."""
        return PoolCounts(
            pool_key=self.destination.pool_key,
            connects=self.connects,
            reuses=self.reuses,
            stale_retries=self.stale_retries,
            in_flight=self.in_flight,
            idle=len(self._idle),
            waiting=len(self._waiters),
        )

    def _lend_on(self, connection: Connection) -> bool:
        """Hand a connection that became free to whoever waits for one; False when nobody does."""
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                self.reuses += 1
                waiter.set_result(connection)
                return True
        return False

    async def _wait_for_room(self) -> Connection | None:
        if len(self._waiters) >= self._limits.waiting_per_pool_max:
            raise TollwayError("gateway.overloaded", internal="too many calls wait for a connection to this upstream")
        waiter: asyncio.Future[Connection | None] = self._owner.loop.create_future()
        self._waiters.append(waiter)
        seconds = self.destination.timeouts.connect_seconds
        try:
            async with asyncio.timeout(seconds):
                return await waiter
        except BaseException as error:  # only to hand on what we were given and to name the deadline
            if waiter.done() and not waiter.cancelled():
                self._pass_on(waiter.result())
            if isinstance(error, TimeoutError):
                raise faults.timeout("connect", seconds) from None
            raise

    def _pass_on(self, connection: Connection | None) -> None:
        if connection is not None:
            if connection.state is State.IDLE:
                self.reuses -= 1
                self.release(connection)
        else:
            self._opening -= 1
            self._give_room()

    def _give_room(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                self._opening += 1
                waiter.set_result(None)
                return
