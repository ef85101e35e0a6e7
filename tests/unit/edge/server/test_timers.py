"""Deadlines expire late by at most a tick, never early, once, and only shrink within a phase."""

from hypothesis import given
from hypothesis import strategies as st

from tollway.edge.server.timers import Deadline, TimerWheel
from tollway.kernel.clock import FixedClock

SECOND = 1_000_000_000


class Scene:
    def __init__(self) -> None:
        self.clock = FixedClock()
        self.wheel = TimerWheel(self.clock, None, 0.1)
        self.expired: list[float] = []
        self.deadline = Deadline(self.wheel, lambda: self.expired.append(self.clock.monotonic_ns() / SECOND))

    def run(self, seconds: float, step: float = 0.05) -> None:
        for _ in range(round(seconds / step)):
            self.clock.advance(step)
            self.wheel.sweep()


@given(st.floats(0.001, 100), st.floats(0.1, 5))
def test_expiry_is_never_early_and_late_by_a_tick_at_most(seconds: float, step: float) -> None:
    scene = Scene()
    scene.deadline.start(round(seconds * SECOND))
    while not scene.expired:
        scene.clock.advance(step)
        scene.wheel.sweep()
    assert seconds - 1e-6 <= scene.expired[0] <= seconds + 0.1 + step + 1e-6
    scene.run(1)
    assert len(scene.expired) == 1


def test_deadline_that_was_moved_later_expires_later() -> None:
    scene = Scene()
    scene.deadline.start(1 * SECOND)
    scene.run(0.5)
    scene.deadline.start(3 * SECOND)
    scene.run(2)
    assert scene.expired == []
    scene.run(1)
    assert len(scene.expired) == 1


def test_deadline_that_was_moved_earlier_expires_earlier_and_once() -> None:
    scene = Scene()
    scene.deadline.start(50 * SECOND)
    scene.deadline.start(1 * SECOND)
    scene.run(60)
    assert len(scene.expired) == 1
    assert scene.expired[0] < 1.2


@given(st.floats(0.001, 30), st.floats(0.001, 1))
def test_deadline_that_was_moved_earlier_by_little_is_late_by_a_tick_at_most(seconds: float, by: float) -> None:
    """Where it moves within its slot it stays there, and leaves it where it must."""
    scene = Scene()
    scene.deadline.start(round((seconds + by) * SECOND))
    scene.deadline.start(round(seconds * SECOND))
    while not scene.expired:
        scene.run(0.05)
    assert seconds - 1e-6 <= scene.expired[0] <= seconds + 0.15 + 1e-6


def test_deadline_that_moves_within_its_slot_is_filed_once() -> None:
    scene = Scene()
    for number in range(1, 100):
        scene.deadline.start(5 * SECOND + number * 1_000)
    assert [len(slot) for slot in scene.wheel._slots.values()] == [1]


def test_shrink_never_wins_time() -> None:
    scene = Scene()
    scene.deadline.start(1 * SECOND)
    scene.deadline.shrink(9 * SECOND)
    assert scene.deadline.at_ns == 1 * SECOND
    scene.deadline.shrink(SECOND // 2)
    assert scene.deadline.at_ns == SECOND // 2


def test_cleared_and_disposed_deadlines_do_not_expire() -> None:
    scene = Scene()
    scene.deadline.start(1 * SECOND)
    scene.deadline.clear()
    scene.run(2)
    scene.deadline.start(5 * SECOND)
    scene.deadline.dispose()
    scene.run(9)
    assert scene.expired == []


def test_long_pause_of_the_process_expires_what_was_due() -> None:
    scene = Scene()
    others = [Deadline(scene.wheel, lambda: None) for _ in range(3)]
    for number, other in enumerate(others):
        other.start((number + 2) * SECOND)
    scene.deadline.start(1 * SECOND)
    scene.clock.advance(3_600)
    scene.wheel.sweep()
    assert len(scene.expired) == 1
    scene.deadline.start(scene.clock.monotonic_ns())
    scene.run(0.2)
    assert len(scene.expired) == 2


@given(st.lists(st.tuples(st.sampled_from(["start", "shrink", "clear", "wait"]), st.floats(0, 20)), max_size=30))
def test_wheel_agrees_with_a_plain_deadline(events: list[tuple[str, float]]) -> None:
    """The model is one number that is looked at after each step of time."""
    scene = Scene()
    model, count = 0, 0
    for event, seconds in events:
        at_ns = scene.clock.monotonic_ns() + round(seconds * SECOND) + 1
        match event:
            case "start":
                scene.deadline.start(at_ns)
                model = at_ns
            case "shrink":
                scene.deadline.shrink(at_ns)
                model = min(model, at_ns) if model else at_ns
            case "clear":
                scene.deadline.clear()
                model = 0
            case _:
                scene.run(seconds + 0.1, 0.1)
                # Within the last tick the wheel may or may not have seen it.
                scene.run(0.2, 0.1)
                now_ns = scene.clock.monotonic_ns()
                is_seen = model <= now_ns - SECOND // 10 or len(scene.expired) > count
                if model and model <= now_ns and is_seen:
                    model, count = 0, count + 1
    assert len(scene.expired) == count
