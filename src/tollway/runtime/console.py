"""The main of the console: the management API and the dashboard on the console port and on the local socket.

One uvicorn server a socket, one app, one process. The local socket's server runs the app through
`LocalApp`, which is what makes its callers the operator. Leaves when told to (SIGTERM) or when its
supervisor is gone, after ending the live streams and finishing the requests in flight.
"""

import asyncio
import contextlib
import logging
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import uvicorn
import uvloop
from fastapi import FastAPI
from starlette.types import ASGIApp

from tollway.adapters.ledger_client import LedgerClient
from tollway.adapters.secrets import KeyRing
from tollway.adapters.telemetry.logs import start_logging
from tollway.compose.console import Places, build_console
from tollway.kernel.errors import TollwayError
from tollway.runtime.audit_keeper import AuditKeeper
from tollway.runtime.bulk_worker import BulkWorker
from tollway.runtime.caretaker import Caretaker
from tollway.runtime.child import Listening, receive_start
from tollway.runtime.deliverer import Deliverer
from tollway.runtime.key_changer import KeyChanger
from tollway.runtime.letter_sender import LetterSender
from tollway.runtime.looks import Looks
from tollway.runtime.one_writer import one_writer
from tollway.runtime.security_keeper import SecurityKeeper
from tollway.runtime.welcome import welcome
from tollway.settings.model import Settings
from tollway.web.app import build_console_app
from tollway.web.live import LiveFeed
from tollway.web.local import LocalApp
from tollway.web.services import ConsoleServices

SOCKET = Path("run/console.sock")
REQUESTS_MAX = 512
DRAIN_SECONDS = 5
KEEP_ALIVE_SECONDS = 30

_log = logging.getLogger(__name__)


def run_console(
    settings: Settings,
    services: ConsoleServices,
    *,
    sockets: Sequence[socket.socket],
    ready: Callable[[], None] = lambda: None,
    supervisor: Listening | None = None,
) -> int:
    """Serve on the listening TCP `sockets` and on the data directory's local socket until SIGTERM or SIGINT.

    Also leaves when its supervisor is gone, if it has one. `ready` is called once every socket accepts. Returns 0, or 1
    when the TLS files cannot be used. The TCP sockets are closed; the local socket's file is removed.
    """
    app = build_console_app(services)
    try:
        public = [
            (_Server(_config(app, tls=_tls(settings), proxies=settings.console.trusted_proxies)), one)
            for one in sockets
        ]
    except OSError as error:  # also ssl.SSLError
        _log.error("the console cannot use its TLS files: %s", error)
        return 1
    local = _bind_local(settings.data / SOCKET)
    # The lifespan belongs to one of the servers; the app is one.
    servers = [*public, (_Server(_config(LocalApp(app), lifespan="off" if public else "on")), local)]
    keeper = AuditKeeper(services.audit, settings.retention.audit_days, time.time_ns)
    uvloop.run(_run(app, servers, ready, supervisor, keeper))
    with contextlib.suppress(FileNotFoundError):
        (settings.data / SOCKET).unlink()
    return 0


class _Server(uvicorn.Server):
    """A server that leaves signals to us, since there are several in one process, and says when it accepts."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.accepting = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept."""
        await super().startup(sockets)
        self.accepting.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing."""
        yield


def _config(
    app: ASGIApp, *, tls: Mapping[str, str] | None = None, proxies: Sequence[str] = (), lifespan: str = "on"
) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        loop="none",
        http="httptools",
        ws="none",
        lifespan="off" if lifespan == "off" else "on",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        server_header=False,
        limit_concurrency=REQUESTS_MAX,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        ssl_certfile=tls["certificate"] if tls else None,
        ssl_keyfile=tls["key"] if tls else None,
    )
    config.load()
    return config


def _tls(settings: Settings) -> Mapping[str, str] | None:
    console = settings.console
    if console.tls_certificate is None or console.tls_key is None:
        return None
    return {"certificate": str(console.tls_certificate), "key": str(console.tls_key)}


def _bind_local(path: Path) -> socket.socket:
    """Listen on a Unix socket that only our own user may open. A socket left by a process that died is replaced."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # The mode is set before anybody can connect: between bind and chmod the socket does not listen yet.
    listening.bind(str(path))
    path.chmod(0o600)
    listening.listen(128)
    listening.setblocking(False)
    return listening


async def _run(
    app: FastAPI,
    servers: Sequence[tuple[_Server, socket.socket]],
    ready: Callable[[], None],
    supervisor: Listening | None,
    audit_keeper: AuditKeeper,
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    # A terminal's Ctrl-C reaches every process; under a supervisor it is the supervisor who says when.
    loop.add_signal_handler(signal.SIGINT, stop.set if supervisor is None else lambda: None)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
    if supervisor is not None:
        supervisor.begin(loop, stop.set)
    tasks = [loop.create_task(server.serve([one])) for server, one in servers]
    watch = loop.create_task(_announce(servers, ready, stop))
    services = _services(app)
    beside = [
        loop.create_task(Deliverer(services.notices, Looks(services.commits)).run()),
        loop.create_task(SecurityKeeper(services.security).run()),
        loop.create_task(BulkWorker(services.bulk, Looks(services.commits)).run()),
        loop.create_task(LetterSender(services.notices.outbox.send, Looks(services.commits)).run()),
        loop.create_task(KeyChanger(services.root_keys).run()),
        loop.create_task(audit_keeper.run()),
        loop.create_task(Caretaker(services.rotations.scheduler, services.rotations.links, services.upkeep).run()),
    ]
    await asyncio.wait([watch, *tasks], return_when=asyncio.FIRST_COMPLETED)
    watch.cancel()
    if supervisor is not None:
        supervisor.end(loop)
    live = app.state.live
    assert isinstance(live, LiveFeed)
    await live.close()
    for task in beside:
        task.cancel()
    for server, _ in servers:
        server.should_exit = True
    await asyncio.gather(*tasks)
    await asyncio.gather(*beside, return_exceptions=True)


def _services(app: FastAPI) -> ConsoleServices:
    services = app.state.services
    assert isinstance(services, ConsoleServices)
    return services


async def _announce(
    servers: Sequence[tuple[_Server, socket.socket]], ready: Callable[[], None], stop: asyncio.Event
) -> None:
    for server, _ in servers:
        await server.accepting.wait()
    ready()
    await stop.wait()


def main(arguments: Sequence[str]) -> int:
    """Run the console as a child of the supervisor; returns the exit code."""
    start = receive_start(arguments)
    start_logging("console", start.settings.log.level)
    data = start.settings.data
    places = Places(start.gateway_url, start.console_url)
    try:
        # One writer per database file: a predecessor that is still draining is waited for.
        with one_writer(data / "run" / "console.lock"):
            keys = KeyRing(start.root_keys)
            supervisor = Listening(start, keys.adopt)
            ledger = LedgerClient(data / "run" / "ledger.sock")
            with start.working("opens its database and brings the workers' store up to it"):
                services = build_console(start.settings, keys, places, ledger, hand_over=supervisor.hand_over)
            notes = welcome(services, start.console_url)
            return run_console(
                start.settings,
                services,
                sockets=start.sockets,
                ready=lambda: start.ready(**notes),
                supervisor=supervisor,
            )
    except TollwayError as error:
        _log.error("the console cannot start: %s", error)
        return 1
