"""Small meters of a test's own, and the clock they go by."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.metering import SMALL
from tollway.adapters.meters import MappedMeters, open_meters
from tollway.kernel.clock import FixedClock


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
