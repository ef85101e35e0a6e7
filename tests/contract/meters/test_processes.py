"""Exact across processes, and after any of them was killed at any instant: never too much, and nothing leaks."""

import contextlib
import os
import random
import signal
import time
from pathlib import Path

import pytest

from kit.deadly import Deadly, make_deadly, make_joining_deadly
from kit.metering import admit, granted, settle
from kit.processes import fork, join, wait_for
from tollway.adapters.meters import Layout, MappedMeters, open_meters
from tollway.adapters.meters.locks import WAIT_SECONDS, RangeLocks
from tollway.contract.policy import Budget, ConcurrencyLimit, Limit, Limits, RequestLimit
from tollway.gateway.claims import build_claims
from tollway.gateway.room import Claim, Hold, MetersBusy
from tollway.kernel.errors import TollwayError

LAYOUT = Layout(cells=64, rates=64, amounts=64, processes=8, rows=64)
LIMITS = Limits(
    requests=(RequestLimit("l1", "rate", 10_000, 3600),),
    concurrency=(ConcurrencyLimit("c1", "slots", 3),),
    budgets=(Budget("b1", "budget", 10**9, "total"), Budget("b2", "second", 2 * 10**9, "total")),
    limits=(
        Limit("r1", "rolling", "cost", 10**9, window_seconds=3600),
        Limit("n1", "uses", "requests", 10**6, period="day", zone="Europe/Berlin"),
    ),
)
BUDGETS = 6
"""Of both owners."""
CLAIMS = build_claims(LIMITS, "token", "tok") + build_claims(LIMITS, "application", "app")


def opened(path: Path) -> MappedMeters:
    return open_meters(path, "boot", layout=LAYOUT)[0]


def test_four_processes_at_one_counter_admit_exactly_the_limit(tmp_path: Path) -> None:
    claims = build_claims(Limits(requests=LIMITS.requests), "token", "tok")

    def hammer() -> None:
        meters = opened(tmp_path / "m")
        wait_for(tmp_path / "go")
        admitted = 0
        for _ in range(5_000):
            admitted += isinstance(_patiently(meters, claims, 0), Hold)
        (tmp_path / f"{os.getpid()}.count").write_text(str(admitted))

    children = [fork(hammer) for _ in range(4)]
    (tmp_path / "go").touch()
    assert [join(child) for child in children] == [0] * 4
    assert sum(int(path.read_text()) for path in tmp_path.glob("*.count")) == 10_000
    meters = opened(tmp_path / "m")
    assert meters.read(claims)[0].used == 10_000
    meters.close()


def test_four_processes_never_hold_more_than_the_limit_and_spend_what_they_say(tmp_path: Path) -> None:
    budget = build_claims(Limits(budgets=(Budget("b1", "budget", 1_000_000, "total"),)), "token", "tok")
    slots = build_claims(Limits(concurrency=LIMITS.concurrency), "token", "tok")

    def work() -> None:
        meters = opened(tmp_path / "m")
        chance = random.Random(os.getpid())
        wait_for(tmp_path / "go")
        spent = 0
        for _ in range(3_000):
            hold = None
            with contextlib.suppress(TollwayError):
                hold = admit(meters, budget + slots, 1000, 1)
            if isinstance(hold, Hold):
                state = meters.read(budget + slots)
                assert state[1].used <= 3
                cost = chance.randrange(hold.granted_nanos + 1)
                settle(meters, hold, cost)
                spent += cost
        # A settlement that found no lock in time is made up for before leaving.
        while meters._unsettled:
            meters.reclaim_dead()
        (tmp_path / f"{os.getpid()}.count").write_text(str(spent))
        meters.close()

    children = [fork(work) for _ in range(4)]
    (tmp_path / "go").touch()
    assert [join(child) for child in children] == [0] * 4
    meters = opened(tmp_path / "m")
    money, busy = meters.read(budget + slots)
    assert (money.reserved, busy.used) == (0, 0)
    assert money.spent == sum(int(path.read_text()) for path in tmp_path.glob("*.count")) <= 1_000_000
    meters.close()


def slots_and_money(meters: MappedMeters, claims: tuple[Claim, ...]) -> tuple[list[int], list[int], list[int]]:
    states = meters.read(claims)
    slots = [state.used for state in states if state.claim.kind == "slots"]
    money = [state for state in states if state.claim.measure == "cost"]
    return slots, [state.reserved for state in money], [state.spent for state in money]


