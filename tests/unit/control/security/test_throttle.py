"""A source may report so often and no more; others are not slowed by it."""

import pytest

from tollway.control.security import throttle as module
from tollway.control.security.throttle import REPORTS_MAX, WINDOW_SECONDS, ReportThrottle
from tollway.kernel.clock import FixedClock
from tollway.kernel.errors import TollwayError


def test_a_source_is_slowed_for_the_rest_of_its_window() -> None:
    clock = FixedClock()
    throttle = ReportThrottle(clock)
    for number in range(REPORTS_MAX):
        throttle.check(f"2001:db8::{number:x}")
    with pytest.raises(TollwayError) as caught:
        throttle.check("2001:db8::ffff")
    assert caught.value.code.name == "management.throttled" and caught.value.retry_after_seconds == WINDOW_SECONDS
    throttle.check("2001:db8:1::1")
    clock.advance(WINDOW_SECONDS)
    throttle.check("2001:db8::ffff")


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SOURCES_MAX", 10)
    throttle = ReportThrottle(FixedClock())
    for number in range(50):
        throttle.check(f"192.0.2.{number}")
    assert len(throttle._seen) == 10
