"""Limits hold exactly, all or nothing, for one process and the obvious model beside it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from kit.metering import admit, claim_for, granted, money, refused, settle
from tollway.adapters.meters import Layout, MappedMeters, open_meters, read_boot_id
from tollway.adapters.meters import admission as admission_module
from tollway.adapters.meters import locks as locks_module
from tollway.adapters.meters import table as table_module
from tollway.adapters.meters.layout import HELD_MAX
from tollway.contract.policy import Budget, ConcurrencyLimit, Limits, Period, RequestLimit
from tollway.contract.records import Charge
from tollway.gateway.claims import build_claims, combine
from tollway.gateway.ports import Meters
from tollway.gateway.room import Claim, Hold
from tollway.kernel.clock import FixedClock
from tollway.kernel.errors import TollwayError
from tollway.policy.budget import period_end_ns, period_start_ns
from tollway.policy.rate import bucket_ns

SMALL = Layout(cells=64, rates=16, amounts=16, processes=4, rows=32)
HOUR = 3600.0


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def meters(tmp_path: Path, clock: FixedClock) -> Iterator[MappedMeters]:
    opened, needs_seed = open_meters(tmp_path / "meters.mm", "boot", layout=SMALL, clock=clock)
    assert needs_seed
    yield opened
    opened.close()
    opened.close()


def rate(limit: int, window: int = 60, owner: str = "tok") -> Claim:
    return build_claims(Limits(requests=(RequestLimit("l1", "rate", limit, window),)), "token", owner)[0]


def slots(limit: int, owner: str = "tok") -> Claim:
    return build_claims(Limits(concurrency=(ConcurrencyLimit("c1", "slots", limit),)), "token", owner)[0]


def budget(limit: int, period: Period = "day", owner: str = "tok", budget_id: str = "b1") -> Claim:
    return build_claims(Limits(budgets=(Budget(budget_id, "budget", limit, period),)), "token", owner)[0]


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


def test_seeding_is_asked_for_until_it_is_finished_and_again_after_a_boot(tmp_path: Path) -> None:
    path = tmp_path / "meters.mm"
    for boot, needs, finish in [("a", True, False), ("a", True, True), ("a", False, False), ("b", True, False)]:
        meters, needs_seed = open_meters(path, boot, layout=SMALL)
        assert needs_seed == meters.needs_seed == needs
        if finish:
            meters.finish_seeding()
        meters.close()
    assert [entry.name for entry in tmp_path.iterdir()] == ["meters.mm"]


def test_spending_outlives_every_process_of_one_boot(tmp_path: Path, clock: FixedClock) -> None:
    claim = budget(1000)
    for turn in range(5):
        meters, _ = open_meters(tmp_path / "m", "boot", layout=SMALL, clock=clock)
        assert meters.read((claim,))[0].spent == turn * 10
        settle(meters, granted(admit(meters, (claim,), 10, 10)), 10)
        meters.close()


@pytest.mark.parametrize("junk", [b"", b"junk" * 1000])
def test_a_file_that_is_no_meters_file_is_replaced(tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "m").write_bytes(junk)
    meters, needs_seed = open_meters(tmp_path / "m", "boot", layout=SMALL)
    assert needs_seed
    meters.close()


def test_a_file_cut_short_is_replaced(tmp_path: Path) -> None:
    meters, _ = open_meters(tmp_path / "m", "boot", layout=SMALL)
    meters.finish_seeding()
    meters.close()
    with (tmp_path / "m").open("r+b") as file:
        file.truncate(5000)
    meters, needs_seed = open_meters(tmp_path / "m", "boot", layout=SMALL)
    assert needs_seed
    meters.close()


def test_a_second_opening_in_one_process_is_refused(meters: MappedMeters, tmp_path: Path) -> None:
    with pytest.raises(TollwayError, match="open in this process already"):
        open_meters(tmp_path / "meters.mm", "boot", layout=SMALL)


def test_meters_that_cannot_be_made_stop_the_start_with_the_cause(tmp_path: Path) -> None:
    with pytest.raises(TollwayError, match="No such file") as caught:
        open_meters(tmp_path / "missing" / "m", "boot")
    assert caught.value.code.name == "gateway.meters_unavailable"
    with pytest.raises(TollwayError):
        open_meters(tmp_path / "m", "boot", layout=Layout(rates=2**52))
    assert list(tmp_path.iterdir()) == []


def test_the_default_file_is_sparse(tmp_path: Path) -> None:
    meters, _ = open_meters(tmp_path / "m", read_boot_id())
    settle(meters, granted(admit(meters, (rate(5), budget(100)), 10, 10)), 5)
    assert (tmp_path / "m").stat().st_blocks * 512 < 200_000
    meters.close()
    assert read_boot_id(tmp_path / "missing") == "unknown"


def test_idle_cells_are_taken_over_and_a_full_table_refuses(meters: MappedMeters, clock: FixedClock) -> None:
    for number in range(16):
        granted(admit(meters, (rate(1, owner=f"o{number}"),), 0, 0))
    with pytest.raises(TollwayError, match="full"):
        admit(meters, (rate(1, owner="late"),), 0, 0)
    clock.advance(62)
    for number in range(16):
        granted(admit(meters, (rate(1, owner=f"late{number}"),), 0, 0))
    with pytest.raises(TollwayError, match="full"):
        admit(meters, (rate(1, owner="later"),), 0, 0)
    assert meters.read((rate(1, owner="later"),))[0].used == 0


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


def test_places_of_claims_are_forgotten_before_they_grow_without_bound(
    meters: MappedMeters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission_module, "REMEMBERED_MAX", 2)
    for number in range(5):
        granted(admit(meters, (rate(1, owner=f"o{number}"),), 0, 0))
        assert len(meters._admissions._cells) <= 2


def test_a_ring_of_amounts_is_taken_over_when_it_holds_nothing(
    meters: MappedMeters, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_module, "HINTS_MAX", 4)
    holds = [
        granted(admit(meters, (claim_for("cost", 9, f"o{number}", window_seconds=60),), 5, 5)) for number in range(16)
    ]
    clock.advance(200)
    with pytest.raises(TollwayError, match="full"):
        admit(meters, (claim_for("cost", 9, "late", window_seconds=60),), 5, 5)
    settle(meters, holds[3], 5)
    with pytest.raises(TollwayError, match="full"):
        admit(meters, (claim_for("cost", 9, "late", window_seconds=60),), 5, 5)
    clock.advance(62)
    granted(admit(meters, (claim_for("cost", 9, "late", window_seconds=60),), 5, 5))
    assert meters.read((claim_for("cost", 9, "o3", window_seconds=60),))[0].used == 0
    others = [claim_for("cost", 9, f"o{number}", window_seconds=60) for number in range(4, 14)]
    assert [state.reserved for state in meters.read(others)] == [5] * 10


def test_a_budget_is_forgotten_only_two_days_after_its_period(meters: MappedMeters, clock: FixedClock) -> None:
    for number in range(60):
        period: Period = "total" if number >= 32 else "day"
        settle(meters, granted(admit(meters, (budget(9, period, owner=f"o{number}"),), 5, 5)), 5)
    kept = [granted(admit(meters, (claim,), 5, 5)) for claim in (budget(9, owner="in flight"), slots(9, owner="busy"))]
    fill = [slots(9, owner=f"s{number}") for number in range(2)]
    fillers = [granted(admit(meters, (claim,), 5, 5)) for claim in fill]
    clock.advance(2.2 * 86_400)
    with pytest.raises(TollwayError, match="full"):
        admit(meters, (budget(9, owner="late"),), 5, 5)
    clock.advance(0.9 * 86_400)
    for number in range(32):
        kept.append(granted(admit(meters, (slots(1, owner=f"late{number}"),), 5, 5))) if number < 28 else None
    assert meters.read((budget(9, "total", owner="o50"),))[0].spent == 5
    for hold in kept + fillers:
        settle(meters, hold, 5)


def test_a_call_that_holds_too_much_or_one_too_many_is_refused(tmp_path: Path) -> None:
    meters, _ = open_meters(
        tmp_path / "m", "boot", layout=Layout(cells=128, rates=16, amounts=16, processes=4, rows=32)
    )
    many = tuple(budget(100, owner=f"o{n}") for n in range(HELD_MAX + 1))
    with pytest.raises(TollwayError, match="limits"):
        admit(meters, many, 1, 1)
    holds = [granted(admit(meters, many[:1], 1, 1)) for _ in range(SMALL.rows)]
    with pytest.raises(TollwayError, match="in flight"):
        admit(meters, many[:1], 1, 1)
    for hold in holds:
        settle(meters, hold, 0)
    assert [state.used for state in meters.read(many)] == [0] * len(many)
    meters.close()


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


BUDGETS = (budget(700, "day", "app"), budget(900, "total", "app", "b2"))


class Against(RuleBasedStateMachine):
    """The meters beside dictionaries that nobody could get wrong."""

    @initialize(tmp=st.just(None))
    def begin(self, tmp: None) -> None:
        import tempfile

        self.directory = tempfile.TemporaryDirectory()
        self.clock = FixedClock()
        self.path = Path(self.directory.name) / "m"
        self.meters = open_meters(self.path, "boot", layout=SMALL, clock=self.clock)[0]
        self.holds: list[tuple[Hold, tuple[Claim, ...]]] = []
        self.spent: dict[tuple[bytes, int], int] = {}
        self.reserved: dict[tuple[bytes, int], int] = {}
        self.in_flight: dict[bytes, int] = {}
        self.calls: dict[bytes, list[int]] = {}

    claims = st.lists(
        st.sampled_from((rate(3, 10), rate(5, 60, "app"), slots(2), slots(3, "app"), budget(500, "hour"), *BUDGETS)),
        unique=True,
        max_size=7,
    ).map(tuple)

    @rule(claims=claims, want=st.integers(0, 400), floor=st.integers(0, 400))
    def admit(self, claims: tuple[Claim, ...], want: int, floor: int) -> None:
        floor = min(floor, want)
        now, mono = self.clock.now_ns(), self.clock.monotonic_ns()
        left = [want]
        can = True
        for claim in claims:
            if claim.kind == "amount":
                key = claim.key, period_start_ns(claim.period, now)
                left.append(claim.limit - self.spent.get(key, 0) - self.reserved.get(key, 0))
                can &= left[-1] >= floor
            elif claim.kind == "slots":
                can &= self.in_flight.get(claim.key, 0) < claim.limit
            else:
                length = bucket_ns(claim.window_seconds)
                in_ring = [at for at in self.calls.get(claim.key, []) if mono // length - at // length <= 110]
                can &= len(in_ring) < claim.limit
        outcome = admit(self.meters, claims, want, floor)
        assert isinstance(outcome, Hold) == can
        if not isinstance(outcome, Hold):
            return
        assert outcome.granted_nanos == min(left)
        for claim in claims:
            if claim.kind == "amount":
                key = claim.key, period_start_ns(claim.period, now)
                self.reserved[key] = self.reserved.get(key, 0) + outcome.granted_nanos
            elif claim.kind == "slots":
                self.in_flight[claim.key] = self.in_flight.get(claim.key, 0) + 1
            else:
                self.calls.setdefault(claim.key, []).append(mono)
        self.holds.append((outcome, claims))

    @precondition(lambda self: self.holds)
    @rule(data=st.data(), part=st.floats(0, 1))
    def settle(self, data: st.DataObject, part: float) -> None:
        hold, claims = self.holds.pop(data.draw(st.integers(0, len(self.holds) - 1)))
        cost = int(hold.granted_nanos * part)
        charges = {(c.owner_id, c.budget_id): c for c in settle(self.meters, hold, cost)}
        for claim in claims:
            if claim.kind == "amount":
                key = claim.key, charges[claim.owner_id, claim.limit_id].period_start_ns
                self.reserved[key] -= hold.granted_nanos
                self.spent[key] = self.spent.get(key, 0) + cost
            elif claim.kind == "slots":
                self.in_flight[claim.key] -= 1

    @rule(seconds=st.floats(0, 90) | st.sampled_from([3600.0, 86_400.0]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule()
    def reopen(self) -> None:
        """A clean restart: calls in flight were settled first, as a drain does."""
        while self.holds:
            hold, claims = self.holds.pop()
            for claim in claims:
                if claim.kind == "amount":
                    charge = next(
                        c for c in hold.charges if c.budget_id == claim.limit_id and c.owner_id == claim.owner_id
                    )
                    self.reserved[claim.key, charge.period_start_ns] -= hold.granted_nanos
                elif claim.kind == "slots":
                    self.in_flight[claim.key] -= 1
            settle(self.meters, hold, 0)
        self.meters.close()
        self.meters = open_meters(self.path, "boot", layout=SMALL, clock=self.clock)[0]

    def teardown(self) -> None:
        if hasattr(self, "meters"):
            self.meters.close()
            self.directory.cleanup()


TestAgainst = Against.TestCase
TestAgainst.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
