"""The domain on a fresh database."""

import pytest

from kit.control import ControlPlane
from kit.notices import Notices


@pytest.fixture
def notices(plane: ControlPlane) -> Notices:
    return Notices(plane)
