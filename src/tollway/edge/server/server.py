"""The server of one worker: what its connections share, and how it stops.

Built with the handler that answers a request; sockets come bound from outside.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping

from tollway.edge.outbox import Outbox
from tollway.edge.server.body import BufferBudget
from tollway.edge.server.connection import Connection
from tollway.edge.server.listener import Listener
from tollway.edge.server.timers import TICK_SECONDS, TimerWheel
from tollway.gateway.explained import NOWHERE
from tollway.gateway.ports import Exchange, RequestHead
from tollway.kernel.clock import Clock
from tollway.settings.model import LimitSettings, TimeoutSettings
from tollway.wire.http1 import DateLine

# Kept connections stay open this long after a drain began: a request that is already on its way to us is
# answered, with `Connection: close`, instead of being lost.
DRAIN_IDLE_SECONDS = 0.5

_SECOND_NS = 1_000_000_000


class EdgeServer:
    """Serves HTTP/1.1 on any number of bound sockets. Create it inside a running loop.

    `explained` are the Link headers of its own refusals, by code.
    """

    def __init__(
        self,
        handle: Callable[[Exchange], Awaitable[None]],
        *,
        limits: LimitSettings,
        timeouts: TimeoutSettings,
        clock: Clock,
        on_refused: Callable[[str], None],
        explained: Mapping[str, bytes] = NOWHERE,
        tick_seconds: float = TICK_SECONDS,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.handle = handle
        self.limits = limits
        self.clock = clock
        self.monotonic_ns = clock.monotonic_ns
        self.on_refused = on_refused
        self.explained = explained
        self.head_seconds = timeouts.head_seconds
        self.head_ns = round(timeouts.head_seconds * _SECOND_NS)
        self.body_ns = round(timeouts.body_seconds * _SECOND_NS)
        self.idle_ns = round(timeouts.idle_seconds * _SECOND_NS)
        self.wheel = TimerWheel(clock, self.loop, tick_seconds)
        self.outbox = Outbox(self.loop.call_soon)
        self.budget = BufferBudget(limits.buffers_bytes_max)
        self.connections: set[Connection] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.is_draining = False
        self.date_line = DateLine(clock.now_ns).current
        """Returns the `date` field line of this second."""
        self._listeners: list[Listener] = []

    def listen(
        self, sock: socket.socket, *, tls: ssl.SSLContext | None = None, share: Callable[[], int | None] | None = None
    ) -> Listener:
        """Accept connections from a bound, listening socket, which other processes may share.

        `share` tells how many connections this worker should hold at most right now; `limits.connections_max`
        is the bound in any case. The socket stays the caller's and is never closed here.
        """
        listener = Listener(self, sock, tls=tls, share=share)
        self._listeners.append(listener)
        listener.resume()
        return listener

    def running(self) -> list[tuple[RequestHead, Connection]]:
        """Return the heads of the requests that are being answered, each with the connection that answers it."""
        return [(head, each) for each in self.connections if (head := each.running_head) is not None]

    async def drain(self, deadline_seconds: float) -> None:
        """Stop accepting, finish what runs with `Connection: close`, and return when all connections are gone.

        Connections that are left after `deadline_seconds` are aborted and their handlers cancelled. Idempotent.
        """
        self.is_draining = True
        for listener in self._listeners:
            listener.close()
        ends_at = self.loop.time() + deadline_seconds
        await self._wait_until_empty(min(DRAIN_IDLE_SECONDS, deadline_seconds))
        for connection in list(self.connections):
            connection.close_if_idle()
        await self._wait_until_empty(ends_at - self.loop.time())
        for connection in list(self.connections):
            connection.abort()
        if self.tasks:
            # Cancelled handlers still account for their calls; their clean-up is bounded by themselves.
            await asyncio.wait(list(self.tasks), timeout=max(1.0, deadline_seconds / 10))
        self.wheel.close()

    async def _wait_until_empty(self, seconds: float) -> None:
        ends_at = self.loop.time() + seconds
        # Polled: an event for two sets being empty would cost each connection for this one use.
        while self.connections or self.tasks or any(listener.is_opening for listener in self._listeners):
            if self.loop.time() >= ends_at:
                return
            await asyncio.sleep(0.01)
