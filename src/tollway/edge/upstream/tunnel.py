"""Copies the bytes of an upgraded connection both ways.

Law: the caller hears 101 only when the upstream's 101 answers the very key that was asked with.
"""

import asyncio
from base64 import b64encode
from hashlib import sha1
from typing import TYPE_CHECKING

from tollway.edge.flow import CallerFlow, TunnelEnd
from tollway.edge.upstream import faults

if TYPE_CHECKING:
    from tollway.edge.upstream.answer import UpstreamAnswer
    from tollway.edge.upstream.connection import Connection

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Tunnel:
    """The upstream's end of a tunnel: what the caller sends goes to the connection, and the other way round."""

    def __init__(self, connection: "Connection", answer: "UpstreamAnswer") -> None:
        self.bytes_from_caller = 0
        self.bytes_from_upstream = 0
        self._connection = connection
        self._answer = answer
        self._caller: asyncio.Transport | None = None

    def join(self, exchange: CallerFlow) -> asyncio.Transport:
        """Take over the caller's connection, and pass on what each side sent too early."""
        caller, early = exchange.hijack(self)
        self._caller = caller
        exchange.watch_writable(self._connection.pause_reading, self._connection.resume_reading)
        self._connection.watch_writable(caller.pause_reading, caller.resume_reading)
        if early:
            self.feed(early)
        return caller

    def feed(self, data: bytes) -> None:
        """Take bytes from the caller."""
        if self._answer.connection is None:
            return
        self.bytes_from_caller += len(data)
        self._connection.write(data)
        self._connection.limit(self._answer.idle_deadline())

    def closed(self) -> None:
        """The caller has gone: send what it had sent, then close. The idle deadline bounds the sending."""
        if self._answer.connection is not None:
            self._connection.resume_reading()
            self._connection.transport.close()

    def receive(self, data: bytes) -> None:
        """Take bytes from the upstream."""
        if self._caller is not None:
            self.bytes_from_upstream += len(data)
            self._caller.write(data)
            self._connection.limit(self._answer.idle_deadline())


def check_handshake(answer: "UpstreamAnswer", websocket_key: str | None) -> None:
    """Raise upstream.protocol unless the answer completes the handshake of `websocket_key` (RFC 6455 section 4.1)."""
    accepts = [value for name, value in answer.headers if name == b"sec-websocket-accept"]
    expected = b64encode(sha1((websocket_key or "").encode() + _GUID, usedforsecurity=False).digest())
    if websocket_key is None or answer.upgrade.lower() != b"websocket" or accepts != [expected]:
        answer.close()
        raise faults.protocol("the upstream's 101 does not answer this handshake")


_: type[TunnelEnd] = Tunnel
