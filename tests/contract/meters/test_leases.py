"""Calls that draw from a lease are let in and counted exactly as calls that go one by one."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.leasing import ONE, claims_of, give_back, lease, opened, usual_claims_of
from kit.metering import claim_for, granted
from tollway.adapters.meters import leases
from tollway.adapters.meters.leases import LEASED
from tollway.adapters.meters.locks import MetersBusy
from tollway.gateway.claims import combine
from tollway.gateway.room import Amounts, Claim, Hold, NoRoom
from tollway.kernel.clock import FixedClock

pytestmark = pytest.mark.usefixtures("eager")


def judged(outcome: Hold | NoRoom) -> tuple[object, ...]:
    """How a call was judged."""
    if isinstance(outcome, Hold):
        return outcome.granted, outcome.charges
    return outcome.claim, outcome.retry_after_seconds, outcome.remaining, outcome.limit


STEPS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.0, 0.0, 0.004, 0.02, 1.0]),
        st.sampled_from([0, 1, 1, 3, 40]),
        st.integers(0, 6),
        st.booleans(),
    ),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(shape=st.sampled_from([claims_of, usual_claims_of]), limit=st.sampled_from([30, 300, 100_000]), steps=STEPS)
def test_a_lease_changes_nothing_but_the_time_it_takes(
    shape: Callable[[int], tuple[Claim, ...]], limit: int, steps: list[tuple[float, int, int, bool]]
) -> None:
    """Two files are asked the same; one is asked with new claims each time, so that it never has a lease."""
    claims, clock = shape(limit), FixedClock()
    asked = combine(claims)
    with tempfile.TemporaryDirectory() as directory:
        leased, plain = opened(Path(directory) / "a", clock), opened(Path(directory) / "b", clock)
        held: list[tuple[Hold, Hold]] = []
        for wait, amount, settling, is_late in steps:
            clock.advance(wait)
            want: Amounts = (amount, amount, amount, amount, amount, 1)
            one, two = leased.admit(asked, want, want), plain.admit(combine(claims), want, want)
            assert judged(one) == judged(two)
            if isinstance(one, Hold) and isinstance(two, Hold):
                # What others have settled since the lease was taken is not known to it.
                assert all(left <= plainly for left, plainly in zip(one.left, two.left, strict=True))
                held.append((one, two))
            for _ in range(min(settling, len(held))):
                first, second = held.pop(0)
                used: Amounts = (first.granted[0] // 2, 0, 0, first.granted[3] // 3, 0, 1)
                assert leased.settle(first, used) == plain.settle(second, used)
            if is_late:
                leased.settle_late()
        give_back(leased)
        assert leased.read(claims) == plain.read(claims)
        for first, second in held:
            leased.settle(first, ONE)
            plain.settle(second, ONE)
        give_back(leased)
        assert leased.read(claims) == plain.read(claims)
        leased.close()
        plain.close()


EDITS: tuple[dict[str, Any], ...] = (
    {"window_seconds": 3_600}, {"window_seconds": 86_400}, {"period": "day"}, {"period": "month", "zone": "Asia/Tokyo"}
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from([0, 0, 0, 1, 2, 3]),
            st.sampled_from([0.0, 0.0, 0.005, 0.02]),
            st.integers(0, 4),
            st.booleans(),
        ),
        max_size=40,
    )
)
def test_edits_while_calls_draw_from_leases_lose_nothing(steps: list[tuple[int, float, int, bool]]) -> None:
    """Limits on calls and money turn from one window or period into another; what is leased then may count as used."""
    clock, made, spent = FixedClock(), 0, 0
    versions = [
        (claim_for("requests", 100_000, limit_id="calls", **edit), claim_for("cost", 10**6, limit_id="money", **edit))
        for edit in EDITS
    ]
    asked = [combine(claims) for claims in versions]
    with tempfile.TemporaryDirectory() as directory:
        meters = opened(Path(directory) / "m", clock)
        held: list[Hold] = []
        version = edits = 0
        for change, wait, settling, is_late in steps:
            edits += change > 0
            version = (version + change) % len(EDITS)
            clock.advance(wait)
            held.append(granted(meters.admit(asked[version], (9, 0, 0, 0, 0, 1), (9, 0, 0, 0, 0, 1))))
            made += 1
            for _ in range(min(settling, len(held))):
                meters.settle(held.pop(), (4, 0, 0, 0, 0, 1))
                spent += 4
            if is_late:
                meters.settle_late()
        while held:
            meters.settle(held.pop(), (4, 0, 0, 0, 0, 1))
            spent += 4
        clock.advance(0.02)
        meters.settle_late()
        if made:
            granted(meters.admit(asked[version], (0, 0, 0, 0, 0, 1), (0, 0, 0, 0, 0, 1)))
            give_back(meters)
            calls, money = meters.read(versions[version])
            ahead = edits * leases.CALLS_AHEAD
            assert made + 1 <= calls.used <= made + 1 + ahead
            assert spent <= money.used <= spent + edits * 9 * made + ahead * 9
            assert not edits or made < 100_000
        meters.close()


@pytest.mark.parametrize(("shape", "money"), [(claims_of, 3), (usual_claims_of, 1)], ids=["every", "usual"])
def test_a_call_that_uses_more_than_it_was_granted_leaves_that_much_less_to_the_next(
    tmp_path: Path, shape: Callable[[int], tuple[Claim, ...]], money: int
) -> None:
    claims = shape(1_000)
    meters, asked = opened(tmp_path / "m", FixedClock()), combine(claims)
    meters.settle(lease(meters, asked), (990, 0, 0, 1, 0, 1))
    spent = meters.read(claims)[money].spent
    give_back(meters)
    assert meters.read(claims)[money].spent >= 990 > spent
    left = 1_000 - meters.read(claims)[money].used
    meters.settle(granted(meters.admit(asked, (left, 0, 0, 0, 0, 1), (left, 0, 0, 0, 0, 1))), ONE)
    hold = lease(meters, asked)
    meters.settle(hold, (2_000, 0, 0, 1, 0, 1))
    refused = meters.admit(asked, ONE, ONE)
    assert isinstance(refused, NoRoom)
    assert refused.claim is claims[money]
    give_back(meters)
    assert meters.read(claims)[money].reserved == 0
    meters.close()


def test_a_lease_has_room_for_what_calls_use_though_they_want_less(tmp_path: Path) -> None:
    """Nobody knows before how many bytes an answer has."""
    claims = (claim_for("bytes", 10**9, window_seconds=3_600), claim_for("cost", 10**9, limit_id="budget"))
    meters, asked = opened(tmp_path / "m", FixedClock()), combine(claims)
    want, used = (5, 0, 0, 0, 100, 1), (4, 0, 0, 0, 900, 1)
    for _ in range(2 * leases.CALLS_AHEAD + 4):
        meters.settle(granted(meters.admit(asked, want, want)), used)
    began = meters._leases.of[id(asked)].until_ns
    drawn = 0
    while meters.admit(asked, want, want).row == LEASED and drawn < leases.CALLS_AHEAD - 10:  # type: ignore[union-attr]
        drawn += 1
    assert meters._leases.of[id(asked)].until_ns == began
    assert drawn == leases.CALLS_AHEAD - 10
    meters.close()


def test_what_is_not_drawn_in_ten_milliseconds_goes_back(tmp_path: Path) -> None:
    clock, claims = FixedClock(), claims_of(1_000)
    meters, told_of = opened(tmp_path / "m", clock), []
    meters.on_put_off = lambda: told_of.append(clock.monotonic_ns())  # type: ignore[assignment]
    hold = lease(meters, combine(claims))
    assert told_of, "somebody has to give it back"
    assert [state.used for state in meters.read(claims)] > [10] * 5, "others see what is leased as used"
    clock.advance(0.009)
    meters.settle_late()
    assert meters.read(claims)[3].used > 10
    clock.advance(0.001)
    meters.settle_late()
    calls = meters.read(claims)[0].used
    assert calls <= 8
    assert [state.used for state in meters.read(claims)] == [calls, calls, 1, calls, calls]
    meters.settle(hold, ONE)
    meters.settle_late()
    assert [state.used for state in meters.read(claims)] == [calls, calls, 0, calls, calls]
    meters.close()


def test_a_lease_ends_with_the_bucket_that_its_calls_are_counted_in(tmp_path: Path) -> None:
    """A call that is counted in a bucket that ended before it would leave the window before its time."""
    clock, claims = FixedClock(), (claim_for("requests", 1_000, window_seconds=1), claim_for("concurrency", 1_000))
    meters, asked = opened(tmp_path / "m", clock), combine(claims)
    bucket_ns = claims[0].bucket_ns
    clock.advance((bucket_ns - clock.monotonic_ns() % bucket_ns - 1_000) / 1e9)
    lease(meters, asked)
    before = meters._leases.of[id(asked)].until_ns
    assert before - clock.monotonic_ns() <= 1_001
    clock.advance(0.000_002)
    hold = granted(meters.admit(asked, ONE, ONE))
    assert hold.row == LEASED
    assert meters._leases.of[id(asked)].until_ns > before, "it draws from the next one"
    meters.close()


@pytest.mark.parametrize("days", [1, 2])
def test_a_lease_of_days_ago_takes_nothing_of_today(tmp_path: Path, days: int) -> None:
    """Its day's record is an older one by then, or begun anew for today: what was not drawn is not taken off that."""
    clock, claims = FixedClock(), claims_of(1_000)
    meters, asked = opened(tmp_path / "m", clock), combine(claims)
    lease(meters, asked)
    for _ in range(days):
        clock.advance(86_400)
        meters.settle(granted(meters.admit(combine(claims), ONE, ONE)), ONE)
    assert meters.read(claims)[1].used == 1
    meters.settle_late()
    assert meters.read(claims)[1].used == 1
    assert granted(meters.admit(asked, ONE, ONE)).row != LEASED
    give_back(meters)
    assert meters.read(claims)[1].used == 2
    meters.close()


