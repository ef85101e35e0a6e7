"""Listening sockets, bound once by the supervisor and inherited by the processes that accept on them."""

import errno
import socket
import time
from dataclasses import dataclass

from tollway.settings.address import Address

BACKLOG = 4_096


class BusyPort(Exception):
    """The address cannot be listened on; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A bound, listening socket and the address it really has."""

    socket: socket.socket
    address: Address


def bind(address: Address, wait_seconds: float = 0.0) -> Listener:
    """Listen on an address, waiting that long while it is busy; port 0 takes a free one. Raises BusyPort."""
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            return _bind_now(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise BusyPort(_explain(address, error)) from error
            time.sleep(0.05)


def _bind_now(address: Address) -> Listener:
    family, kind, protocol, _, where = socket.getaddrinfo(
        address.host or None, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(where)
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return Listener(listening, Address(address.host, listening.getsockname()[1]))


def _explain(address: Address, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            way_out = "another program listens there; stop it, or choose another address"
        case errno.EACCES:
            way_out = "ports below 1024 need rights; choose one above"
        case errno.EADDRNOTAVAIL:
            way_out = "this machine has no such address"
        case _:
            way_out = error.strerror or str(error)
    return f"cannot listen on {address}: {way_out}"
