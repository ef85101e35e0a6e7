"""Clocks: the system's never goes back in monotonic time, the fixed one moves when told to."""

from tollway.kernel.clock import NANOS_PER_SECOND, FixedClock, SystemClock


def test_system_clock_tells_wall_and_monotonic_time() -> None:
    clock = SystemClock()
    first = clock.monotonic_ns()
    assert clock.monotonic_ns() >= first
    assert clock.now_ns() > 1_700_000_000 * NANOS_PER_SECOND


def test_fixed_clock_advances_both_and_jumps_one() -> None:
    clock = FixedClock(0)
    clock.advance(1.5)
    assert (clock.now_ns(), clock.monotonic_ns()) == (1_500_000_000, 1_500_000_000)
    clock.jump(-1)
    assert (clock.now_ns(), clock.monotonic_ns()) == (500_000_000, 1_500_000_000)
