"""A key is good for one request for a day."""

import pytest

from kit.control import ControlPlane
from tollway.control.idempotency.model import LIFETIME_SECONDS, Remembered
from tollway.kernel.errors import TollwayError


def answer(plane: ControlPlane, *, is_secret: bool = False) -> Remembered:
    return Remembered(b"hash", 201, (("etag", '"1"'),), b"{}", is_secret, plane.clock.now_ns())


def test_second_request_gets_the_first_answer(plane: ControlPlane) -> None:
    assert plane.idempotency.begin("me", "key", b"hash") is None
    running = plane.idempotency.begin("me", "key", b"hash")
    assert running is not None and running.status is None
    plane.idempotency.finish("me", "key", answer(plane))
    assert plane.idempotency.begin("me", "key", b"hash") == answer(plane)


def test_other_body_is_refused_and_other_scope_is_free(plane: ControlPlane) -> None:
    plane.idempotency.begin("me", "key", b"hash")
    with pytest.raises(TollwayError, match=r"^management\.idempotency"):
        plane.idempotency.begin("me", "key", b"other")
    assert plane.idempotency.begin("you", "key", b"other") is None


def test_secret_answer_is_not_kept(plane: ControlPlane) -> None:
    plane.idempotency.begin("me", "key", b"hash")
    plane.idempotency.finish("me", "key", answer(plane, is_secret=True))
    found = plane.idempotency.begin("me", "key", b"hash")
    assert found is not None and (found.status, found.headers, found.body, found.is_secret) == (201, (), b"", True)


def test_released_and_old_keys_are_free(plane: ControlPlane) -> None:
    plane.idempotency.begin("me", "key", b"hash")
    plane.idempotency.release("me", "key")
    assert plane.idempotency.begin("me", "key", b"other") is None
    plane.clock.advance(LIFETIME_SECONDS + 1)
    assert plane.idempotency.begin("me", "key", b"hash") is None