@pytest.mark.parametrize("phase", ["admit", "admit by plan", "settle"])
def test_a_kill_before_any_store_is_repaired_and_never_forgets_spending(tmp_path: Path, phase: str) -> None:
    was_killed, stores = True, 0
    while was_killed:
        path = tmp_path / f"{stores}.mm"
        seen = tmp_path / f"{stores}.seen"
        survivor = fork(lambda path=path, seen=seen: _hold_until(path, seen))  # type: ignore[misc]
        wait_for(seen)

        def victim(path: Path = path, stores: int = stores) -> None:
            meters = opened(path)
            for _ in range(2 if phase == "admit by plan" else 0):
                settle(meters, granted(admit(meters, CLAIMS, 0, 0)), 0)
            assert bool(meters._plans) == (phase == "admit by plan")
            make_deadly(meters)
            Deadly.stores_left = stores if phase.startswith("admit") else -1
            hold = admit(meters, CLAIMS, 100, 100)
            assert isinstance(hold, Hold)
            Deadly.stores_left = stores if phase == "settle" else -1
            settle(meters, hold, 60)

        was_killed = join(fork(victim)) == signal.SIGKILL
        meters = opened(path)
        slots, reserved, spent = slots_and_money(meters, CLAIMS)
        assert slots == [1, 1]
        assert reserved == [7] * BUDGETS
        # Not admitted, or settled, or settled by reclamation, or (killed in the middle) both: never less than due.
        due = 60 if phase == "settle" or not was_killed else 0
        assert all(due <= nanos <= 160 for nanos in spent)
        assert was_killed or spent == [60] * BUDGETS
        assert meters.reclaim_dead() == 0
        seen.unlink()
        join(survivor)
        assert meters.reclaim_dead() == 0
        assert slots_and_money(meters, CLAIMS)[:2] == ([0, 0], [0] * BUDGETS)
        meters.close()
        stores += 1
    assert stores > 10


def _hold_until(path: Path, seen: Path) -> None:
    """Another worker with a call in flight, which must not be touched by what happens to its neighbour."""
    meters = opened(path)
    hold = admit(meters, CLAIMS, 7, 7)
    assert isinstance(hold, Hold)
    seen.touch()
    while seen.exists():
        time.sleep(0.001)
    settle(meters, hold, 7)
    meters.close()


@pytest.mark.slow
def test_a_kill_in_the_middle_of_reclamation_leaves_it_to_the_next(tmp_path: Path) -> None:
    was_killed, stores = True, 0
    while was_killed:
        path = tmp_path / f"{stores}.mm"

        def victim(path: Path = path) -> None:
            meters = opened(path)
            for _ in range(2):
                assert isinstance(admit(meters, CLAIMS, 100, 100), Hold)

        def reclaimer(path: Path = path, stores: int = stores) -> None:
            make_joining_deadly(stores)
            opened(path)

        assert join(fork(victim)) == 0
        was_killed = join(fork(reclaimer)) == signal.SIGKILL
        meters = opened(path)
        slots, reserved, spent = slots_and_money(meters, CLAIMS)
        assert (slots, reserved) == ([0, 0], [0] * BUDGETS)
        assert all(200 <= nanos <= 300 for nanos in spent)
        assert was_killed or spent == [200] * BUDGETS
        meters.close()
        stores += 1
    assert stores > 10


def test_reclamation_waits_for_locks_that_are_held(tmp_path: Path) -> None:
    path = tmp_path / "m"
    ready, begin, locked, stop = (tmp_path / name for name in ("ready", "begin", "locked", "stop"))

    def victim() -> None:
        assert isinstance(admit(opened(path), CLAIMS, 100, 100), Hold)

    def holder() -> None:
        meters = opened(path)
        ready.touch()
        wait_for(begin)
        meters._locks.lock_stripe(CLAIMS[0].stripe)
        locked.touch()
        wait_for(stop)

    child = fork(holder)
    wait_for(ready)
    assert join(fork(victim)) == 0
    begin.touch()
    wait_for(locked)
    # Who starts meanwhile takes another slot than that of the dead.
    meters = opened(path)
    assert meters.reclaim_dead() == 0
    with pytest.raises(TollwayError, match="held"):
        admit(meters, CLAIMS, 1, 1)
    assert isinstance(admit(meters, build_claims(LIMITS, "token", "another"), 1, 1), Hold)
    assert meters._locks.try_stripe(CLAIMS[0].stripe) is False
    stop.touch()
    join(child)
    assert meters.reclaim_dead() == 1
    assert slots_and_money(meters, CLAIMS)[0] == [0, 0]
    meters.close()


def test_a_lock_that_stays_held_is_waited_for_once_a_second_not_by_every_call(tmp_path: Path) -> None:
    """A stopped worker must not cost each call of one owner 50 ms of everybody's time."""
    path = tmp_path / "m"
    meters = opened(path)
    locked, stop = tmp_path / "locked", tmp_path / "stop"

    def holder() -> None:
        opened(path)._locks.lock_stripe(CLAIMS[0].stripe)
        locked.touch()
        wait_for(stop)

    MappedMeters.open_files.clear()  # The child opens the file anew, as a process of its own does.
    child = fork(holder)
    wait_for(locked)
    began = time.monotonic()
    for _ in range(50):
        with pytest.raises(MetersBusy, match="held"):
            admit(meters, CLAIMS, 1, 1)
    assert time.monotonic() - began < 50 * WAIT_SECONDS
    stop.touch()
    join(child)
    hold = admit(meters, CLAIMS, 1, 1)
    assert isinstance(hold, Hold)
    settle(meters, hold, 1)
    meters.close()


