"""Never more than the limit in any window, and 0.99 of it for callers that keep trying."""

from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tollway.kernel.clock import NANOS_PER_SECOND
from tollway.policy.rate import BUCKETS, SLOTS, advance, bucket_ns, rebucket, remaining_at, room_in_ns


class Limiter:
    """The obvious use of the arithmetic: one ring, one caller at a time."""

    def __init__(self, window_seconds: int) -> None:
        self.length_ns = bucket_ns(window_seconds)
        self.counts = [0] * SLOTS
        self.last = 0
        self.total = 0

    def admit(self, now_ns: int, limit: int) -> int:
        """Count a call and return 0, or return how long to wait."""
        current = now_ns // self.length_ns
        if current > self.last:
            assert remaining_at(self.counts, self.last, current) == advance(list(self.counts), self.last, current)
            self.total = advance(self.counts, self.last, current)
            self.last = current
        assert self.total == sum(self.counts) == remaining_at(self.counts, self.last, self.last)
        if self.total >= limit:
            excess = self.total - limit + 1
            return room_in_ns(self.counts, current, now_ns=now_ns, length_ns=self.length_ns, excess=excess)
        self.counts[current % SLOTS] += 1
        self.total += 1
        return 0


windows = st.sampled_from([1, 2, 7, 60, 3600, 86_400])
steps = st.lists(st.floats(0, 1.5) | st.floats(0, 0.02), min_size=1, max_size=150)


@given(windows, st.integers(1, 40), steps, st.integers(0, 2**62))
def test_no_window_ever_holds_more_than_the_limit(window: int, limit: int, gaps: list[float], start: int) -> None:
    limiter = Limiter(window)
    window_ns = window * NANOS_PER_SECOND
    inside: deque[int] = deque()
    now = start
    for gap in gaps:
        now += int(gap * window_ns)
        wait = limiter.admit(now, limit)
        while inside and inside[0] <= now - window_ns:
            inside.popleft()
        if wait == 0:
            inside.append(now)
            assert len(inside) <= limit
        else:
            # What refuses is in the window, or left it less than one bucket ago.
            assert 0 < wait <= window_ns + 2 * limiter.length_ns


@given(windows, st.integers(1, 20), steps, st.integers(0, 2**62))
def test_the_wait_is_exactly_when_there_is_room(window: int, limit: int, gaps: list[float], start: int) -> None:
    limiter = Limiter(window)
    now = start
    for gap in gaps:
        now += int(gap * window * NANOS_PER_SECOND)
        wait = limiter.admit(now, limit)
        if wait > 1:
            assert limiter.admit(now + wait - 1, limit) == 1
            now += wait
            assert limiter.admit(now, limit) == 0


@settings(max_examples=15, deadline=None)
@given(windows, st.sampled_from([1, 3, 100, 777]), st.integers(0, 2**62))
def test_callers_that_keep_trying_get_at_least_99_percent(window: int, limit: int, start: int) -> None:
    limiter = Limiter(window)
    now = start - start % limiter.length_ns
    admitted = 0
    windows_seen = 10
    end = now + windows_seen * SLOTS * limiter.length_ns
    while now < end:
        wait = limiter.admit(now, limit)
        admitted += wait == 0
        now += wait
    elapsed_windows = windows_seen * SLOTS * limiter.length_ns / (window * NANOS_PER_SECOND)
    assert admitted >= 0.99 * limit * elapsed_windows


@given(windows, st.integers(1, 20), st.integers(1, 20), steps)
def test_changing_the_limit_forgets_no_call(window: int, first: int, second: int, gaps: list[float]) -> None:
    limiter = Limiter(window)
    now = 0
    for gap in gaps:
        now += int(gap * window * NANOS_PER_SECOND / 50)
        limiter.admit(now, first)
    before = limiter.total
    admitted = sum(limiter.admit(now, second) == 0 for _ in range(50))
    assert admitted == max(0, second - before)


@given(st.integers(1, 10**7))
def test_the_buckets_cover_the_window(window: int) -> None:
    assert 0 <= BUCKETS * bucket_ns(window) - window * NANOS_PER_SECOND < BUCKETS


def test_emptying_that_was_cut_short_can_be_repeated() -> None:
    counts = list(range(SLOTS))
    half = list(counts)
    half[6 % SLOTS] = 0
    assert advance(counts, 5, 9) == advance(half, 5, 9)
    assert counts == half


def test_asking_for_more_room_than_there_are_calls_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="excess"):
        room_in_ns([0] * SLOTS, 500, now_ns=0, length_ns=1, excess=1)


@given(windows, windows, steps, st.integers(0, 2**62))
def test_a_ring_cut_anew_counts_what_is_in_the_new_window_and_nothing_leaves_early(
    old: int, new: int, gaps: list[float], start: int
) -> None:
    limiter = Limiter(old)
    now, at = start, []
    for gap in gaps:
        now += int(gap * min(old, 60) * NANOS_PER_SECOND / 10)
        limiter.admit(now, 10**9)
        at.append(now)
    new_ns, window_ns = bucket_ns(new), new * NANOS_PER_SECOND
    counts = rebucket(limiter.counts, now // limiter.length_ns, old_ns=limiter.length_ns, new_ns=new_ns, now_ns=now)
    in_old = [one for one in at if now // limiter.length_ns - one // limiter.length_ns <= BUCKETS]
    least = sum(now - one < window_ns for one in in_old)
    most = sum(now - one <= window_ns + 2 * new_ns + limiter.length_ns for one in in_old)
    assert least <= sum(counts) <= most
    for later in range(0, window_ns, max(1, window_ns // 7)):
        remains = remaining_at(counts, now // new_ns, (now + later) // new_ns)
        assert remains >= sum(now + later - one < window_ns for one in in_old)
