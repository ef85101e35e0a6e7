"""When a delivery is tried again."""

from hypothesis import given
from hypothesis import strategies as st

from tollway.control.notices.retrying import RETRY_AFTER_SECONDS_MAX, RETRY_SECONDS, find_next_due_ns
from tollway.kernel.clock import NANOS_PER_SECOND

S = NANOS_PER_SECOND


def attempts(fraction: float) -> list[int]:
    """Return the seconds after the first attempt at which the others are, when each fails at once."""
    found, now, failures = [], 0, 1
    while (due := find_next_due_ns(failures, now_ns=now, retry_from_ns=0, fraction=fraction)) is not None:
        found.append(due // S)
        now, failures = due, failures + 1
    return found


def test_the_waits_grow_fourfold_to_six_hours_for_a_day() -> None:
    assert attempts(0.5)[:7] == [2, 10, 42, 170, 682, 2_730, 10_922]
    assert [b - a for a, b in zip(attempts(0.5)[6:], attempts(0.5)[7:], strict=False)] == [21_600] * 3
    assert attempts(0.5)[-1] <= RETRY_SECONDS < attempts(0.5)[-1] + 21_600


@given(st.floats(0, 1, exclude_max=True))
def test_a_quarter_of_each_wait_is_random_and_the_day_is_kept(fraction: float) -> None:
    found = attempts(fraction)
    assert 1 <= found[0] <= 2 and found == sorted(found)
    assert RETRY_SECONDS / 2 < found[-1] <= RETRY_SECONDS and len(found) < 20


@given(st.integers(1, 10**6), st.integers(0, 10**9))
def test_a_receiver_may_ask_for_more_time_within_reason_and_never_for_less(failures: int, asked: int) -> None:
    plain = find_next_due_ns(failures, now_ns=0, retry_from_ns=0, fraction=0.5)
    polite = find_next_due_ns(failures, now_ns=0, retry_from_ns=0, fraction=0.5, retry_after_seconds=asked)
    assert plain is not None and polite == max(plain, min(asked, RETRY_AFTER_SECONDS_MAX) * S)
