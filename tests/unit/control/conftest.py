"""A control plane of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.control import ControlPlane, Surroundings, open_surroundings


@pytest.fixture
def around(tmp_path: Path) -> Iterator[Surroundings]:
    """A migrated database and stand-ins."""
    surroundings = open_surroundings(tmp_path)
    yield surroundings
    surroundings.writer.dispose()
    surroundings.reader.dispose()


@pytest.fixture
def plane(around: Surroundings) -> ControlPlane:
    """A control plane that has just started."""
    return ControlPlane(around).start()
