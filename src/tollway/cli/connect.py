"""Finds the management API: of the server that runs on the data directory, or in this process.

A command never works on a data directory beside a server: it talks to the server, or holds the same
lock a server would hold.
"""

import errno
import socket
import time
from contextlib import ExitStack
from pathlib import Path

from tollway.cli.answers import API, CommandError, ExitCode
from tollway.cli.in_process import InProcessAPI
from tollway.cli.unix_http import UnixAPI
from tollway.settings.model import Settings

SOCKET = Path("run") / "console.sock"
WAIT_SECONDS = 10.0
"""How long to wait for a server that holds the lock and does not answer yet: it may be starting."""

_PAUSE_SECONDS = 0.1


def connect(settings: Settings, purpose: str) -> API:
    """Return the API to use; the caller closes it. `purpose` names the command to others who find the lock held.

    Raises CommandError(UNAVAILABLE) when a server holds the directory and does not answer, or when the directory
    cannot be used.
    """
    path = settings.data / SOCKET
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        if answers(path):
            return UnixAPI(path)
        stack = lock(settings, purpose)
        if isinstance(stack, ExitStack):
            return _build(settings, stack)
        if time.monotonic() > deadline:
            raise CommandError(ExitCode.UNAVAILABLE, f"{stack}, and its console does not answer")
        time.sleep(_PAUSE_SECONDS)


def answers(path: Path) -> bool:
    """Whether somebody accepts connections on this Unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(5.0)
        try:
            probe.connect(str(path))
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ECONNREFUSED, errno.ENOTDIR):
                return False
            raise CommandError(ExitCode.UNAVAILABLE, f"cannot use {path}: {error.strerror or error}") from error
    return True


def lock(settings: Settings, purpose: str) -> ExitStack | str:
    """Take the data directory's lock; the text says who has it when that is somebody else."""
    from tollway.runtime.data_lock import DataInUseError, hold  # An entry point: the command line drives the runtime.

    stack = ExitStack()
    try:
        stack.enter_context(hold(settings.data, purpose))
    except DataInUseError as error:
        return str(error)
    except OSError as error:
        raise CommandError(
            ExitCode.UNAVAILABLE, f"cannot use the data directory {settings.data}: {error.strerror}"
        ) from error
    return stack


def _build(settings: Settings, stack: ExitStack) -> API:
    with stack:
        from tollway.compose.console import build_local_console  # Loads the whole console, so only when it is needed.

        return InProcessAPI(build_local_console(settings), stack.pop_all())
