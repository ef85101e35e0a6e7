"""Editing a limit never loses what was counted: of its window, period, zone, amount, or from one kind to the other."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.metering import admit, claim_for, granted, refused, settle
from tollway.adapters.meters import Layout, MappedMeters, open_meters
from tollway.contract.limits import TopUp
from tollway.gateway.claims import combine
from tollway.gateway.room import NO_AMOUNTS, Claim
from tollway.kernel.clock import NANOS_PER_SECOND, FixedClock
from tollway.policy.rate import bucket_ns

LAYOUT = Layout(cells=64, rates=16, amounts=16, processes=4, rows=32)
HOUR, DAY = 3_600, 86_400


@pytest.fixture
def clock() -> FixedClock:
    """Friday, 15 January 2027, 08:00 UTC; the monotonic clock has run for three hours."""
    clock = FixedClock()
    clock.advance(3 * HOUR)
    clock.jump(-3 * HOUR)
    return clock


@pytest.fixture
def meters(tmp_path: Path, clock: FixedClock) -> Iterator[MappedMeters]:
    opened, _ = open_meters(tmp_path / "m", "boot", layout=LAYOUT, clock=clock)
    yield opened
    opened.close()


def money(**fields: Any) -> Claim:
    return claim_for("cost", fields.pop("amount", 1_000), is_budget=True, **fields)


def spend(meters: MappedMeters, claim: Claim, nanos: int) -> None:
    settle(meters, granted(admit(meters, (claim,), nanos, nanos)), nanos)


def used(meters: MappedMeters, claim: Claim) -> int:
    """What counts, once a call has looked at the meter with this form of its limit."""
    admit(meters, (claim,), 0, 0)
    return meters.read((claim,))[0].used


EDITS = [
    (money(period="day"), money(period="month")),
    (money(period="month"), money(period="day")),
    (money(period="day"), money(period="day", zone="Asia/Tokyo")),
    (money(period="day", zone="Asia/Tokyo"), money(period="day", zone="America/New_York")),
    (money(period="week"), money(period="total")),
    (money(period="total"), money(period="hour")),
    (money(period="day"), money(window_seconds=DAY)),
    (money(window_seconds=DAY), money(period="day")),
    (money(window_seconds=60), money(window_seconds=30 * DAY)),
    (money(window_seconds=30 * DAY), money(window_seconds=60)),
]


@pytest.mark.parametrize("edit", EDITS, ids=[f"{a.period}-{a.window_seconds} to {b.period}-{b.window_seconds}-{b.zone}"
                                             for a, b in EDITS])  # fmt: skip
def test_what_was_just_spent_counts_after_any_edit_and_back(meters: MappedMeters, edit: tuple[Claim, Claim]) -> None:
    before, after = edit
    spend(meters, before, 600)
    assert used(meters, after) == 600
    assert refused(admit(meters, (after,), 500, 500)).remaining == 400
    spend(meters, after, 300)
    assert used(meters, before) == 900
    assert refused(admit(meters, (before,), 101, 101)).remaining == 100


@pytest.mark.parametrize("edit", EDITS[:6], ids=range(6))
def test_a_call_in_flight_settles_where_the_edit_put_the_count(meters: MappedMeters, edit: tuple[Claim, Claim]) -> None:
    before, after = edit
    hold = granted(admit(meters, (before,), 700, 700))
    assert used(meters, after) == 700
    settle(meters, hold, 650)
    assert [meters.read((after,))[0].spent, meters.read((after,))[0].reserved] == [650, 0]


def test_a_window_that_slides_keeps_what_a_call_in_flight_holds(meters: MappedMeters) -> None:
    hold = granted(admit(meters, (money(window_seconds=60),), 700, 700))
    assert used(meters, money(window_seconds=HOUR)) == 700
    settle(meters, hold, 650)
    assert meters.read((money(window_seconds=HOUR),))[0].spent == 650


@pytest.mark.parametrize("edit", EDITS[6:8], ids=range(2))
def test_what_a_call_in_flight_holds_counts_as_used_after_an_edit_to_the_other_kind(
    meters: MappedMeters, edit: tuple[Claim, Claim]
) -> None:
    before, after = edit
    spend(meters, before, 100)
    hold = granted(admit(meters, (before,), 600, 600))
    assert used(meters, after) == 700
    settle(meters, hold, 550)
    assert used(meters, after) == 700


@pytest.mark.parametrize("edit", EDITS[6:8], ids=range(2))
def test_what_is_spent_between_an_edit_and_its_undoing_counts_though_a_call_was_in_flight_all_the_time(
    meters: MappedMeters, edit: tuple[Claim, Claim]
) -> None:
    """A call in flight keeps the place where it was let in; counting must not go on there as if nothing had been."""
    before, after = edit
    hold = granted(admit(meters, (before,), 10, 10))
    spend(meters, after, 300)
    assert used(meters, after) == 310
    spend(meters, before, 20)
    assert 330 <= used(meters, before) <= 340
    settle(meters, hold, 10)
    spend(meters, after, 5)
    assert 335 <= used(meters, after) <= 355


@pytest.mark.parametrize("edit", EDITS[6:8], ids=range(2))
def test_an_edit_and_its_undoing_count_a_call_in_flight_once(meters: MappedMeters, edit: tuple[Claim, Claim]) -> None:
    before, after = edit
    hold = granted(admit(meters, (before,), 10, 10))
    assert [used(meters, after), used(meters, before), used(meters, after)] == [10, 10, 10]
    settle(meters, hold, 10)
    assert used(meters, before) == 10


def test_yesterday_belongs_to_the_month_that_takes_the_place_of_days(meters: MappedMeters, clock: FixedClock) -> None:
    spend(meters, money(period="day"), 300)
    clock.advance(DAY)
    spend(meters, money(period="day"), 200)
    assert used(meters, money(period="month")) == 500


def test_a_period_that_is_over_is_not_carried_into_another_kind(meters: MappedMeters, clock: FixedClock) -> None:
    spend(meters, money(period="hour"), 300)
    clock.advance(2 * HOUR)
    assert used(meters, money(period="day")) == 300, "it was today"
    spend(meters, money(period="day"), 100)
    clock.advance(DAY)
    assert used(meters, money(period="hour", zone="Asia/Kolkata")) == 0


def test_a_period_that_is_over_is_not_carried_into_a_window(meters: MappedMeters, clock: FixedClock) -> None:
    spend(meters, money(period="hour"), 300)
    clock.advance(2 * HOUR)
    assert used(meters, money(window_seconds=DAY)) == 0


def test_calls_are_carried_between_windows_and_periods(meters: MappedMeters) -> None:
    kinds = [
        {"window_seconds": 60},
        {"window_seconds": HOUR},
        {"period": "day"},
        {"window_seconds": 9},
        {"period": "total"},
    ]
    claims = [claim_for("requests", 5, **kind) for kind in kinds]
    for claim in claims:
        granted(meters.admit(combine((claim,)), NO_AMOUNTS, NO_AMOUNTS))
    refused(meters.admit(combine((claims[-1],)), NO_AMOUNTS, NO_AMOUNTS))
    assert meters.read((claims[-1],))[0].used == 5


def test_top_ups_count_until_their_end_and_no_longer(meters: MappedMeters, clock: FixedClock) -> None:
    now = clock.now_ns()
    topped = money(period="month", top_ups=(TopUp("t", 500, now + HOUR * NANOS_PER_SECOND),))
    spend(meters, topped, 1_200)
    state = meters.read((topped,))[0]
    assert (state.limit, state.used) == (1_500, 1_200)
    clock.advance(HOUR)
    no_room = refused(admit(meters, (topped,), 1, 1))
    assert (no_room.limit, no_room.remaining, meters.read((topped,))[0].used) == (1_000, 0, 1_200)


def test_total_never_resets(meters: MappedMeters, clock: FixedClock) -> None:
    uses = claim_for("requests", 2, period="total")
    for _ in range(2):
        granted(meters.admit(combine((uses,)), NO_AMOUNTS, NO_AMOUNTS))
        clock.advance(400 * DAY)
    no_room = refused(meters.admit(combine((uses,)), NO_AMOUNTS, NO_AMOUNTS))
    assert no_room.retry_after_seconds is None


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from([1, 7, 60, HOUR, DAY, 31 * DAY]), st.floats(0, 1.2), st.integers(1, 50)),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_edits_of_a_window_forget_nothing_that_is_in_the_new_one(steps: list[tuple[int, float, int]]) -> None:
    """Against a list of every amount and its instant: a bucket an edit may be too much, nothing may be too little."""
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        clock = FixedClock()
        clock.advance(100 * DAY)
        meters, _ = open_meters(Path(directory) / "m", "boot", layout=LAYOUT, clock=clock)
        spent: list[tuple[int, int]] = []
        windows: list[int] = []
        for window, wait, amount in steps:
            claim = money(amount=10**9, window_seconds=window)
            clock.advance(wait * window)
            windows.append(window)
            spend(meters, claim, amount)
            now = clock.monotonic_ns()
            spent.append((now, amount))
            shown = meters.read((claim,))[0].used
            # Whatever was outside a window when it was in force is gone: only what no window so far has left is sure.
            least = sum(much for at, much in spent if now - at < min(windows) * NANOS_PER_SECOND)
            slack = (window + 1) * NANOS_PER_SECOND + sum(2 * bucket_ns(each) for each in windows)
            most = sum(much for at, much in spent if now - at <= slack)
            assert least <= shown <= most
        meters.close()


class _Deadly:
    """Stands in for the words of the file; the process is killed instead of its n-th store."""

    left = 0

    def __init__(self, words: "memoryview[int]") -> None:
        self.words = words

    def __getitem__(self, key: Any) -> Any:
        return self.words[key]

    def __setitem__(self, key: Any, value: int) -> None:
        if _Deadly.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        _Deadly.left -= 1
        self.words[key] = value


def test_a_kill_in_the_middle_of_an_edit_never_forgets_what_was_counted(tmp_path: Path) -> None:
    """At each seventh store of the 120 or so; a ring between two lengths counts all of it as if just now."""
    before, after = money(window_seconds=60), money(window_seconds=90)
    stores, was_killed = 0, True
    while was_killed:
        path = tmp_path / f"{stores}.mm"
        pid = os.fork()
        if pid == 0:
            signal.alarm(15)
            meters, _ = open_meters(path, "boot", layout=LAYOUT)
            spend(meters, before, 600)
            sections = meters._sections
            words: Any = _Deadly(sections.words)
            sections.amounts.words = sections.amounts.numbers = words
            _Deadly.left = stores
            admit(meters, (after,), 0, 0)
            os._exit(0)
        was_killed = os.waitpid(pid, 0)[1] == signal.SIGKILL
        meters, _ = open_meters(path, "boot", layout=LAYOUT)
        assert meters.read((after,))[0].used == used(meters, after) == 600
        assert refused(admit(meters, (after,), 500, 500)).remaining == 400
        meters.close()
        stores += 7
    assert stores > 100
