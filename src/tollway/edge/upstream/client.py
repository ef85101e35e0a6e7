"""Sends requests to upstreams: picks a pool, borrows or opens a connection, repeats only what is safe to repeat."""

import asyncio
from collections.abc import Sequence
from typing import cast

from tollway.edge.flow import CallerFlow
from tollway.edge.outbox import Outbox
from tollway.edge.server.timers import TimerWheel
from tollway.edge.upstream.answer import UpstreamAnswer
from tollway.edge.upstream.connect import Connector
from tollway.edge.upstream.connection import Connection
from tollway.edge.upstream.dns import Resolve, SystemResolver
from tollway.edge.upstream.pool import Pool, PoolCounts, PoolLimits
from tollway.edge.upstream.read_buffer import ReadBuffer
from tollway.edge.upstream.request_body import Upload
from tollway.edge.upstream.request_head import EXPECTS_BODY, encode_request_head
from tollway.gateway.ports import Answer, Destination, Exchange, Headers, Upstreams
from tollway.kernel.clock import Clock, SystemClock

_IDEMPOTENT = frozenset(("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"))


class EdgeUpstreams:
    """Implements the Upstreams port on one event loop, which must be running when it is built."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        wheel: TimerWheel | None = None,
        outbox: Outbox | None = None,
        limits: PoolLimits | None = None,
        resolve: Resolve | None = None,
    ) -> None:
        """Shares the worker's `wheel` and `outbox` when given, and leaves it running; else makes its own."""
        self.loop = asyncio.get_running_loop()
        self._create_future = self.loop.create_future
        self.idle = 0
        """Idle connections over all pools."""
        self.clock = clock or SystemClock()
        self._monotonic_ns = self.clock.monotonic_ns
        self._own_wheel = TimerWheel(self.clock, self.loop) if wheel is None else None
        self._wheel = wheel or cast(TimerWheel, self._own_wheel)
        self._outbox = outbox or Outbox(self.loop.call_soon)
        self.connector = Connector(self.loop, resolve or SystemResolver(self.loop).resolve, self.build_connection)
        self._buffer = ReadBuffer()
        self._limits = limits or PoolLimits()
        self._pools: dict[str, Pool] = {}
        self._retired: list[Pool] = []

    def begin(
        self, destination: Destination, target: bytes, lines: bytes, own_lines: bytes, body: bytes
    ) -> UpstreamAnswer | None:
        """POST a body at once over an idle connection; see the port."""
        pool = self._pools.get(destination.pool_key)
        if pool is None or pool.destination is not destination:
            pool = self._renew(pool, destination)
        start = pool.start_of("POST", target, lines)
        connection = pool.take()
        if connection is None:
            return None
        terms, monotonic_ns, create_future = pool.terms, self._monotonic_ns, self._create_future
        now_ns = monotonic_ns()
        total_at_ns, head_at_ns = now_ns + terms.total_ns, now_ns + terms.first_byte_ns
        answer = UpstreamAnswer(connection, terms, total_at_ns, create_future())
        head = b"%b%bcontent-length: %d\r\n\r\n" % (start, own_lines, len(body))
        connection.begin(answer, head, head_at_ns if head_at_ns < total_at_ns else total_at_ns, body)
        return answer

    async def send(
        self,
        destination: Destination,
        *,
        method: str,
        target: bytes,
        headers: Headers,
        body: bytes | Exchange,
        lines: bytes = b"",
    ) -> Answer:
        """Send one request and wait for its final head."""
        pool = self._pools.get(destination.pool_key)
        if pool is None or pool.destination is not destination:
            pool = self._renew(pool, destination)
        flow: CallerFlow | None = None
        body_bytes: int | None
        if isinstance(body, bytes):
            body_bytes = len(body)
        else:
            body_bytes = body.head.body_bytes
            if body_bytes != 0:
                flow = cast(CallerFlow, body)
            body = b""
        start = pool.start_of(method, target, b"") + lines
        head, wants_upgrade = encode_request_head(
            start, headers, body_bytes=body_bytes, expects_body=method in EXPECTS_BODY
        )
        terms = pool.terms
        total_at_ns = terms.monotonic_ns() + terms.total_ns
        connection = pool.take()
        is_reused = connection is not None
        while True:
            if connection is None:
                connection = await pool.connect()
                is_reused = connection.served > 0
            coming = self._create_future()
            answer = UpstreamAnswer(
                connection, terms, total_at_ns, coming, is_head=method == "HEAD", wants_upgrade=wants_upgrade
            )
            if flow is None:
                connection.begin(answer, head, answer.first_byte_deadline(), body)
            else:
                answer.upload = Upload(connection, answer, flow)
                connection.begin(answer, head, total_at_ns)
                answer.upload.start()
            await answer.head()
            if answer.status:
                return answer
            if not (is_reused and answer.is_untouched and flow is None and method in _IDEMPOTENT):
                raise answer.failure()
            pool.stale_retries += 1
            connection = None

    def keep(self, destinations: Sequence[Destination]) -> None:
        """Forget pools that are not wanted any more; calls under way keep their connections to the end."""
        wanted = {destination.pool_key for destination in destinations}
        for key in [key for key in self._pools if key not in wanted]:
            self._retire(self._pools.pop(key))

    def counts(self) -> list[PoolCounts]:
        """Return the figures of every pool."""
        return [pool.counts() for pool in self._pools.values()]

    def close(self) -> None:
        """Close every connection at once. Answers under way end as upstream.truncated. Idempotent."""
        for pool in [*self._pools.values(), *self._retired]:
            pool.close()
        self._pools.clear()
        self._retired.clear()
        if self._own_wheel is not None:
            self._own_wheel.close()

    def build_connection(self, pool: Pool) -> Connection:
        """Return a connection that belongs to `pool`, not yet connected."""
        return Connection(pool, self.clock, self._wheel, self._buffer, self._outbox)

    def _renew(self, pool: Pool | None, destination: Destination) -> Pool:
        """Return the pool for the destination; one made for another address or trust is not reused."""
        if pool is not None:
            if _connects_alike(pool.destination, destination):
                pool.adopt(destination)
                return pool
            self._retire(pool)
        pool = self._pools[destination.pool_key] = Pool(self, destination, self._limits)
        return pool

    def _retire(self, pool: Pool) -> None:
        pool.close_idle()
        self._retired = [old for old in self._retired if old.in_flight]
        self._retired.append(pool)


def _connects_alike(one: Destination, other: Destination) -> bool:
    return (
        one.scheme == other.scheme
        and one.host == other.host
        and one.port == other.port
        and one.host_header == other.host_header
        and one.allow_private == other.allow_private
        and one.ca_pem == other.ca_pem
        and one.proxy_url == other.proxy_url
    )


_: type[Upstreams] = EdgeUpstreams
