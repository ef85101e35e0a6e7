"""The security domain on a control plane of its own."""

import pytest

from kit.control import ACTOR, ControlPlane
from kit.security import Security
from tollway.control.tokens.model import NewToken


@pytest.fixture
def security(plane: ControlPlane) -> Security:
    return Security(plane)


@pytest.fixture
def token(plane: ControlPlane) -> tuple[str, str]:
    """(id, whole text) of a token."""
    issued = plane.tokens.issue(NewToken(name="shop"), ACTOR)
    return issued.token.id, issued.secret.reveal()