def test_a_lock_that_is_let_go_in_time_is_taken(tmp_path: Path) -> None:
    path, ready = tmp_path / "m", tmp_path / "ready"

    def holder() -> None:
        meters = opened(path)
        meters._locks.lock_stripe(CLAIMS[0].stripe)
        ready.touch()
        time.sleep(0.05)

    meters = opened(path)
    child = fork(holder)
    wait_for(ready)
    assert isinstance(_patiently(meters), Hold)
    join(child)
    meters.close()


def test_of_several_stripes_one_that_is_let_go_in_time_is_taken_with_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first was had before the second was found held: both are held in the end, and nobody else has them."""
    path, stripes = tmp_path / "m", (3, 5, 9)
    (wanted_by_child, wanted), (said, said_by_child) = os.pipe(), os.pipe()

    def holder() -> None:
        locks = opened(path)._locks
        locks.lock_stripe(5)
        os.write(said_by_child, b"h")
        os.read(wanted_by_child, 1)
        locks.unlock_stripe(5)
        os.write(said_by_child, b"u")
        os.read(wanted_by_child, 1)
        os.write(said_by_child, bytes(locks.try_stripe(stripe) for stripe in stripes))

    meters = opened(path)
    MappedMeters.open_files.clear()  # The child opens the file anew, as a process of its own does.
    child = fork(holder)
    assert os.read(said, 1) == b"h"

    def let_go(_: float) -> None:
        os.write(wanted, b"x")
        assert os.read(said, 1) == b"u"

    with monkeypatch.context() as patch:
        patch.setattr(time, "sleep", let_go)
        meters._locks.lock_stripes(stripes)
    os.write(wanted, b"x")
    assert os.read(said, 3) == bytes(3)
    join(child)
    meters._locks.unlock_stripes(stripes)
    meters.close()
    for descriptor in (wanted_by_child, wanted, said, said_by_child):
        os.close(descriptor)


@pytest.mark.parametrize("ends", [signal.SIGCONT, signal.SIGKILL], ids=["runs again", "is killed"])
def test_who_is_stopped_with_a_lock_is_waited_for_and_no_longer_than_that(tmp_path: Path, ends: signal.Signals) -> None:
    """A busy machine may put a holder aside for long, also in the middle of a settlement; a dead one holds nothing."""
    path, ready = tmp_path / "m", tmp_path / "ready"

    def holder() -> None:
        meters = opened(path)
        meters._locks.lock_stripe(CLAIMS[0].stripe)
        ready.touch()
        os.kill(os.getpid(), signal.SIGSTOP)
        meters._locks.unlock_stripe(CLAIMS[0].stripe)

    meters = opened(path)
    early = admit(meters, CLAIMS, 5, 5)
    assert isinstance(early, Hold)
    told: list[bool] = []
    meters.on_put_off = lambda: told.append(True)
    MappedMeters.open_files.clear()  # The child opens the file anew, as a process of its own does.
    child = fork(holder)
    wait_for(ready)
    settle(meters, early, 3)
    assert told == [True]
    with pytest.raises(MetersBusy):
        admit(meters, CLAIMS, 1, 1)
    time.sleep(0.2)
    os.kill(child, ends)
    began = time.monotonic()
    hold = _patiently(meters)
    assert isinstance(hold, Hold) and time.monotonic() - began < 1.5
    meters.settle_late()
    settle(meters, hold, 1)
    states = [state for state in meters.read(CLAIMS) if state.claim.measure == "cost"]
    assert [(state.spent, state.reserved) for state in states] == [(4, 0)] * BUDGETS
    join(child)
    meters.close()


def _patiently(meters: MappedMeters, claims: tuple[Claim, ...] = CLAIMS, much: int = 1) -> object:
    """Try again until the lock is free, as calls do."""
    for _ in range(10_000):
        with contextlib.suppress(MetersBusy):
            return admit(meters, claims, much, much)
        time.sleep(0.001)
    raise AssertionError("the lock is held for ever")


def test_an_idle_cell_of_a_busy_owner_is_not_taken_over(tmp_path: Path) -> None:
    """Whoever holds an owner's stripe may be about to use a cell that looks idle."""
    path, ready, stop = tmp_path / "m", tmp_path / "ready", tmp_path / "stop"
    owners = [build_claims(Limits(concurrency=LIMITS.concurrency), "token", f"o{n}") for n in range(64)]

    def holder() -> None:
        locks = opened(path)._locks
        for claims in owners:
            locks.lock_stripe(claims[0].stripe)
        ready.touch()
        wait_for(stop)

    meters = opened(path)
    for claims in owners:
        hold = admit(meters, claims, 0, 0)
        assert isinstance(hold, Hold)
        settle(meters, hold, 0)
    child = fork(holder)
    wait_for(ready)
    late = build_claims(Limits(concurrency=LIMITS.concurrency), "token", "late")
    with pytest.raises(TollwayError, match="full"):
        admit(meters, late, 0, 0)
    stop.touch()
    join(child)
    assert isinstance(admit(meters, late, 0, 0), Hold)
    meters.close()


