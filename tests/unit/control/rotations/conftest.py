"""The domain on a fresh database, with a token that is due after ten days."""

import pytest

from kit.control import ACTOR, ControlPlane
from kit.notices import Notices
from tollway.control.rotations.model import NewRotationPolicy, RotationPolicy
from tollway.control.tokens.model import IssuedToken, NewToken

DAY = 86_400


@pytest.fixture
def notices(plane: ControlPlane) -> Notices:
    return Notices(plane)


@pytest.fixture
def issued(plane: ControlPlane) -> IssuedToken:
    return plane.tokens.issue(NewToken("ci"), ACTOR)


@pytest.fixture
def policy(plane: ControlPlane) -> RotationPolicy:
    """By link, every ten days with a day of overlap."""
    return plane.rotations.policies.create(NewRotationPolicy("all", "installation", 10 * DAY), ACTOR)
