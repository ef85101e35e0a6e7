"""Limits hold exactly, all or nothing, for one process."""

from collections.abc import Sequence

import pytest

from kit.metering import admit, budget, claim_for, granted, money, rate, refused, settle, slots
from tollway.adapters.meters import MappedMeters
from tollway.adapters.meters import admission as admission_module
from tollway.adapters.meters import locks as locks_module
from tollway.contract.policy import Period
from tollway.contract.records import Charge
from tollway.gateway.claims import combine
from tollway.gateway.ports import Meters
from tollway.gateway.room import Hold
from tollway.kernel.clock import FixedClock
from tollway.kernel.errors import TollwayError
from tollway.policy.budget import period_end_ns, period_start_ns
from tollway.policy.rate import bucket_ns

HOUR = 3600.0


def test_a_call_without_limits_is_always_admitted(meters: MappedMeters) -> None:
    port: Meters = meters
    hold = granted(admit(port, (), 100, 10))
    assert (hold.granted_nanos, hold.charges, settle(port, hold, 5)) == (100, (), ())


def test_requests_are_counted_to_the_limit_and_the_wait_is_told(meters: MappedMeters, clock: FixedClock) -> None:
    claim = rate(3)
    for _ in range(3):
        assert granted(admit(meters, (claim,), 0, 0)).charges == ()
    refusal = refused(admit(meters, (claim,), 0, 0))
    assert (refusal.claim, refusal.remaining) == (claim, 0)
    assert refusal.retry_after_seconds is not None
    assert 60 <= refusal.retry_after_seconds <= 60 + 2 * bucket_ns(60) / 1e9
    assert meters.read((claim,))[0].used == 3
    clock.advance(refusal.retry_after_seconds - 0.001)
    refused(admit(meters, (claim,), 0, 0))
    clock.advance(0.002)
    assert meters.read((claim,))[0].used == 0
    granted(admit(meters, (claim,), 0, 0))


def test_setting_the_wall_clock_moves_no_request_window(meters: MappedMeters, clock: FixedClock) -> None:
    claim = rate(1)
    granted(admit(meters, (claim,), 0, 0))
    for jump in (86_400.0, -2 * 86_400.0, 3600.0):
        clock.jump(jump)
        refused(admit(meters, (claim,), 0, 0))
    clock.advance(61)
    granted(admit(meters, (claim,), 0, 0))


def test_slots_are_released_once_however_often_a_call_is_settled(meters: MappedMeters) -> None:
    claim = slots(2)
    first, second = (granted(admit(meters, (claim,), 0, 0)) for _ in range(2))
    assert refused(admit(meters, (claim,), 0, 0)).retry_after_seconds is None
    for _ in range(3):
        settle(meters, first, 0)
    assert meters.read((claim,))[0].used == 1
    granted(admit(meters, (claim,), 0, 0))
    refused(admit(meters, (claim,), 0, 0))
    settle(meters, second, 0)


def test_what_is_left_is_reserved_and_the_rest_comes_back(meters: MappedMeters, clock: FixedClock) -> None:
    claim = budget(1000)
    start = period_start_ns("day", clock.now_ns())
    hold = granted(admit(meters, (claim,), 600, 600))
    assert hold.charges == (Charge("tok", "b1", start, 600),)
    capped = granted(admit(meters, (claim,), 600, 100))
    assert capped.granted_nanos == 400
    refusal = refused(admit(meters, (claim,), 600, 100))
    assert refusal.remaining == 0
    end = period_end_ns("day", clock.now_ns())
    assert refusal.retry_after_seconds == (end - clock.now_ns()) / 1e9
    state = meters.read((claim,))[0]
    assert (state.used, state.spent, state.reserved, state.resets_ns) == (1000, 0, 1000, end)
    assert settle(meters, hold, 250) == (Charge("tok", "b1", start, 250),) == settle(meters, hold, 999)
    assert settle(meters, capped, 401) == (Charge("tok", "b1", start, 401),)
    state = meters.read((claim,))[0]
    assert (state.spent, state.reserved) == (651, 0)


