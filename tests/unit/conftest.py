"""Unit tests are pure: a socket that connects or listens fails the test that used it."""

import socket
from typing import NoReturn

import pytest


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse `connect`, `connect_ex` and `bind`; socket pairs, which event loops need, keep working."""

    def refuse(*_: object) -> NoReturn:
        pytest.fail("unit tests use no sockets; put the test under tests/contract, tests/edge or tests/journeys")

    for name in ("connect", "connect_ex", "bind"):
        monkeypatch.setattr(socket.socket, name, refuse)
