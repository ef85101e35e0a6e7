"""When a budget runs out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.control.limits.forecast import DAY_NS, foresee_end, pace_of_days, pace_of_period

NOW = 100 * DAY_NS


def test_an_even_pace_is_that_of_every_day() -> None:
    assert pace_of_days([DAY_NS] * 10, DAY_NS) == pytest.approx(1.0)
    assert pace_of_days([DAY_NS] * 9 + [DAY_NS // 2], DAY_NS // 2) == pytest.approx(1.0)


def test_the_newest_days_count_most() -> None:
    rising = pace_of_days([0, 0, 0, DAY_NS], DAY_NS)
    falling = pace_of_days([DAY_NS, 0, 0, 0], DAY_NS)
    assert rising == pytest.approx(2 * falling)
    assert pace_of_days([], DAY_NS) == 0.0


def test_a_period_has_the_pace_it_had_so_far() -> None:
    assert pace_of_period(50, NOW - 10, NOW) == 5.0
    assert pace_of_period(50, 0, NOW) == 0.0, "what never began has no pace"
    assert pace_of_period(50, NOW, NOW) == 0.0


def test_it_runs_out_on_the_day_that_the_rest_lasts_until() -> None:
    pace = 10 / DAY_NS
    assert foresee_end(50, pace, NOW, NOW + 30 * DAY_NS) == NOW + 5 * DAY_NS
    assert foresee_end(50, pace, NOW, NOW + 5 * DAY_NS) is None, "refilled first"
    assert foresee_end(50, 0.0, NOW, NOW + DAY_NS) is None
    assert foresee_end(0, 0.0, NOW, NOW + DAY_NS) == NOW
    assert foresee_end(-5, pace, NOW, NOW + DAY_NS) == NOW


@given(
    left=st.integers(1, 10**18),
    days=st.lists(st.integers(0, 10**16), min_size=1, max_size=40),
    today=st.integers(1, DAY_NS),
)
def test_more_left_never_ends_earlier(left: int, days: list[int], today: int) -> None:
    pace = pace_of_days(days, today)
    assert pace >= 0
    sooner, later = (foresee_end(amount, pace, NOW, 2**62) for amount in (left, 2 * left))
    assert later is None or (sooner is not None and NOW <= sooner <= later)
