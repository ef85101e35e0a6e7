"""How supervisor and children talk: one socket pair each.

The supervisor sends one ChildStart; the child answers one Ready, and before it Starting as long as it is at work on
that. After that, root keys alone are talked about: the console says that their file has changed (FileChanged), the
supervisor hands the new keys to whoever has keys (NewKeys), each says when it has them (HasKeys), and the console is
told when all have (AllHave). When the socket closes, the other side is gone. A child that loses its supervisor drains
and exits.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence

import msgspec

from tollway.adapters.secrets import RootKey, RootKeys
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret
from tollway.settings import transfer
from tollway.settings.model import Settings

_LENGTH = struct.Struct("!I")
_MESSAGE_BYTES_MAX = 1_048_576
HAND_OVER_SECONDS = 30.0
SIGN_SECONDS = 5.0
"""How often a child that starts says that it is at work."""

PlainKeys = tuple[tuple[int, bytes], ...]
"""Root keys on their way between two processes of ours."""


class ChildStart(msgspec.Struct, frozen=True):
    """What a child needs to begin. `socket_fds` are inherited listening sockets; the ledger gets no keys."""

    settings: bytes
    root_keys: PlainKeys
    index: int
    socket_fds: tuple[int, ...]
    gateway_url: str
    console_url: str


class Starting(msgspec.Struct, frozen=True, tag=True):
    """The child is not ready yet, since it does this; it has not stopped."""

    doing: str


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The child answers from now on. `notes` are facts for the supervisor to show, such as a set-up link."""

    notes: dict[str, str] = {}


class FileChanged(msgspec.Struct, frozen=True, tag=True):
    """The console has changed the file of the root keys."""


class NewKeys(msgspec.Struct, frozen=True, tag=True):
    """The root keys from now on."""

    root_keys: PlainKeys


class HasKeys(msgspec.Struct, frozen=True, tag=True):
    """The child uses the keys it was handed."""


class AllHave(msgspec.Struct, frozen=True, tag=True):
    """Every child that has keys uses those of the file; or `fault` says why not."""

    fault: str = ""


ToSupervisor = Starting | Ready | FileChanged | HasKeys
ToChild = NewKeys | AllHave


class Inbox:
    """Puts what arrives on a control socket together into messages."""

    def __init__(self) -> None:
        self._heard = bytearray()

    def take(self, part: bytes) -> Iterator[bytes]:
        """Yield the bodies of the messages that are whole by now. Raises ValueError for one that is too long."""
        self._heard += part
        while len(self._heard) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._heard)
            if length > _MESSAGE_BYTES_MAX:
                raise ValueError("a control message is too long")
            end = _LENGTH.size + length
            if len(self._heard) < end:
                return
            body = bytes(self._heard[_LENGTH.size : end])
            del self._heard[:end]
            yield body


class Start:
    """A child's view of how it was started."""

    def __init__(self, message: ChildStart, control: socket.socket) -> None:
        self.settings: Settings = transfer.decode(message.settings)
        self.root_keys: RootKeys = open_keys(message.root_keys)
        self.index = message.index
        self.gateway_url = message.gateway_url
        self.console_url = message.console_url
        self.sockets = [socket.socket(fileno=fd) for fd in message.socket_fds]
        self.control = control

    def ready(self, **notes: str) -> None:
        """Tell the supervisor that this process answers. Does nothing when the supervisor is gone."""
        self.say(Ready(notes))

    @contextlib.contextmanager
    def working(self, doing: str) -> Iterator[None]:
        """Tell the supervisor again and again that this is being done, as long as it is, so that it waits."""
        done = threading.Event()

        def tell() -> None:
            while not done.wait(SIGN_SECONDS):
                self.say(Starting(doing))

        teller = threading.Thread(target=tell, name="starting", daemon=True)
        teller.start()
        try:
            yield
        finally:
            done.set()
            teller.join()

    def say(self, message: ToSupervisor) -> None:
        """Tell the supervisor something. Does nothing when the supervisor is gone."""
        with contextlib.suppress(OSError):
            send(self.control, message)


class Listening:
    """Hears the supervisor for a child that has keys: `on_keys` is called with the keys to use from now on."""

    def __init__(self, start: Start, on_keys: Callable[[RootKeys], None]) -> None:
        self._start = start
        self._on_keys = on_keys
        self._on_gone: Callable[[], None] = lambda: None
        self._inbox = Inbox()
        self._answer: AllHave | None = None
        self._answered = threading.Event()

    def begin(self, loop: asyncio.AbstractEventLoop, on_gone: Callable[[], None]) -> None:
        """Hear from now on, on this loop; `on_gone` is called there once the supervisor is gone."""
        self._on_gone = on_gone
        loop.add_reader(self._start.control.fileno(), self._read, loop)

    def end(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hear no more. Idempotent."""
        loop.remove_reader(self._start.control.fileno())

    def hand_over(self) -> None:
        """Say that the key file has changed and wait until every process uses it; for a thread, not for the loop.

        Raises management.unavailable when a process does not take the keys: it may be stopped. Trying again is safe.
        """
        self._answered.clear()
        self._start.say(FileChanged())
        if not self._answered.wait(HAND_OVER_SECONDS) or self._answer is None:
            fault = f"not every process has taken the keys within {HAND_OVER_SECONDS:.0f} s"
        else:
            fault = self._answer.fault
        if fault:
            raise TollwayError(
                "management.unavailable", public=f"The keys are not in use everywhere yet: {fault}. Try again."
            )

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            part = self._start.control.recv(65_536)
        except BlockingIOError:
            return
        except OSError:
            part = b""
        if not part:
            self.end(loop)
            self._on_gone()
            return
        for body in self._inbox.take(part):
            match msgspec.msgpack.decode(body, type=ToChild):
                case NewKeys(root_keys):
                    self._on_keys(open_keys(root_keys))
                    self._start.say(HasKeys())
                case AllHave() as answer:
                    self._answer = answer
                    self._answered.set()


def receive_start(arguments: Sequence[str]) -> Start:
    """Read the ChildStart from the descriptor named by `arguments`. Raises SystemExit(2) when started by hand."""
    if len(arguments) != 1 or not arguments[0].isdigit():
        raise SystemExit("this command is for the supervisor; run `tollway serve`")
    control = socket.socket(fileno=int(arguments[0]))
    control.settimeout(10)
    message = msgspec.msgpack.decode(_receive(control), type=ChildStart)
    control.setblocking(False)
    return Start(message, control)


def send(control: socket.socket, message: ChildStart | ToSupervisor | ToChild) -> None:
    """Send one message. Raises OSError when the other side is gone."""
    body = msgspec.msgpack.encode(message)
    control.sendall(_LENGTH.pack(len(body)) + body)


def read_message(body: bytes) -> ToSupervisor:
    """Read what a child says."""
    message: ToSupervisor = msgspec.msgpack.decode(body, type=ToSupervisor)
    return message


def plain_keys(keys: RootKeys) -> PlainKeys:
    """Write keys for another process of ours."""
    return tuple((one.generation, one.key.reveal()) for one in keys)


def open_keys(keys: PlainKeys) -> RootKeys:
    """Read keys that another process of ours has written."""
    return tuple(RootKey(generation, Secret(key)) for generation, key in keys)


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
