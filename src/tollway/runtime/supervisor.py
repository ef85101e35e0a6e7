"""The supervisor: owns the listening sockets, starts the processes, watches and restarts them, drains and reloads.

It handles no request and opens no database, so that it has little to fail by. If it dies, its children notice by the
closed control socket, drain and exit. When the console changes the root keys, it hands the new ones to all.
"""

import asyncio
import contextlib
import logging
import resource
import signal
import sys
import time
from collections.abc import Callable

from tollway.adapters.secrets import (
    ROOT_KEY_FILE,
    RootKeyError,
    RootKeys,
    load_or_create_root_keys,
    load_root_keys,
)
from tollway.adapters.telemetry.logs import start_logging
from tollway.runtime import data_lock
from tollway.runtime.announce import announce
from tollway.runtime.child import HAND_OVER_SECONDS, AllHave, plain_keys
from tollway.runtime.listening import BusyPort, Listener, bind
from tollway.runtime.process import Process, Role
from tollway.runtime.seeding import meters_are_new, seed_meters
from tollway.settings.address import parse_address
from tollway.settings.model import Settings
from tollway.settings.reload import merge_hot

log = logging.getLogger(__name__)

EXIT_DONE, EXIT_REFUSED, EXIT_UNAVAILABLE = 0, 1, 3
READY_SECONDS = 60.0
"""How long a start may take without a sign of work; a migration or a store of a million tokens takes its time."""
LEDGER_STOP_SECONDS = 15.0
PORT_SECONDS = 20.0
"""After a supervisor was killed, its children hold the ports until they notice: at worst once they have started."""
CONSOLE_STOP_SECONDS = 10.0


def serve(settings: Settings, reload: Callable[[], Settings]) -> int:
    """Run everything until SIGTERM or SIGINT; returns the exit code: 0 after a clean drain.

    Faults that stop the start are written to standard error with their cause and the way out.
    """
    start_logging("supervisor", settings.log.level)
    _allow_open_files()
    try:
        with data_lock.hold(settings.data, "tollway serve") as was_killed:
            return _serve_locked(settings, reload, PORT_SECONDS if was_killed else 0.0)
    except data_lock.DataInUseError as error:
        return _refuse(str(error))
    except RootKeyError as error:
        return _refuse(str(error))
    except (OSError, ValueError) as error:
        return _refuse(f"the data directory {settings.data} cannot be used: {error}")


def _serve_locked(settings: Settings, reload: Callable[[], Settings], port_seconds: float) -> int:
    root_keys = load_or_create_root_keys(settings.data / ROOT_KEY_FILE)
    try:
        gateway = bind(parse_address(settings.gateway.listen), port_seconds)
        console = bind(parse_address(settings.console.listen), port_seconds)
    except BusyPort as error:
        return _refuse(str(error))
    supervisor = Supervisor(settings, reload, root_keys, gateway, console)
    return asyncio.run(supervisor.run())


