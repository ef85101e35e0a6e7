"""One timer wheel for all deadlines of a worker: a single loop timer, whatever the number of connections.

A deadline is an absolute monotonic instant on an object of its connection. Moving it is an attribute
write; the wheel looks again when the slot comes up. Within a phase a deadline only ever shrinks, so no
event of the peer can win it more time (CVE-2026-26999).
"""

import asyncio
from collections.abc import Callable

from tollway.kernel.clock import Clock

TICK_SECONDS = 0.1
NEVER = 1 << 63


class Deadline:
    """One deadline of one connection; `on_expired` is called at most once for each `start`."""

    __slots__ = ("_wheel", "at_ns", "filed_ns", "on_expired")

    def __init__(self, wheel: "TimerWheel", on_expired: Callable[[], None]) -> None:
        self._wheel = wheel
        self.filed_ns = NEVER
        """Up to this instant a deadline belongs in an earlier slot than this one is in; NEVER when it is in none."""
        self.at_ns = 0
        """When it expires; 0 when it is not running."""
        self.on_expired = on_expired

    def start(self, at_ns: int) -> None:
        """Begin a new phase that must be over at `at_ns`."""
        self.at_ns = at_ns
        if at_ns <= self.filed_ns:
            self.filed_ns = self._wheel.put(self)

    def shrink(self, at_ns: int) -> None:
        """Within a phase: expire at `at_ns` if that is earlier."""
        if self.at_ns == 0 or at_ns < self.at_ns:
            self.start(at_ns)

    def clear(self) -> None:
        """End the phase; nothing expires until the next `start`."""
        self.at_ns = 0

    def dispose(self) -> None:
        """End for good, and let go of the owner: the wheel may hold this object until its slot comes up."""
        self.at_ns = 0
        self.on_expired = _nothing

    def visit(self, slot_ns: int, now_ns: int) -> None:
        """Called by the wheel when the slot that `slot_ns` is of, as `put` returned it, is due."""
        if slot_ns != self.filed_ns:
            return  # The deadline was moved to an earlier slot, which has seen to it.
        self.filed_ns = NEVER
        if self.at_ns == 0:
            return
        if self.at_ns > now_ns:
            self.filed_ns = self._wheel.put(self)
            return
        self.at_ns = 0
        self.on_expired()


class TimerWheel:
    """Holds deadlines by tick. Expiry is late by at most one tick and never early."""

    __slots__ = ("_clock", "_loop", "_slots", "_swept", "_timer", "tick_ns")

    def __init__(
        self, clock: Clock, loop: asyncio.AbstractEventLoop | None, tick_seconds: float = TICK_SECONDS
    ) -> None:
        self._clock = clock
        self._loop = loop
        self.tick_ns = round(tick_seconds * 1_000_000_000)
        self._slots: dict[int, list[Deadline]] = {}
        self._swept = clock.monotonic_ns() // self.tick_ns
        self._timer: asyncio.TimerHandle | None = None

    def put(self, deadline: Deadline) -> int:
        """File a deadline in a slot after the last one swept, and return the last instant of the one before."""
        tick = max(-(-deadline.at_ns // self.tick_ns), self._swept + 1)
        slot = self._slots.get(tick)
        if slot is None:
            self._slots[tick] = [deadline]
        else:
            slot.append(deadline)
        if self._timer is None:
            self._arm()
        return (tick - 1) * self.tick_ns

    def sweep(self) -> None:
        """Visit every slot that is due. Called by the loop; tests call it after moving their clock."""
        now_ns = self._clock.monotonic_ns()
        due = now_ns // self.tick_ns
        passed = due - self._swept
        # After a long pause of the process there are fewer filled slots than passed ticks.
        ticks = range(self._swept + 1, due + 1) if passed <= len(self._slots) else sorted(self._slots)
        self._swept = due
        for tick in ticks:
            if tick > due:
                break
            for deadline in self._slots.pop(tick, ()):
                deadline.visit((tick - 1) * self.tick_ns, now_ns)
        self._timer = None
        if self._slots:
            self._arm()

    def close(self) -> None:
        """Forget everything."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._slots.clear()

    def _arm(self) -> None:
        if self._loop is not None:
            self._timer = self._loop.call_later(self.tick_ns / 1_000_000_000, self.sweep)


def _nothing() -> None:
    """Take the place of the callback of a disposed deadline."""
