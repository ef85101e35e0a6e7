"""One child process that is kept running: started, watched, restarted with growing, jittered pauses, stopped.

The first restart after a healthy life is immediate. A child is healthy once it has said Ready.
"""

import asyncio
import contextlib
import logging
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from enum import StrEnum

import msgspec

from tollway.runtime.child import (
    AllHave,
    ChildStart,
    FileChanged,
    HasKeys,
    Inbox,
    NewKeys,
    PlainKeys,
    Ready,
    Starting,
    read_message,
    send,
)
from tollway.runtime.child_environment import without_secrets
from tollway.settings import transfer
from tollway.settings.model import Settings

log = logging.getLogger(__name__)

PAUSE_SECONDS_FIRST = 0.1
PAUSE_SECONDS_MAX = 10.0
FAILED_STARTS_MAX = 3
"""A child that never became ready is tried so often before its start counts as failed."""


class Role(StrEnum):
    """What a child is; the hidden command that runs it is `_<role>`."""

    WORKER = "worker"
    LEDGER = "ledger"
    CONSOLE = "console"

    @property
    def has_keys(self) -> bool:
        """Whether it works with the root keys; the ledger does not."""
        return self is not Role.LEDGER

    @property
    def environment(self) -> dict[str, str]:
        """What it gets of our environment: all of it where `env:` references are resolved, else no secrets."""
        if self is Role.CONSOLE:
            return dict(os.environ)
        return without_secrets(os.environ, has_database=self is Role.LEDGER)


class Process:
    """Keeps one child alive from construction to `stop`."""

    def __init__(
        self,
        role: Role,
        index: int,
        *,
        settings: Settings,
        root_keys: PlainKeys,
        sockets: Sequence[socket.socket],
        gateway_url: str,
        console_url: str,
        on_file_changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = f"{role}-{index}" if role is Role.WORKER else str(role)
        self.notes: dict[str, str] = {}
        self.heard_at = time.monotonic()
        """When the child last said that it is at work on its start; at first, when it was to begin."""
        self._role = role
        self._sockets = tuple(sockets)
        self._message = ChildStart(
            transfer.encode(settings),
            root_keys if role.has_keys else (),
            index,
            tuple(item.fileno() for item in sockets),
            gateway_url,
            console_url,
        )
        self._on_file_changed = on_file_changed
        self._child: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._handed_over: list[asyncio.Future[None]] = []
        self._stopping = asyncio.Event()
        self._ready: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._keeper = asyncio.create_task(self._keep(), name=self.name)

    def wait_ready(self) -> "asyncio.Future[bool]":
        """Return a future that tells whether the child came up for the first time; it may be awaited by many."""
        return asyncio.ensure_future(asyncio.shield(self._ready))

    async def hand_over(self, root_keys: PlainKeys) -> None:
        """Let the child, and every later one, use these root keys; returns once it does, or has ended."""
        if not self._role.has_keys:
            return
        self._message = msgspec.structs.replace(self._message, root_keys=root_keys)
        if self._control is None:
            return
        done = asyncio.get_running_loop().create_future()
        self._handed_over.append(done)
        with contextlib.suppress(OSError):
            send(self._control, NewKeys(root_keys))
            await done

    def tell(self, answer: AllHave) -> None:
        """Tell the child, which asked, whether all have the keys. Does nothing when it has ended."""
        if self._control is not None:
            with contextlib.suppress(OSError):
                send(self._control, answer)

    async def stop(self, wait_seconds: float) -> None:
        """Ask the child to end (SIGTERM), wait, then kill it. Idempotent."""
        self._stopping.set()
        child = self._child
        if child is not None and child.poll() is None:
            child.send_signal(signal.SIGTERM)
            child.send_signal(signal.SIGCONT)  # A stopped child could not even drain.
        try:
            await asyncio.wait_for(asyncio.shield(self._keeper), wait_seconds)
        except TimeoutError:
            log.warning("%s did not end within %.0f s and is killed", self.name, wait_seconds)
            if child is not None:
                child.kill()
            await self._keeper

    async def _keep(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            was_ready = await self._try_once()
            if self._stopping.is_set():
                break
            failures = 0 if was_ready else failures + 1
            if failures >= FAILED_STARTS_MAX and not self._ready.done():
                self._ready.set_result(False)
            if failures:
                await self._pause(failures)
        if not self._ready.done():
            self._ready.set_result(False)

    async def _pause(self, failures: int) -> None:
        """Wait before the next start, the longer the more of them failed; a stop ends the wait."""
        pause = min(PAUSE_SECONDS_MAX, PAUSE_SECONDS_FIRST * 2 ** (failures - 1))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause * random.uniform(0.5, 1.5)):  # noqa: S311 - spreads restarts, no secret
                await self._stopping.wait()

    async def _try_once(self) -> bool:
        """Run one child to its end, and say why it ended; returns whether it had become ready.

        A machine that has no process, memory or descriptor left is a failed start like any other: it may pass.
        """
        try:
            was_ready = await self._run_once()
        except OSError as error:
            log.error("%s could not be started: %s", self.name, error)
            return False
        if not self._stopping.is_set():
            code = self._child.returncode if self._child is not None else None
            log.error("%s ended unexpectedly (%s)", self.name, _cause(code))
        return was_ready

    async def _run_once(self) -> bool:
        """Run one child to its end; returns whether it had become ready. Raises OSError when it cannot be started."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                descriptors = (theirs.fileno(), *self._message.socket_fds)
                self._child = subprocess.Popen(  # noqa: S603, ASYNC220 - our own program; a fork takes 1 ms
                    [sys.executable, "-m", "tollway", f"_{self._role}", str(theirs.fileno())],
                    pass_fds=descriptors,
                    env=self._role.environment,
                    start_new_session=True,  # Ctrl-C reaches the supervisor alone, which then drains.
                )
            with contextlib.suppress(OSError):
                send(ours, self._message)
            ours.setblocking(False)
            self._control = ours
            try:
                was_ready = await self._listen(ours)
            finally:
                self._control = None
                self._settle_hand_overs()
        child = self._child
        while child.poll() is None:  # noqa: ASYNC110 - its socket is closed, so it is gone within milliseconds
            await asyncio.sleep(0.005)
        return was_ready

    async def _listen(self, control: socket.socket) -> bool:
        """Read what the child says until it closes the socket, which it does by ending."""
        loop = asyncio.get_running_loop()
        inbox = Inbox()
        was_ready = False
        while True:
            try:
                part = await loop.sock_recv(control, 65_536)
            except OSError:
                return was_ready
            if not part:
                return was_ready
            for body in inbox.take(part):
                match read_message(body):
                    case Starting(doing):
                        self.heard_at = time.monotonic()
                        log.info("%s is not ready yet: it %s", self.name, doing)
                    case Ready(notes):
                        was_ready = True
                        self.notes = notes
                        if not self._ready.done():
                            self._ready.set_result(True)
                    case HasKeys():
                        self._settle_hand_overs(1)
                    case FileChanged():
                        self._on_file_changed()

    def _settle_hand_overs(self, count: int | None = None) -> None:
        """End the waits for this many hand-overs, the oldest first; None: for all."""
        settled, self._handed_over = self._handed_over[:count], self._handed_over[count:] if count else []
        for one in settled:
            if not one.done():
                one.set_result(None)


def _cause(code: int | None) -> str:
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"
