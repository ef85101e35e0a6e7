"""One timer for all deadlines of a loop.

Things that expire are kept in buckets of 20 ms. Moving a deadline later costs one attribute: the entry
stays where it is and is put back when its bucket comes up too early. Only an earlier deadline moves it.
"""

import asyncio
from heapq import heappop, heappush
from math import inf

_BUCKETS_PER_SECOND = 50


class Timed:
    """Something with a deadline. Whoever moves `deadline` calls `Deadlines.place` when it is earlier than `due`."""

    __slots__ = ("bucket", "deadline", "due")

    def __init__(self) -> None:
        self.deadline = inf
        self.due = inf
        self.bucket = -1

    def expired(self, now: float) -> None:
        """Act on a deadline that has passed. Called from the timer; must not raise."""
        raise NotImplementedError


class Deadlines:
    """Calls `expired` of each entry at most 20 ms (and the loop's own delay) after its deadline.

    Costs O(1) an entry and one loop timer for all of them; with nothing placed there is no timer.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._buckets: dict[int, set[Timed]] = {}
        self._order: list[int] = []
        self._handle: asyncio.TimerHandle | None = None
        self._armed_for = -1

    def place(self, entry: Timed) -> None:
        """Put the entry where its deadline is; an infinite deadline takes it out."""
        self.remove(entry)
        if entry.deadline == inf:
            return
        bucket = int(entry.deadline * _BUCKETS_PER_SECOND) + 1
        members = self._buckets.get(bucket)
        if members is None:
            members = self._buckets[bucket] = set()
            heappush(self._order, bucket)
            self._arm()
        members.add(entry)
        entry.bucket = bucket
        entry.due = bucket / _BUCKETS_PER_SECOND

    def remove(self, entry: Timed) -> None:
        """Forget the entry. Idempotent."""
        if entry.bucket >= 0:
            self._buckets[entry.bucket].discard(entry)
            entry.bucket = -1
            entry.due = inf

    def close(self) -> None:
        """Stop the timer and forget all entries."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        for members in self._buckets.values():
            for entry in members:
                entry.bucket = -1
                entry.due = inf
        self._buckets.clear()
        self._order.clear()
        self._armed_for = -1

    def _arm(self) -> None:
        first = self._order[0] if self._order else -1
        if first == self._armed_for:
            return
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        self._armed_for = first
        if first >= 0:
            self._handle = self._loop.call_at(first / _BUCKETS_PER_SECOND, self._tick)

    def _tick(self) -> None:
        self._handle = None
        self._armed_for = -1
        now = self._loop.time()
        # A loop's timer may fire up to a clock tick early; a millisecond keeps it from spinning.
        reached = int((now + 0.001) * _BUCKETS_PER_SECOND)
        while self._order and self._order[0] <= reached:
            for entry in self._buckets.pop(heappop(self._order)):
                entry.bucket = -1
                entry.due = inf
                if entry.deadline <= now + 0.001:
                    entry.expired(now)
                else:
                    self.place(entry)
        self._arm()
