"""Accepts connections from a socket that all workers share.

One connection per readiness event, so that a burst spreads over the workers; no accepting at all for a
moment when this worker has its share, or is out of descriptors. The kernel's queue is the buffer then.
"""

import asyncio
import contextlib
import errno
import logging
import socket
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

from tollway.edge.server.connection import Connection

if TYPE_CHECKING:
    from tollway.edge.server.server import EdgeServer

PAUSE_SECONDS = 0.02
# EMFILE and its kin: waiting briefly is all that can be done; a log line a second is enough.
_EXHAUSTED = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))

_log = logging.getLogger("tollway.edge")


class Listener:
    """One listening socket of one worker."""

    def __init__(
        self,
        server: "EdgeServer",
        sock: socket.socket,
        *,
        tls: ssl.SSLContext | None,
        share: Callable[[], int | None] | None,
    ) -> None:
        self.tls = tls
        """The context for connections accepted from now on; a reload replaces it."""
        self._server = server
        self._socket = sock
        self._share = share
        self._opening: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False
        self._logged_at = float("-inf")
        sock.setblocking(False)

    @property
    def is_accepting(self) -> bool:
        """Whether new connections are taken at this moment."""
        return not self._is_closed and self._timer is None

    def resume(self) -> None:
        """Start accepting, or go on."""
        self._timer = None
        if not self._is_closed:
            self._server.loop.add_reader(self._socket.fileno(), self._on_readable)

    def close(self) -> None:
        """Stop accepting for good, but for who has connected already; connections and the socket itself stay open.

        If nobody else accepts on the socket, whoever is left in its queue would be reset.
        """
        if self._is_closed:
            return
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        else:
            self._server.loop.remove_reader(self._socket.fileno())
        with contextlib.suppress(OSError):
            while self._count() < self._server.limits.connections_max:
                self._accept()

    @property
    def is_opening(self) -> bool:
        """Whether accepted sockets have yet to become connections."""
        return bool(self._opening)

    def _on_readable(self) -> None:
        if self._count() >= self._count_max():
            self._pause(PAUSE_SECONDS)
            return
        try:
            self._accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # Another worker was quicker, or the caller has given up.
        except OSError as error:
            self._on_accept_error(error)

    def _accept(self) -> None:
        accepted, address = self._socket.accept()
        accepted.setblocking(False)
        peer = address[0] if isinstance(address, tuple) else ""
        task = self._server.loop.create_task(self._open(accepted, peer))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open(self, accepted: socket.socket, peer: str) -> None:
        """Hand the socket to a connection, after the TLS handshake where there is one."""
        tls = self.tls
        connection = Connection(self._server, peer=peer, is_tls=tls is not None)
        try:
            await self._server.loop.connect_accepted_socket(
                lambda: connection,
                accepted,
                ssl=tls,
                ssl_handshake_timeout=self._server.head_seconds if tls is not None else None,
                ssl_shutdown_timeout=1.0 if tls is not None else None,
            )
        except (OSError, TimeoutError):
            accepted.close()  # The caller left, or does not speak TLS; there is nobody to tell.

    def _count(self) -> int:
        return len(self._server.connections) + len(self._opening)

    def _count_max(self) -> int:
        most = self._server.limits.connections_max
        share = None if self._share is None else self._share()
        return most if share is None else min(most, share)

    def _pause(self, seconds: float) -> None:
        self._server.loop.remove_reader(self._socket.fileno())
        self._timer = self._server.loop.call_later(seconds, self.resume)

    def _on_accept_error(self, error: OSError) -> None:
        now = self._server.loop.time()
        if now - self._logged_at >= 1.0:
            self._logged_at = now
            _log.error("cannot accept connections: %s", error)
        self._pause(0.1 if error.errno in _EXHAUSTED else PAUSE_SECONDS)
