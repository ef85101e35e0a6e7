"""The console's servers on real sockets: who is the operator, what leaks, and how it ends."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tollway.runtime.console import DRAIN_SECONDS

PROGRAM = """
import socket, sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from kit.console import console_on
from tollway.runtime.console import run_console
from tollway.settings.model import Settings
folder = Path(sys.argv[1])
listening = socket.socket()
listening.bind(("127.0.0.1", 0))
listening.listen()
settings = replace(Settings(), data=folder)
with console_on(folder) as console:
    ready = lambda: print("ready", listening.getsockname()[1], flush=True)
    sys.exit(run_console(settings, console.services, sockets=[listening], ready=ready))
"""


@dataclass
class Running:
    """A console process."""

    process: subprocess.Popen[str]
    port: int
    local: Path

    def ask(self, head: str, *, local: bool = False, body: str = "") -> str:
        """Send one request and return the whole answer."""
        with self.connect(local=local) as connection:
            connection.sendall(f"{head}\r\nhost: localhost\r\nconnection: close\r\n\r\n{body}".encode())
            parts = []
            while part := connection.recv(65_536):
                parts.append(part)
            return b"".join(parts).decode()

    def connect(self, *, local: bool) -> socket.socket:
        """Connect to the port or to the local socket."""
        if not local:
            return socket.create_connection(("127.0.0.1", self.port), 20)
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(20)
        connection.connect(str(self.local))
        return connection


@pytest.fixture
def running(tmp_path: Path, project_root: Path) -> Iterator[Running]:
    """A console on a free port."""
    environment = {**os.environ, "PYTHONPATH": f"{project_root / 'src'}:{project_root / 'tests'}"}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("ready"), process.stderr.read() if process.stderr else ""
        yield Running(process, int(line.split()[1]), tmp_path / "run" / "console.sock")
        process.kill()


def test_only_the_local_socket_is_the_operator_and_only_its_owner_may_open_it(running: Running) -> None:
    assert running.ask("GET /api/v1/teams HTTP/1.1", local=True).startswith("HTTP/1.1 200")
    assert running.ask("GET /api/v1/teams HTTP/1.1").startswith("HTTP/1.1 401")
    forged = "GET /api/v1/teams HTTP/1.1\r\nx-forwarded-for: local\r\ntollway.local: 1\r\nforwarded: for=unix"
    assert running.ask(forged).startswith("HTTP/1.1 401")
    assert stat.S_IMODE(running.local.stat().st_mode) == 0o600
    assert stat.S_IMODE(running.local.parent.stat().st_mode) == 0o700


def test_answers_do_not_name_the_server(running: Running) -> None:
    assert "\r\nserver:" not in running.ask("GET /healthz HTTP/1.1").lower()


def test_sigterm_ends_live_streams_and_leaves_with_zero(running: Running) -> None:
    with running.connect(local=True) as stream:
        stream.sendall(b"GET /api/v1/live HTTP/1.1\r\nhost: x\r\n\r\n")
        assert b"retry: 2000" in stream.recv(65_536) + stream.recv(65_536)
        start = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(20) == 0
        assert time.monotonic() - start < DRAIN_SECONDS
    assert not running.local.exists()
    assert running.process.stderr is not None
    assert running.process.stderr.read() == ""


def test_a_socket_file_left_behind_is_replaced(tmp_path: Path) -> None:
    from tollway.runtime.console import _bind_local

    path = tmp_path / "run" / "console.sock"
    for _ in range(2):
        with _bind_local(path):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("proxies", "peer", "believed"),
    [
        (("10.0.0.0/8", "::1/128"), "10.9.9.9", "192.0.2.7"),
        (("10.0.0.0/8", "::1/128"), "::1", "192.0.2.7"),
        (("10.0.0.0/8",), "192.0.2.1", "192.0.2.1"),
        ((), "127.0.0.1", "127.0.0.1"),
    ],
)
async def test_the_callers_address_is_believed_from_the_named_proxies_only(
    proxies: tuple[str, ...], peer: str, believed: str
) -> None:
    """What stands left of the first address that is no proxy's, the caller wrote itself."""
    from tollway.runtime.console import _config

    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["client"][0])

    headers = [(b"x-forwarded-for", b"198.51.100.9, 192.0.2.7, 10.1.1.1"), (b"forwarded", b"for=198.51.100.1")]
    scope = {"type": "http", "client": (peer, 1), "headers": headers, "scheme": "http"}
    await _config(app, proxies=proxies).loaded_app(scope, None, None)
    assert seen == [believed]
