"""Small meters of a test's own, and the clock they go by."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.metering import SMALL
from tollway.adapters.meters import MappedMeters, leases, open_meters
from tollway.kernel.clock import FixedClock

EAGER = {"BUSY_CALLS": 1, "FAR": 1, "CALLS_NEAR": 0}
AS_THEY_ARE = {name: getattr(leases, name) for name in EAGER}


@pytest.fixture
def clock() -> FixedClock:
    """The clock of the meters."""
    return FixedClock()


@pytest.fixture
def meters(tmp_path: Path, clock: FixedClock) -> Iterator[MappedMeters]:
    """Meters that were never seeded; they are closed twice, which does no harm."""
    opened, needs_seed = open_meters(tmp_path / "meters.mm", "boot", layout=SMALL, clock=clock)
    assert needs_seed
    yield opened
    opened.close()
    opened.close()


@pytest.fixture
def eager(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases from the third call on, and as near to a limit as there is room for one."""
    values = AS_THEY_ARE if "as_they_are" in request.fixturenames else EAGER
    for name, value in values.items():
        monkeypatch.setattr(leases, name, value)
    monkeypatch.setattr("tollway.adapters.meters.meters.BUSY_CALLS", values["BUSY_CALLS"])


@pytest.fixture
def as_they_are() -> None:
    """Leases when there really are."""
