"""How supervisor and children talk: one socket pair each.

The supervisor sends one ChildStart; the child answers one Ready. After that nothing is said: when the
socket closes, the other side is gone. A child that loses its supervisor drains and exits.
"""

import contextlib
import socket
import struct
from collections.abc import Sequence

import msgspec

from tollway.kernel.secret import Secret
from tollway.settings import transfer
from tollway.settings.model import Settings

_LENGTH = struct.Struct("!I")
_MESSAGE_BYTES_MAX = 1_048_576


class ChildStart(msgspec.Struct, frozen=True):
    """What a child needs to begin. `socket_fds` are inherited listening sockets."""

    settings: bytes
    root_key: bytes
    index: int
    socket_fds: tuple[int, ...]
    gateway_url: str
    console_url: str


class Ready(msgspec.Struct, frozen=True):
    """The child answers from now on. `notes` are facts for the supervisor to show, such as a set-up link."""

    notes: dict[str, str] = {}


class Start:
    """A child's view of how it was started."""

    def __init__(self, message: ChildStart, control: socket.socket) -> None:
        self.settings: Settings = transfer.decode(message.settings)
        self.root_key: Secret[bytes] = Secret(message.root_key)
        self.index = message.index
        self.gateway_url = message.gateway_url
        self.console_url = message.console_url
        self.sockets = [socket.socket(fileno=fd) for fd in message.socket_fds]
        self.control = control

    def ready(self, **notes: str) -> None:
        """Tell the supervisor that this process answers. Does nothing when the supervisor is gone."""
        with contextlib.suppress(OSError):
            _send(self.control, msgspec.msgpack.encode(Ready(notes)))


def receive_start(arguments: Sequence[str]) -> Start:
    """Read the ChildStart from the descriptor named by `arguments`. Raises SystemExit(2) when started by hand."""
    if len(arguments) != 1 or not arguments[0].isdigit():
        raise SystemExit("this command is for the supervisor; run `tollway serve`")
    control = socket.socket(fileno=int(arguments[0]))
    control.settimeout(10)
    message = msgspec.msgpack.decode(_receive(control), type=ChildStart)
    control.setblocking(False)
    return Start(message, control)


def send_start(control: socket.socket, message: ChildStart) -> None:
    """Send the ChildStart to a new child."""
    _send(control, msgspec.msgpack.encode(message))


def read_ready(buffer: bytes) -> Ready | None:
    """Return the Ready in what a child has sent so far, None while it is incomplete."""
    if len(buffer) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack_from(buffer)
    body = buffer[_LENGTH.size : _LENGTH.size + length]
    return msgspec.msgpack.decode(body, type=Ready) if len(body) == length else None


def _send(control: socket.socket, body: bytes) -> None:
    control.sendall(_LENGTH.pack(len(body)) + body)


def _receive(control: socket.socket) -> bytes:
    (length,) = _LENGTH.unpack(_exactly(control, _LENGTH.size))
    if length > _MESSAGE_BYTES_MAX:
        raise ValueError("the start message is too long")
    return _exactly(control, length)


def _exactly(control: socket.socket, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        part = control.recv(length - len(parts))
        if not part:
            raise ConnectionError("the supervisor closed the control socket")
        parts += part
    return bytes(parts)
