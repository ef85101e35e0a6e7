"""When what works beside the requests looks whether there is something to do.

Nearly always there is nothing, and looking takes a thread and a query. What there is to do was committed by this
process, or falls due by itself.
"""

import time
from collections.abc import Callable

DUE_SECONDS = 2.0
"""What falls due by itself is seen so much later at most."""


class Looks:
    """For one who looks again and again, on one thread. `commits` counts what was committed."""

    def __init__(self, commits: Callable[[], int], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._commits = commits
        self._monotonic = monotonic
        self._seen = -1
        self._again = 0.0

    def are_due(self) -> bool:
        """Whether to look now, after which what was committed before counts as seen."""
        seen, now = self._commits(), self._monotonic()
        if seen == self._seen and now < self._again:
            return False
        self._seen, self._again = seen, now + DUE_SECONDS
        return True
