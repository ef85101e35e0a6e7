"""Children that a test forks, and what tells them to begin."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path


def fork(act: Callable[[], None]) -> int:
    """Run `act` in a child that ends without any clean-up."""
    pid = os.fork()
    if pid == 0:
        status = 1
        # A child never outlives a test that failed while it waited.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(15)
        try:
            act()
            status = 0
        finally:
            os._exit(status)
    return pid


def join(pid: int) -> int:
    """Wait until it has ended, and return its status as `waitpid` has it."""
    return os.waitpid(pid, 0)[1]


def wait_for(path: Path) -> None:
    """Wait for a file that another process makes."""
    while not path.exists():
        time.sleep(0.001)
