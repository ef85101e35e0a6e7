"""Time, as a port: wall time for instants, monotonic time for durations.

Instants travel as integer nanoseconds since the Unix epoch (UTC); durations as integer
nanoseconds. Nothing outside this module calls `time.*` to decide something.
"""

import time
from typing import Protocol

NANOS_PER_SECOND = 1_000_000_000
NANOS_PER_MILLISECOND = 1_000_000


class Clock(Protocol):
    """Tells the time. Implementations never raise and never block."""

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch; may jump when the machine's clock is set."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds since an arbitrary start; never goes back. Shared by all processes of one boot."""
        ...


class SystemClock:
    """The machine's clocks."""

    now_ns = staticmethod(time.time_ns)
    monotonic_ns = staticmethod(time.monotonic_ns)


class FixedClock:
    """A clock that moves only when told to; the stand-in used in tests."""

    def __init__(self, now_ns: int = 1_800_000_000 * NANOS_PER_SECOND) -> None:
        self._now_ns = now_ns
        self._monotonic_ns = 0

    def now_ns(self) -> int:
        """The instant set last."""
        return self._now_ns

    def monotonic_ns(self) -> int:
        """Nanoseconds advanced since construction."""
        return self._monotonic_ns

    def advance(self, seconds: float) -> None:
        """Move both clocks forward by `seconds` (>= 0)."""
        step = round(seconds * NANOS_PER_SECOND)
        self._now_ns += step
        self._monotonic_ns += step

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward or back without moving monotonic time, as an operator or NTP does."""
        self._now_ns += round(seconds * NANOS_PER_SECOND)


_system: type[Clock] = SystemClock
_fixed: type[Clock] = FixedClock
