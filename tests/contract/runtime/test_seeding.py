"""After a power loss budgets start from what the ledger knows, and never from a guess."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.metering import granted
from tollway.adapters.meters import open_meters, read_boot_id
from tollway.contract.ledger_api import HealthAnswer, HealthQuery, Reply, Request, Spent, SpentAnswer, SpentWindowsQuery
from tollway.contract.limits import Budget, Limit, Limits
from tollway.gateway.claims import build_claims, combine
from tollway.gateway.room import NO_AMOUNTS
from tollway.kernel.errors import TollwayError
from tollway.policy.budget import HOUR_NS, period_start_ns
from tollway.runtime import seeding
from tollway.runtime.seeding import meters_are_new, seed_meters

Ledger = Callable[[Request], Reply]
BUDGET = build_claims(Limits(budgets=(Budget("b1", "total", 10**9, "total"),)), "token", "t1")


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Callable[[Ledger], None]:
    """Put a ledger in place that answers as the function does."""

    def install(answer: Ledger) -> None:
        class StandIn:
            def __init__(self, path: Path) -> None:
                assert path.name == "ledger.sock"

            def ask(self, request: Request) -> Reply:
                return answer(request)

        monkeypatch.setattr(seeding, "LedgerClient", StandIn)

    return install


def spent(data: Path) -> int:
    meters, _ = open_meters(data / "meters.mm", read_boot_id())
    try:
        return meters.read(BUDGET)[0].spent
    finally:
        meters.close()


def test_budgets_begin_with_what_the_ledger_says_once_it_has_caught_up(
    tmp_path: Path, ledger: Callable[[Ledger], None]
) -> None:
    lags = [500, 0]

    def answer(request: Request) -> Reply:
        if isinstance(request, HealthQuery):
            return HealthAnswer(lags.pop(0), 0, 0, 0)
        assert not lags, "asked before the ledger had caught up"
        return SpentAnswer((Spent("t1", "b1", 0, 700),))

    ledger(answer)
    assert meters_are_new(tmp_path)
    seed_meters(tmp_path)
    assert spent(tmp_path) == 700
    assert not meters_are_new(tmp_path)


def test_what_slides_and_what_is_counted_begin_with_what_the_ledger_says(
    tmp_path: Path, ledger: Callable[[Ledger], None]
) -> None:
    limits = Limits(
        limits=(
            Limit("roll", "roll", "cost", 10**9, window_seconds=7 * 86_400, is_budget=True),
            Limit("uses", "uses", "requests", 10, period="total"),
            Limit("month", "month", "total_tokens", 10**6, period="month", zone="Asia/Tokyo"),
        )
    )
    now = time.time_ns()
    hour = now - now % HOUR_NS
    month = period_start_ns("month", now, "Asia/Tokyo")
    kept = [Spent("t1", "roll~604800", hour - days * 24 * HOUR_NS, 100) for days in (0, 1, 6)]
    kept += [Spent("t1", "roll~604800", hour - 8 * 24 * HOUR_NS, 5_000), Spent("t1", "odd~", hour, 7)]
    # Of a window that it had before; what was used then still counts.
    kept.append(Spent("t1", "roll~86400", hour - HOUR_NS, 20))

    def answer(request: Request) -> Reply:
        if isinstance(request, HealthQuery):
            return HealthAnswer(0, 0, 0, 0)
        if isinstance(request, SpentWindowsQuery):
            assert request.since_ns < now - 31 * 24 * HOUR_NS
            return SpentAnswer(tuple(kept))
        return SpentAnswer((Spent("t1", "uses", 0, 4), Spent("t1", "month", month, 900), kept[0]))

    ledger(answer)
    seed_meters(tmp_path)
    meters, _ = open_meters(tmp_path / "meters.mm", read_boot_id())
    claims = build_claims(limits, "token", "t1")
    granted(meters.admit(combine(claims), NO_AMOUNTS, NO_AMOUNTS))
    assert [state.used for state in meters.read(claims)] == [320, 5, 900]
    meters.close()


def test_meters_of_this_boot_are_trusted_and_nothing_is_asked(tmp_path: Path, ledger: Callable[[Ledger], None]) -> None:
    ledger(lambda request: HealthAnswer(0, 0, 0, 0) if isinstance(request, HealthQuery) else SpentAnswer(()))
    seed_meters(tmp_path)
    ledger(lambda request: pytest.fail("asked"))
    seed_meters(tmp_path)


def test_without_an_answer_it_is_said_and_tried_again_at_the_next_start(
    tmp_path: Path, ledger: Callable[[Ledger], None], caplog: pytest.LogCaptureFixture
) -> None:
    def answer(request: Request) -> Reply:
        raise TollwayError("usage.unavailable")

    ledger(answer)
    seed_meters(tmp_path)
    assert "does not say" in caplog.text
    assert meters_are_new(tmp_path)


def test_a_ledger_that_stays_behind_is_waited_for_only_so_long(
    tmp_path: Path, ledger: Callable[[Ledger], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeding, "CATCH_UP_SECONDS", 0.1)
    ledger(lambda request: HealthAnswer(9, 0, 0, 0) if isinstance(request, HealthQuery) else SpentAnswer(()))
    seed_meters(tmp_path)
    assert not meters_are_new(tmp_path)