def _allow_open_files() -> None:
    """Raise the soft limit of open files to the hard one, for the children too: most systems start with 1024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # macOS names no hard limit and refuses to have none.
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _refuse(text: str) -> int:
    print(f"tollway: {text}", file=sys.stderr)  # noqa: T201 - what the person who started us must read
    return EXIT_REFUSED


class Supervisor:
    """One run of the process group."""

    def __init__(
        self,
        settings: Settings,
        reload: Callable[[], Settings],
        root_keys: RootKeys,
        gateway: Listener,
        console: Listener,
    ) -> None:
        self._settings = settings
        self._reload = reload
        self._root_keys = plain_keys(root_keys)
        self._gateway = gateway
        self._console = console
        self._stopping = asyncio.Event()
        self._reloading = asyncio.Event()
        self._file_changed = asyncio.Event()
        self._notes: dict[str, str] = {}
        self._ledger: Process | None = None
        self._web: Process | None = None
        self._workers: list[Process] = []

    async def run(self) -> int:
        """Start, announce, watch; returns the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self._reloading.set)
        try:
            started = await self._start()
        except TimeoutError:
            log.error("a process did nothing towards its start for %d s; its own lines above say why", READY_SECONDS)
            started = False
        if not started:
            await self._stop()
            return EXIT_DONE if self._stopping.is_set() else EXIT_UNAVAILABLE
        announce(self._gateway_url(), self._console_url(), self._notes)
        await self._watch()
        await self._stop()
        return EXIT_DONE

    async def _start(self) -> bool:
        """Start the processes; workers at once where a policy store exists, else when the console has made one."""
        self._ledger = self._process(Role.LEDGER, 0, ())
        self._web = self._process(Role.CONSOLE, 0, (self._console.socket,))
        is_first = not (self._settings.data / "policy").exists()
        waiting = [self._ledger.wait_ready(), self._web.wait_ready()]
        is_new_boot = meters_are_new(self._settings.data)
        if is_first or is_new_boot:
            if not await self._all_ready(waiting):
                return False
            waiting = []
        if is_new_boot:
            await asyncio.to_thread(seed_meters, self._settings.data)
        self._workers = [self._worker(index) for index in range(self._settings.gateway.workers)]
        waiting += [worker.wait_ready() for worker in self._workers]
        if not await self._all_ready(waiting):
            return False
        self._notes = dict(self._web.notes)
        return True

    async def _all_ready(self, waiting: list["asyncio.Future[bool]"]) -> bool:
        """Wait until all are ready; False when one gave up or a stop was asked for."""
        stop = asyncio.ensure_future(self._stopping.wait())
        ready = asyncio.gather(*waiting)
        both: set[asyncio.Future[object]] = {stop, ready}  # type: ignore[arg-type]  # results differ
        done: set[asyncio.Future[object]] = set()
        try:
            while not done:
                done, _ = await asyncio.wait(both, timeout=self._patience(), return_when=asyncio.FIRST_COMPLETED)
                if not done and self._patience() <= 0:
                    raise TimeoutError
            return ready in done and all(ready.result())
        finally:
            stop.cancel()
            ready.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ready

    def _patience(self) -> float:
        """Return for how many seconds more a start may go on without a sign of work."""
        processes = [one for one in (self._ledger, self._web, *self._workers) if one is not None]
        return max(0.0, max(one.heard_at for one in processes) + READY_SECONDS - time.monotonic())

    async def _watch(self) -> None:
        """Reload and hand over keys when asked; returns when a stop is asked for.

        Restarts are the processes' own business.
        """
        while not self._stopping.is_set():
            events = (self._stopping, self._reloading, self._file_changed)
            waits = {asyncio.ensure_future(event.wait()) for event in events}
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
            if self._file_changed.is_set() and not self._stopping.is_set():
                self._file_changed.clear()
                await self._hand_over_keys()
            if self._reloading.is_set() and not self._stopping.is_set():
                self._reloading.clear()
                await self._reload_settings()

    async def _hand_over_keys(self) -> None:
        """Let every process use the root keys that the file holds now, and tell the console how that went.

        Never during a reload, so that no process is between starting and being known here.
        """
        fault = ""
        try:
            self._root_keys = plain_keys(load_root_keys(self._settings.data / ROOT_KEY_FILE))
            async with asyncio.timeout(HAND_OVER_SECONDS - 5):
                processes = [*self._workers, self._web]
                await asyncio.gather(*(one.hand_over(self._root_keys) for one in processes if one is not None))
        except RootKeyError as error:
            fault = str(error)
        except TimeoutError:
            fault = "a process does not answer; it may be stopped"
        if fault:
            log.error("the root keys are not in use everywhere: %s", fault)
        if self._web is not None:
            self._web.tell(AllHave(fault))

    async def _reload_settings(self) -> None:
        """Take up hot settings: new workers start beside the old ones, which then drain; ledger and console start anew.

        Bad settings change nothing.
        """
        try:
            loaded = self._reload()
        except Exception as error:  # Whatever is wrong with the new settings, the old ones go on.
            log.error("the settings were not reloaded: %s", error)
            return
        self._settings, waiting = merge_hot(self._settings, loaded)
        for key in waiting:
            log.warning("%s has changed and needs a restart", key)
        old, self._workers = self._workers, [self._worker(index) for index in range(self._settings.gateway.workers)]
        try:
            await asyncio.wait_for(asyncio.gather(*(worker.wait_ready() for worker in self._workers)), READY_SECONDS)
        except TimeoutError:
            log.error("the new workers did not start; see their lines above")
        drain = self._settings.timeouts.drain_seconds + 2
        await asyncio.gather(*(worker.stop(drain) for worker in old))
        if self._ledger is not None:
            await self._ledger.stop(LEDGER_STOP_SECONDS)
            self._ledger = self._process(Role.LEDGER, 0, ())
            await self._ledger.wait_ready()
        if self._web is not None:
            await self._web.stop(CONSOLE_STOP_SECONDS)
            self._web = self._process(Role.CONSOLE, 0, (self._console.socket,))
            await self._web.wait_ready()
        log.info("the settings were reloaded")

    async def _stop(self) -> None:
        """Workers drain first, then the console, then the ledger takes in what is left in the journals."""
        # Workers hold the socket until they have taken what waits in its queue; after that callers are refused at once.
        self._gateway.socket.close()
        drain = self._settings.timeouts.drain_seconds + 2
        await asyncio.gather(*(worker.stop(drain) for worker in self._workers))
        if self._web is not None:
            await self._web.stop(CONSOLE_STOP_SECONDS)
        if self._ledger is not None:
            await self._ledger.stop(LEDGER_STOP_SECONDS)
        self._console.socket.close()

    def _worker(self, index: int) -> Process:
        return self._process(Role.WORKER, index, (self._gateway.socket,))

    def _process(self, role: Role, index: int, sockets: tuple[object, ...]) -> Process:
        return Process(
            role,
            index,
            settings=self._settings,
            root_keys=self._root_keys,
            sockets=sockets,  # type: ignore[arg-type]  # listening sockets
            gateway_url=self._gateway_url(),
            console_url=self._console_url(),
            on_file_changed=self._file_changed.set,
        )

    def _gateway_url(self) -> str:
        settings = self._settings.gateway
        return settings.public_url or self._gateway.address.url(is_tls=settings.tls_certificate is not None)

    def _console_url(self) -> str:
        settings = self._settings.console
        return settings.public_url or self._console.address.url(is_tls=settings.tls_certificate is not None)
