"""What the meters hold is bounded: idle places are taken over, and a full table refuses rather than forgets."""

from pathlib import Path

import pytest

from kit.metering import SMALL, admit, budget, claim_for, granted, rate, settle, slots
from tollway.adapters.meters import Layout, MappedMeters, open_meters
from tollway.adapters.meters import admission as admission_module
from tollway.adapters.meters import table as table_module
from tollway.adapters.meters.layout import HELD_MAX
from tollway.contract.policy import Period
from tollway.kernel.clock import FixedClock
from tollway.kernel.errors import TollwayError


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
