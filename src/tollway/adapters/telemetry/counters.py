"""Workers' counters in small mapped files, and reading them all (layout: contract/stats.py).

Its law: each living worker has a file of its own, and no file that has counted is ever removed. A worker that starts
goes on in the file of one that has ended; so the sum over the files neither falls at a restart nor counts twice while
a successor runs beside the worker it replaces, and there are as many files as workers ever ran at once.
"""

import fcntl
import itertools
import mmap
import os
from collections.abc import MutableSequence
from pathlib import Path

from tollway.contract.stats import FILE_BYTES, HEADER, MAGIC, NAMES

_GAUGES = [at for at, (_, kind, _) in enumerate(NAMES) if kind == "gauge"]


class CounterFile:
    """One worker's counters. `values` is written without locks, by this process only.

    `number` is the worker's among those that live.
    """

    def __init__(self, directory: Path) -> None:
        """Take the first file (mode 0600) that no living process holds, or a new one.

        It is held by `flock` until the process ends, which is when the kernel gives it back. Counters go on from where
        they are, gauges of ended workers return to zero, a damaged file begins anew.
        """
        self.number, self._descriptor = _claim(directory)
        self._map = _open_map(self._descriptor)
        self.values: MutableSequence[int] = memoryview(self._map)[HEADER.size :].cast("Q")  # type: ignore[assignment]  # is one
        for at in _GAUGES:
            self.values[at] = 0
        for path in directory.glob("stats-*.mm"):
            _forget_gauges_of_the_dead(path)


def read_counters(directory: Path) -> dict[str, dict[str, int]]:
    """Return the counters of each file by its name; damaged and half-made files are left out."""
    found: dict[str, dict[str, int]] = {}
    for path in sorted(directory.glob("stats-*.mm")):
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            continue
        if len(raw) != FILE_BYTES or raw[:8] != MAGIC:
            continue
        values = memoryview(raw)[HEADER.size :].cast("Q")
        found[path.stem] = {name: values[at] for at, (name, _, _) in enumerate(NAMES)}
    return found


def _claim(directory: Path) -> tuple[int, int]:
    """Return number and locked descriptor of the first file that nobody holds; it is made when there is none."""
    for number in itertools.count():
        descriptor = os.open(directory / f"stats-{number}.mm", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
        else:
            return number, descriptor
    raise AssertionError("the numbers have no end")


def _open_map(descriptor: int) -> mmap.mmap:
    if os.fstat(descriptor).st_size != FILE_BYTES or os.pread(descriptor, len(MAGIC), 0) != MAGIC:
        os.ftruncate(descriptor, 0)
        os.ftruncate(descriptor, FILE_BYTES)
    os.pwrite(descriptor, HEADER.pack(MAGIC, os.getpid()), 0)
    return mmap.mmap(descriptor, FILE_BYTES)


def _forget_gauges_of_the_dead(path: Path) -> None:
    """Set the gauges of a file to zero unless its worker lives: what a killed one was doing, it does no more."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_size == FILE_BYTES:
            for at in _GAUGES:
                os.pwrite(descriptor, bytes(8), HEADER.size + 8 * at)
    except BlockingIOError:
        return
    finally:
        os.close(descriptor)