def test_more_processes_than_slots_are_refused(tmp_path: Path) -> None:
    stop = tmp_path / "stop"
    layout = Layout(cells=64, rates=64, processes=2, rows=64)

    def member(ready: Path) -> None:
        open_meters(tmp_path / "m", "boot", layout=layout)
        ready.touch()
        wait_for(stop)

    children = []
    for number in range(2):
        ready = tmp_path / str(number)
        children.append(fork(lambda ready=ready: member(ready)))  # type: ignore[misc]
        wait_for(ready)
    with pytest.raises(TollwayError, match="slot"):
        open_meters(tmp_path / "m", "boot", layout=layout)
    MappedMeters.open_files.clear()
    stop.touch()
    for child in children:
        join(child)
    meters, _ = open_meters(tmp_path / "m", "boot", layout=layout)
    meters.close()


def test_a_process_that_leaves_with_calls_in_flight_is_charged_for_them(tmp_path: Path) -> None:
    meters = opened(tmp_path / "m")
    assert isinstance(admit(meters, CLAIMS, 100, 100), Hold)
    meters.close()
    meters = opened(tmp_path / "m")
    assert slots_and_money(meters, CLAIMS) == ([0, 0], [0] * BUDGETS, [100] * BUDGETS)
    meters.close()


def test_several_stripes_are_taken_all_or_none(tmp_path: Path) -> None:
    meters = opened(tmp_path / "m")
    ready, stop = tmp_path / "ready", tmp_path / "stop"

    def holder() -> None:
        opened(tmp_path / "m")._locks.lock_stripe(9)
        ready.touch()
        wait_for(stop)

    child = fork(holder)
    wait_for(ready)
    with pytest.raises(TollwayError):
        meters._locks.lock_stripes([3, 9, 12])

    def other() -> None:
        locks: RangeLocks = opened(tmp_path / "m")._locks
        assert locks.try_stripe(3)
        assert locks.try_stripe(12)
        assert not locks.try_stripe(9)

    assert join(fork(other)) == 0
    stop.touch()
    join(child)
    meters.close()


@pytest.mark.parametrize("kills", [25, pytest.param(600, marks=[pytest.mark.chaos, pytest.mark.timeout(300)])])
def test_killing_workers_at_random_leaks_nothing_and_admits_no_more(tmp_path: Path, kills: int) -> None:
    path, log = tmp_path / "m", tmp_path / "log"
    opened(path).close()
    limits = Limits(
        concurrency=(ConcurrencyLimit("c1", "slots", 5),), budgets=(Budget("b1", "budget", 10**12, "total"),)
    )
    claims = build_claims(limits, "token", "tok") + build_claims(limits, "application", "app")

    def work() -> None:
        meters = opened(path)
        chance = random.Random(os.getpid())
        out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        holds: list[Hold] = []
        while True:
            hold = None
            with contextlib.suppress(TollwayError):
                hold = admit(meters, claims, 1000, 1)
            if isinstance(hold, Hold):
                holds.append(hold)
            if holds and (len(holds) > 1 or chance.random() < 0.5):
                cost = chance.randrange(1000)
                settle(meters, holds.pop(), cost)
                os.write(out, b"%d\n" % cost)
            elif not isinstance(hold, Hold):
                meters.reclaim_dead()

    workers = [fork(work) for _ in range(3)]
    for _ in range(kills):
        time.sleep(random.random() / 20)
        victim = workers.pop(random.randrange(3))
        os.kill(victim, signal.SIGKILL)
        assert join(victim) == signal.SIGKILL
        workers.append(fork(work))
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
        join(worker)
    meters = opened(path)
    slots, reserved, spent = slots_and_money(meters, claims)
    settled = sum(int(line) for line in log.read_text().split())
    assert (slots, reserved) == ([0, 0], [0, 0])
    # A killed worker held two calls at most, each charged its reservation, and one of them at most its cost as well.
    assert all(settled <= nanos <= settled + (kills + 3) * 3000 for nanos in spent)
    assert settled > 0
    meters.close()
