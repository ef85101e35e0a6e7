"""When a delivery that failed is tried again. Pure.

2 s after the first failure, then four times as long each time up to six hours, for a day: 2 s, 8 s, 32 s, 2 min, 9 min,
34 min, 2 h 17 min, then every six hours. Each wait is up to a quarter shorter or longer, by chance, so that what failed
together does not come back together.
"""

from tollway.kernel.clock import NANOS_PER_SECOND

FIRST_SECONDS = 2
FACTOR = 4
WAIT_SECONDS_MAX = 6 * 3_600
RETRY_SECONDS = 86_400
"""No attempt begins later than this after the delivery was made or sent again."""
RETRY_AFTER_SECONDS_MAX = 3_600
"""The most of a receiver's Retry-After that is believed."""
_JITTER = 0.25
_STEPS_MAX = 10
"""More would not make the wait longer."""


def find_next_due_ns(
    failures: int, *, now_ns: int, retry_from_ns: int, fraction: float, retry_after_seconds: int | None = None
) -> int | None:
    """Return when to try again after `failures` (>= 1) attempts in this day of retries; None: not any more.

    `fraction` is random in [0, 1). A receiver's Retry-After makes the wait longer, never shorter.
    """
    steps = min(failures - 1, _STEPS_MAX)
    wait = min(FIRST_SECONDS * FACTOR**steps, WAIT_SECONDS_MAX) * (1 + _JITTER * (2 * fraction - 1))
    wait = max(wait, min(retry_after_seconds or 0, RETRY_AFTER_SECONDS_MAX))
    due_ns = now_ns + round(wait * NANOS_PER_SECOND)
    return due_ns if due_ns <= retry_from_ns + RETRY_SECONDS * NANOS_PER_SECOND else None
