"""How many of the caller connections that come in are for this worker.

All workers accept from one socket; each takes its even share of what all hold, and some more, so that a burst spreads.
What the others hold is looked at anew while connections come in, since a burst would otherwise wait for the next look.
"""

from collections.abc import Callable, MutableSequence
from pathlib import Path

from tollway.adapters.telemetry.counters import read_counters
from tollway.contract.stats import INDEX
from tollway.kernel.clock import NANOS_PER_SECOND, Clock

CONNECTIONS_SPARE = 16
"""A worker may hold this many connections more than its even share before it stops accepting for a moment."""
LOOK_NS = NANOS_PER_SECOND // 50
_OPEN = INDEX["connections_open"]


class ConnectionShare:
    """One worker's share. `held` counts its own connections; `counters` are those that it shows to the others."""

    def __init__(
        self, run_directory: Path, workers: int, counters: MutableSequence[int], held: Callable[[], int], clock: Clock
    ) -> None:
        self._run_directory = run_directory
        self._workers = workers
        self._counters = counters
        self._held = held
        self._clock = clock
        self._looked_ns = 0
        self._share = 0

    def current(self) -> int | None:
        """Return the share, which is at most 20 ms old; None for a worker that is alone, and takes all."""
        if self._workers == 1:
            return None
        if self._clock.monotonic_ns() - self._looked_ns >= LOOK_NS:
            self.look()
        return self._share

    def look(self) -> None:
        """Show what this worker holds, and count what all of them do."""
        self._counters[_OPEN] = self._held()
        if self._workers == 1:
            return
        self._looked_ns = self._clock.monotonic_ns()
        total = sum(counters["connections_open"] for counters in read_counters(self._run_directory).values())
        self._share = -(-total // self._workers) + CONNECTIONS_SPARE
