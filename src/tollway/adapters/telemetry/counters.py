"""A worker's counters in a small mapped file, and reading them all (layout: contract/stats.py)."""

import mmap
import os
from collections.abc import MutableSequence
from pathlib import Path

from tollway.contract.stats import FILE_BYTES, HEADER, MAGIC, NAMES


class CounterFile:
    """One worker's counters, zero at its start. `values` is written without locks, by this process only."""

    def __init__(self, path: Path) -> None:
        """Create the file anew (mode 0600), so that readers of an older one keep what they mapped."""
        fresh = path.with_suffix(".new")
        with fresh.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(HEADER.pack(MAGIC, os.getpid()).ljust(FILE_BYTES, b"\0"))
        descriptor = os.open(fresh, os.O_RDWR | os.O_CLOEXEC)
        try:
            self._map = mmap.mmap(descriptor, FILE_BYTES)
        finally:
            os.close(descriptor)
        fresh.rename(path)
        self.values: MutableSequence[int] = memoryview(self._map)[HEADER.size :].cast("Q")  # type: ignore[assignment]  # is one


def read_counters(directory: Path) -> dict[str, dict[str, int]]:
    """Return the counters of each worker by file name; damaged or half-made files are left out."""
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
