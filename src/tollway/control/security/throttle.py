"""How often one source may report: reports without a signature are counted, so that nobody fills the queue.

Counted in memory, of each console process by itself: a restart forgets it, which costs nothing.
"""

import threading
from collections import OrderedDict

from tollway.kernel.clock import NANOS_PER_SECOND, Clock
from tollway.kernel.errors import TollwayError
from tollway.policy.detect.places import place_of

REPORTS_MAX = 30
WINDOW_SECONDS = 300
SOURCES_MAX = 10_000


class ReportThrottle:
    """Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def check(self, address: str) -> None:
        """Count a report from this address. Raises management.throttled when its source made too many."""
        source, now = place_of(address).source, self._clock.now_ns()
        with self._lock:
            begun, count = self._seen.get(source, (now, 0))
            if now - begun >= WINDOW_SECONDS * NANOS_PER_SECOND:
                begun, count = now, 0
            if count >= REPORTS_MAX:
                wait = WINDOW_SECONDS - (now - begun) / NANOS_PER_SECOND
                raise TollwayError("management.throttled", retry_after_seconds=wait)
            self._seen[source] = (begun, count + 1)
            self._seen.move_to_end(source)
            if len(self._seen) > SOURCES_MAX:
                self._seen.popitem(last=False)
