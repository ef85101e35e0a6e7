"""Opens connections: resolve, check each address, connect to a checked one, then the proxy's tunnel, then TLS.

Law: no socket is connected to an address that the destination's policy objects to, at any time, on any connect.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING

from tollway.edge.upstream import faults
from tollway.edge.upstream.connect_policy import ConnectPolicy
from tollway.edge.upstream.connection import Connection
from tollway.edge.upstream.dns import Resolve
from tollway.edge.upstream.proxy import open_tunnel, parse_proxy_url
from tollway.edge.upstream.tls import TLSContexts
from tollway.gateway.ports import Destination

if TYPE_CHECKING:
    from tollway.edge.upstream.pool import Pool

STAGGER_SECONDS = 0.25
"""How long one address is tried alone before the next joins in (RFC 8305 section 5)."""
ADDRESSES_MAX = 8

_ANY = ConnectPolicy(("*",))
# Names that mean the proxy's own machine or its cloud's metadata service.
_PROXY_LOCAL_NAMES = frozenset(("localhost", "metadata", "metadata.google.internal", "instance-data"))


class Connector:
    """Makes connections for pools. Cancelling closes what was begun."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, resolve: Resolve, build: Callable[["Pool"], Connection]
    ) -> None:
        self._loop = loop
        self._resolve = resolve
        self._build = build
        self._contexts = TLSContexts(loop)

    async def connect(self, pool: "Pool") -> Connection:
        """Return a connection that is ready to send, within the connect deadline.

        Raises upstream.timeout, upstream.unreachable, upstream.forbidden_address, upstream.tls or
        upstream.protocol (the proxy's).
        """
        seconds = pool.destination.timeouts.connect_seconds
        deadline = asyncio.timeout(seconds)
        try:
            async with deadline:
                return await self._connect(pool)
        except OSError as error:  # TimeoutError is one of them
            if deadline.expired():
                raise faults.timeout("connect", seconds) from None
            raise faults.unreachable(f"{type(error).__name__}: {error}") from error

    async def _connect(self, pool: "Pool") -> Connection:
        destination = pool.destination
        sock = await self._reach(destination)
        try:
            if destination.scheme == "https":
                if destination.proxy_url is not None:
                    await open_tunnel(self._loop, sock, destination)
                return await self._secure(sock, pool)
            return (await self._loop.create_connection(lambda: self._build(pool), sock=sock))[1]
        except BaseException:  # only to close what nobody owns yet
            sock.close()
            raise

    async def _secure(self, sock: socket.socket, pool: "Pool") -> Connection:
        destination = pool.destination
        try:
            context = await self._contexts.context(destination.ca_pem)
            made = await self._loop.create_connection(
                lambda: self._build(pool),
                sock=sock,
                ssl=context,
                server_hostname=destination.host,
                ssl_handshake_timeout=destination.timeouts.connect_seconds + 1,
            )
        except (ssl.SSLError, ssl.CertificateError, ConnectionError) as error:
            raise faults.tls(f"{type(error).__name__}: {error}") from error
        return made[1]

    async def _reach(self, destination: Destination) -> socket.socket:
        """Return a socket connected to the destination or its proxy, at an address that was checked."""
        if destination.proxy_url is None:
            host, port = destination.host, destination.port
            policy = ConnectPolicy(destination.allow_private)
        else:
            _check_behind_proxy(destination)
            proxy = parse_proxy_url(destination.proxy_url)
            host, port, policy = proxy.host, proxy.port, _ANY
        addresses = (host,) if _is_address(host) else await self._resolve(host, port)
        objections = {address: policy.find_objection(address) for address in addresses}
        allowed = [address for address, objection in objections.items() if objection is None]
        if not allowed and objections:
            raise faults.forbidden(f"{host}: {', '.join(f'{a} is {o}' for a, o in objections.items())}")
        return await self._race(_interleave(allowed)[:ADDRESSES_MAX], port)

    async def _race(self, addresses: list[str], port: int) -> socket.socket:
        """Connect to the addresses in order, each next one joining after a pause or a failure; the first wins."""
        if not addresses:
            raise faults.unreachable("the name has no address")
        if len(addresses) == 1:
            return await self._dial(addresses[0], port)
        waiting = list(reversed(addresses))
        running: set[asyncio.Task[socket.socket]] = set()
        failure: OSError | None = None
        try:
            while waiting or running:
                if waiting:
                    running.add(self._loop.create_task(self._dial(waiting.pop(), port)))
                done, running = await asyncio.wait(
                    running,
                    timeout=STAGGER_SECONDS if waiting else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                for task in done:
                    error = task.exception()
                    if error is None:
                        running |= done - {task}
                        return task.result()
                    if not isinstance(error, OSError):
                        raise error
                    failure = error
            raise failure or OSError("no address could be connected to")
        finally:
            _abandon(running)

    async def _dial(self, address: str, port: int) -> socket.socket:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.sock_connect(sock, (address, port))
        except BaseException:  # only to close what nobody owns yet
            sock.close()
            raise
        return sock


def _abandon(tasks: set["asyncio.Task[socket.socket]"]) -> None:
    """Cancel attempts that lost, and close the socket of one that was connected nevertheless."""

    def close(task: "asyncio.Task[socket.socket]") -> None:
        if not task.cancelled() and task.exception() is None:
            task.result().close()

    for task in tasks:
        task.cancel()
        task.add_done_callback(close)


def _check_behind_proxy(destination: Destination) -> None:
    """The proxy resolves names, so only what is said literally can be checked here."""
    policy = ConnectPolicy(destination.allow_private)
    host = destination.host
    objection = policy.find_objection(host) if _is_address(host) else None
    is_local = host in _PROXY_LOCAL_NAMES or host.endswith(".localhost")
    if objection is not None or (is_local and "*" not in destination.allow_private):
        raise faults.forbidden(f"{host} behind a proxy: {objection or 'local name'}")


def _interleave(addresses: list[str]) -> list[str]:
    """Alternate between the families, beginning with the resolver's first choice (RFC 8305 section 4)."""
    if not addresses:
        return []
    is_v6_first = ":" in addresses[0]
    first = [address for address in addresses if (":" in address) is is_v6_first]
    second = [address for address in addresses if (":" in address) is not is_v6_first]
    mixed = [address for pair in zip(first, second, strict=False) for address in pair]
    return mixed + first[len(second) :] + second[len(first) :]


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