def test_a_lease_is_not_renewed_over_midnight(tmp_path: Path) -> None:
    clock, claims = FixedClock(), claims_of(1_000)
    meters, asked = opened(tmp_path / "m", clock), combine(claims)
    meters.settle(lease(meters, asked), ONE)
    clock.advance(86_400)
    hold = granted(meters.admit(asked, ONE, ONE))
    assert hold.row != LEASED
    meters.settle(hold, ONE)
    assert meters.read(claims)[1].used == 1
    meters.close()


def test_what_is_held_up_goes_back_as_soon_as_its_locks_are_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, claims = FixedClock(), claims_of(1_000)
    meters, told_of = opened(tmp_path / "m", clock), []
    lease(meters, combine(claims))
    meters.on_put_off = lambda: told_of.append(1)  # type: ignore[assignment]
    clock.advance(0.02)

    def is_held(*_: object) -> None:
        raise MetersBusy("held by another process")

    with monkeypatch.context() as held:
        held.setattr(type(meters._leases._locks), "lock_stripes", is_held)
        meters.settle_late()
    assert told_of, "somebody has to try again"
    assert meters.read(claims)[0].used > 10
    meters.settle_late()
    assert meters.read(claims)[0].used <= 8
    meters.close()


def test_a_process_that_is_put_aside_while_it_takes_a_lease_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, claims = FixedClock(), claims_of(1_000)
    meters, asked = opened(tmp_path / "m", clock), combine(claims)
    taken: list[int] = []

    def take_and_wait(self: leases.Lease, *args: Any) -> None:
        original(self, *args)
        taken.append(meters.read(claims)[0].used)
        clock.advance(0.02)

    original = leases.Lease._take
    monkeypatch.setattr(leases.Lease, "_take", take_and_wait)
    for calls in range(1, 9):
        hold = granted(meters.admit(asked, ONE, ONE))
        assert hold.row != LEASED
        meters.settle(hold, ONE)
        assert [state.used for state in meters.read(claims)] == [calls, calls, 0, calls, calls]
    assert max(taken) > 60
    meters.close()


@pytest.mark.usefixtures("as_they_are")
def test_no_lease_is_taken_near_a_limit_and_none_by_a_few_calls(tmp_path: Path) -> None:
    clock, near, far = FixedClock(), combine(claims_of(1_000)), combine(claims_of(100_000))
    meters = opened(tmp_path / "m", clock)
    for _ in range(50):
        meters.settle(granted(meters.admit(near, ONE, ONE)), ONE)
    assert not meters._leases.of
    for _ in range(50):
        clock.advance(0.003)
        meters.settle(granted(meters.admit(far, ONE, ONE)), ONE)
    assert not meters._leases.of
    for _ in range(50):
        meters.settle(granted(meters.admit(far, ONE, ONE)), ONE)
    assert list(meters._leases.of) == [id(far)]
    clock.advance(0.02)
    meters.admit(far, ONE, ONE)
    clock.advance(0.02)
    meters.settle_late()
    assert not meters._leases.of, "few calls drew from it"
    meters.close()
