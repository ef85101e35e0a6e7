"""Sliding limits: the arithmetic, without the place where counts are kept. Counts are of calls, tokens, money or bytes.

Time is cut into buckets of a 110th of the window, and a ring keeps the counts of the last 111 of them. What
counts against the limit is the whole ring: the bucket that has begun, and 110 before it, so also the part
of the oldest that left the window already. Hence never more than the limit in any window, and at least
110/111 (0.99) of it when callers keep trying. An exact ring of instants would need as many places as the
limit is high; this one is as large for any limit, and editing the limit loses nothing. Pure; time is
monotonic, so that setting the clock neither resets a window nor prolongs it.
"""

from typing import TypeAlias

from tollway.kernel.clock import NANOS_PER_SECOND

BUCKETS = 110
SLOTS = BUCKETS + 1

Ring: TypeAlias = "list[int] | memoryview[int]"
"""The counts of the last 111 buckets; bucket b is at b % 111."""


def bucket_ns(window_seconds: int) -> int:
    """Return the length of a bucket: a 110th of the window, rounded up, so that 110 always cover it."""
    return -(-window_seconds * NANOS_PER_SECOND // BUCKETS)


def advance(counts: Ring, last: int, current: int) -> int:
    """Empty the slots of the buckets after `last` up to `current` (> last); return what remains in the ring.

    Can be repeated when it was cut short, since it only empties.
    """
    first = max(last + 1, current - BUCKETS)
    for bucket in range(first, current + 1):
        counts[bucket % SLOTS] = 0
    return sum(counts)


def remaining_at(counts: Ring, last: int, current: int) -> int:
    """Return what the ring would hold at bucket `current`, without changing it."""
    return sum(counts[bucket % SLOTS] for bucket in range(max(last, current) - BUCKETS, last + 1))


def rebucket(counts: Ring, current: int, *, old_ns: int, new_ns: int, now_ns: int) -> list[int]:
    """Return the ring for buckets of another length, since the window was edited; its buckets end at `now_ns`.

    `counts` holds the ring at bucket `current` of the old length, which contains `now_ns`. What was counted in a bucket
    counts as if at its end, so that nothing leaves before its time; what is older than the new window is gone.
    """
    ring = [0] * SLOTS
    newest = now_ns // new_ns
    for bucket in range(current - BUCKETS, current + 1):
        count = counts[bucket % SLOTS]
        at = min((bucket + 1) * old_ns - 1, now_ns) // new_ns
        if count and at >= newest - BUCKETS:
            ring[at % SLOTS] += count
    return ring


def room_in_ns(counts: Ring, current: int, *, now_ns: int, length_ns: int, excess: int) -> int:
    """Return how long it takes until `excess` (>= 1) of what is counted has left, if nothing is added.

    `counts` holds the ring at bucket `current`, which contains `now_ns`, and at least `excess`.
    """
    gone = 0
    for bucket in range(current - BUCKETS, current + 1):
        gone += counts[bucket % SLOTS]
        if gone >= excess:
            return (bucket + SLOTS) * length_ns - now_ns
    raise ValueError("more excess than is counted")
