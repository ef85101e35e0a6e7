"""Names to addresses, in a thread, remembered for a few seconds.

The answer is only ever a list of candidates: the connect policy is applied to the address that is connected to.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable

Resolve = Callable[[str, int], Awaitable[tuple[str, ...]]]
"""Returns the addresses of a host in the order to try them. Raises OSError."""

TTL_SECONDS = 5.0
NAMES_MAX = 1_024


class SystemResolver:
    """Asks the system's resolver; equal questions at the same time are asked once. Failures are not remembered."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, ttl_seconds: float = TTL_SECONDS) -> None:
        self._loop = loop
        self._ttl_seconds = ttl_seconds
        self._known: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._asking: dict[str, asyncio.Future[tuple[str, ...]]] = {}

    async def resolve(self, host: str, port: int) -> tuple[str, ...]:
        """Return the addresses of `host`. Cancelling leaves the question running for others. Raises OSError."""
        known = self._known.get(host)
        if known is not None and known[0] > self._loop.time():
            return known[1]
        asking = self._asking.get(host)
        if asking is None:
            asking = self._asking[host] = self._loop.run_in_executor(None, _ask, host, port)
            asking.add_done_callback(lambda done: self._learn(host, done))
        return await asyncio.shield(asking)

    def _learn(self, host: str, done: "asyncio.Future[tuple[str, ...]]") -> None:
        del self._asking[host]
        if done.cancelled() or done.exception() is not None:
            return
        if len(self._known) >= NAMES_MAX:
            self._known.clear()
        self._known[host] = (self._loop.time() + self._ttl_seconds, done.result())


def _ask(host: str, port: int) -> tuple[str, ...]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return tuple(dict.fromkeys(str(address[0]) for _, _, _, _, address in found))