@pytest.mark.parametrize(("cost", "charged"), [(-1, 0), (0, 0), (2**70, 2**63 // 4 - 1)])
def test_a_cost_out_of_range_is_charged_within_it(meters: MappedMeters, cost: int, charged: int) -> None:
    claim = budget(1000)
    for _ in range(2):
        meters.seed_period("tok", "b1", 0, 0)
        outcome = admit(meters, (claim,), 10, 0)
        if isinstance(outcome, Hold):
            assert settle(meters, outcome, cost)[0].nanos == charged
    assert meters.read((claim,))[0].spent == charged


def test_a_budget_that_never_resets_says_so(meters: MappedMeters) -> None:
    claim = budget(100, "total")
    assert meters.read((claim,))[0].resets_ns is None
    settle(meters, granted(admit(meters, (claim,), 100, 100)), 100)
    assert refused(admit(meters, (claim,), 1, 1)).retry_after_seconds is None
    granted(admit(meters, (claim,), 1, 0))


@pytest.mark.parametrize("full", ["rate", "slots", "budget"])
def test_a_refused_call_takes_nothing_from_any_limit(meters: MappedMeters, full: str) -> None:
    claims = (rate(10), slots(10), budget(1000), rate(9, owner="app"), budget(900, owner="app"))
    blockers = {"rate": rate(0, owner="zzz"), "slots": slots(0, owner="zzz"), "budget": budget(0, owner="zzz")}
    hold = granted(admit(meters, claims, 100, 1))
    before = [(state.used, state.reserved) for state in meters.read(claims)]
    if full != "rate":
        refused(admit(meters, (*claims, blockers[full]), 100, 1))
    refused(admit(meters, (*claims, rate(1, owner="app2"), slots(0, owner="b")), 100, 1))
    assert [(state.used, state.reserved) for state in meters.read(claims)] == before
    settle(meters, hold, 1)


def test_editing_a_limit_loses_no_spending(meters: MappedMeters) -> None:
    settle(meters, granted(admit(meters, (budget(1000),), 900, 1)), 900)
    assert refused(admit(meters, (budget(500),), 1, 0)).remaining == 0
    assert granted(admit(meters, (budget(2000),), 5000, 1)).granted_nanos == 1100
    granted(admit(meters, (rate(2),), 0, 0))
    refused(admit(meters, (rate(1),), 0, 0))
    granted(admit(meters, (rate(2),), 0, 0))


def test_a_new_period_starts_at_zero_and_old_reservations_stay_behind(meters: MappedMeters, clock: FixedClock) -> None:
    claim = budget(1000, "hour")
    hold = granted(admit(meters, (claim,), 700, 700))
    clock.advance(HOUR)
    assert meters.read((claim,))[0].used == 0
    later = granted(admit(meters, (claim,), 1000, 1000))
    old = settle(meters, hold, 700)
    assert old[0].period_start_ns == later.charges[0].period_start_ns - 3600 * 10**9
    assert meters.read((claim,))[0].used == 1000
    very_late = granted(admit(meters, (budget(1000, "hour", budget_id="b2"),), 10, 10))
    for _ in range(3):
        clock.advance(HOUR)
        admit(meters, (budget(1000, "hour", budget_id="b2"),), 0, 0)
    settle(meters, very_late, 10)
    assert meters.read((budget(1000, "hour", budget_id="b2"),))[0].used == 0


@pytest.mark.parametrize("period", ["hour", "day", "week", "month"])
def test_setting_the_clock_grants_no_period_twice(meters: MappedMeters, clock: FixedClock, period: Period) -> None:
    claim = budget(100, period)
    clock.jump(12.3 * 86_400)

    def spend() -> int:
        outcome = admit(meters, (claim,), 100, 1)
        return settle(meters, outcome, 100)[0].nanos if isinstance(outcome, Hold) else 0

    length = (period_end_ns(period, clock.now_ns()) - clock.now_ns()) / 1e9
    assert [spend(), spend()] == [100, 0]
    clock.jump(length)
    assert [spend(), spend()] == [100, 0]
    clock.jump(-length)
    assert spend() == 0
    clock.jump(-length * 3)
    assert spend() == 0
    clock.jump(length * 4)
    assert spend() == 0


def test_after_a_jump_far_ahead_and_back_later_periods_still_begin(meters: MappedMeters, clock: FixedClock) -> None:
    claim = budget(100, "hour")
    settle(meters, granted(admit(meters, (claim,), 100, 100)), 100)
    clock.jump(1000 * HOUR)
    settle(meters, granted(admit(meters, (claim,), 40, 40)), 40)
    clock.jump(-1000 * HOUR)
    refused(admit(meters, (claim,), 1, 1))
    for _ in range(3):
        clock.advance(HOUR)
        settle(meters, granted(admit(meters, (claim,), 100, 100)), 100)
    clock.jump(997 * HOUR)
    assert meters.read((claim,))[0].spent == 40


def test_seeding_raises_spending_to_what_the_ledger_knows(meters: MappedMeters, clock: FixedClock) -> None:
    claim = budget(1000)
    start = period_start_ns("day", clock.now_ns())
    for _ in range(2):
        meters.seed_period("tok", "b1", start, 900)
    meters.seed_period("tok", "b1", start, 300)
    assert meters.read((claim,))[0].spent == 900
    assert granted(admit(meters, (claim,), 500, 1)).granted_nanos == 100


def test_a_sliding_budget_grants_what_is_left_and_tells_when_there_is_more(
    meters: MappedMeters, clock: FixedClock
) -> None:
    claims = combine((claim_for("cost", 100, window_seconds=60),))
    hold = granted(meters.admit(claims, money(70), money(70)))
    rest = granted(meters.admit(claims, money(70), money(10)))
    assert rest.granted_nanos == 30
    busy = refused(meters.admit(claims, money(10), money(10)))
    assert busy.retry_after_seconds == admission_module.BUSY_SECONDS, "calls in flight may give some back at any time"
    assert refused(meters.admit(claims, money(101), money(101))).retry_after_seconds is None
    charged = hold.charge(money(60))
    assert meters.settle(hold, hold.used or money(0)) is charged
    settle(meters, rest, 0)
    full = refused(meters.admit(claims, money(50), money(50)))
    assert full.remaining == 40 and full.retry_after_seconds is not None and full.retry_after_seconds >= 60
    off = combine((claim_for("cost", 0, window_seconds=60),))
    assert refused(meters.admit(off, money(0), money(0))).retry_after_seconds is None
    clock.advance(62)
    assert granted(meters.admit(claims, money(100), money(100))).granted_nanos == 100


class HeldLocks(locks_module.RangeLocks):
    """Stands in for locks that another process holds for a while."""

    is_held = True

    def _try(self, offset: int, length: int) -> bool:
        return not self.is_held and super()._try(offset, length)

    def lock_stripes(self, stripes: Sequence[int]) -> None:
        if self.is_held:
            self._wait(stripes[0], 1)
        super().lock_stripes(stripes)


def test_a_settlement_that_finds_no_lock_is_made_up_for_later(meters: MappedMeters) -> None:
    claims = (slots(5), budget(1000), budget(1000, owner="app"))
    hold = granted(admit(meters, claims, 100, 100))
    real, held = meters._locks, HeldLocks(meters._fd)
    meters._locks = held
    assert [charge.nanos for charge in settle(meters, hold, 60)] == [60, 60]
    with pytest.raises(TollwayError) as caught:
        admit(meters, claims, 1, 1)
    assert caught.value.code.name == "gateway.meters_unavailable"
    assert meters.reclaim_dead() == 0
    assert [state.used for state in meters.read(claims)] == [1, 100, 100]
    meters._locks = real
    meters.reclaim_dead()
    assert [state.used for state in meters.read(claims)] == [0, 60, 60]


def test_a_lock_that_was_had_again_is_waited_for_as_long_as_any(meters: MappedMeters) -> None:
    """Where a machine is too busy, who holds a lock is put aside for long; for one that was stopped nobody waits."""
    claim = slots(5)
    stuck = meters._locks._stuck
    stuck[locks_module._STRIPES_AT + claim.stripe, 1] = stuck[locks_module._TABLE_AT, 1] = float("inf")
    settle(meters, granted(admit(meters, (claim,), 0, 0)), 0)
    assert list(stuck) == []
