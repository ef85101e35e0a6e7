"""Calls that go by a plan of their claims are let in, counted and told of exactly as calls that go claim by claim."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.metering import claim_for
from tollway.adapters.meters import Layout, MappedMeters, open_meters
from tollway.adapters.meters.plan import Plan
from tollway.adapters.meters.plans import RatePlan, UsualPlan
from tollway.contract.limits import TopUp
from tollway.gateway.claims import combine
from tollway.gateway.room import Amounts, Claim, Hold, NoRoom
from tollway.kernel.clock import FixedClock

LAYOUT = Layout(64, 64, 64, 2, 64)
START_NS = FixedClock().now_ns()
RATE = claim_for("requests", 6, limit_id="rate", window_seconds=60)
TOPPED = claim_for(
    "requests", 2, limit_id="rate", window_seconds=60,
    top_ups=(TopUp("t", 3, START_NS + 20 * 10**9, START_NS + 90 * 10**9),),
)  # fmt: skip
BUDGET = claim_for("cost", 100, limit_id="budget", period="hour")
SOFT = claim_for("total_tokens", 40, limit_id="soft", period="day", is_soft=True)
SLIDING = claim_for("cost", 90, owner="app", limit_id="slides", window_seconds=86_400)
SHAPES: dict[str, tuple[tuple[Claim, ...], type[Plan]]] = {
    "rate": ((RATE,), RatePlan),
    "topped": ((TOPPED,), RatePlan),
    "usual": ((RATE, BUDGET), UsualPlan),
    "soft": ((RATE, SOFT), UsualPlan),
    "budget": ((BUDGET,), Plan),
    "many": (
        (RATE, BUDGET, SOFT, SLIDING, claim_for("concurrency", 3, owner="app"), claim_for("requests", 9, period="day")),
        Plan,
    ),
}
STEPS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.3, 5.0, 30.0, 70.0, 3_600.0]),
        st.sampled_from([0.0, 0.0, 0.0, 3_600.0, -3_600.0]),
        st.integers(0, 60),
        st.booleans(),
    ),
    max_size=25,
)


def opened(path: Path, clock: FixedClock) -> MappedMeters:
    return open_meters(path, "boot", layout=LAYOUT, clock=clock)[0]


def told(outcome: Hold | NoRoom) -> tuple[object, ...]:
    """All that is said of a call."""
    if isinstance(outcome, Hold):
        return outcome.granted, outcome.charges, list(outcome.left)
    return outcome.claim, outcome.retry_after_seconds, outcome.remaining, outcome.limit


@pytest.mark.parametrize("shape", list(SHAPES))
def test_the_third_call_with_the_same_claims_goes_by_their_plan(tmp_path: Path, shape: str) -> None:
    claims, kind = SHAPES[shape]
    meters = opened(tmp_path / "m", FixedClock())
    asked = combine(claims)
    for calls in range(2):
        assert len(meters._plans) == 0, calls
        meters.admit(asked, (1, 0, 0, 1, 0, 1), (1, 0, 0, 1, 0, 1))
    assert [type(plan) for plan in meters._plans.values()] == [kind]
    meters.close()


@pytest.mark.parametrize("shape", list(SHAPES))
def test_what_plainly_fits_is_taken_by_the_plan_and_counted_as_without_one(tmp_path: Path, shape: str) -> None:
    """Calls of one each, so that each shape's plan lets calls in, until what is scarcest has none left."""
    claims, clock = SHAPES[shape][0], FixedClock()
    asked, one = combine(claims), (1, 1, 1, 1, 1, 1)
    planned, plain = opened(tmp_path / "a", clock), opened(tmp_path / "b", clock)
    taken = 0
    for _ in range(8):
        plan = next(iter(planned._plans.values()), None)
        first, second = planned.admit(asked, one, one), plain.admit(combine(claims), one, one)
        assert told(first) == told(second)
        assert planned.read(claims) == plain.read(claims)
        if isinstance(first, Hold) and isinstance(second, Hold):
            taken += plan is not None
            assert planned.settle(first, one) == plain.settle(second, one)
        clock.advance(0.1)
    assert (taken > 0) == (shape != "topped"), "two of a rate of two were taken before there was a plan"
    planned.close()
    plain.close()


@pytest.mark.parametrize("shape", list(SHAPES))
@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_a_plan_changes_nothing_but_the_time_it_takes(shape: str, steps: list[tuple[float, float, int, bool]]) -> None:
    """Two files are asked the same; one is asked with new claims each time, so that it never has a plan."""
    claims, clock = SHAPES[shape][0], FixedClock()
    asked = combine(claims)
    with tempfile.TemporaryDirectory() as directory:
        planned, plain = opened(Path(directory) / "a", clock), opened(Path(directory) / "b", clock)
        held: list[tuple[Hold, Hold]] = []
        for wait, jump, amount, settles in steps:
            clock.advance(wait)
            clock.jump(jump)
            want: Amounts = (amount, amount, amount, amount, amount, 1)
            one, two = planned.admit(asked, want, want), plain.admit(combine(claims), want, want)
            assert told(one) == told(two)
            if isinstance(one, Hold) and isinstance(two, Hold):
                held.append((one, two))
            if settles and held:
                used: Amounts = (amount // 2, amount, amount, amount * 2, amount, 1)
                first, second = held.pop(0)
                assert planned.settle(first, used) == plain.settle(second, used)
            assert planned.read(claims) == plain.read(claims)
        assert not plain._plans
        planned.close()
        plain.close()
