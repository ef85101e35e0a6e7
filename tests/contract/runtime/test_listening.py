"""An address is listened on, or the reason is said with the way out."""

import errno
import os
import socket
import threading

import pytest

from tollway.runtime.listening import BusyPort, bind
from tollway.settings.address import Address


def test_port_0_takes_a_free_port_and_says_which() -> None:
    listener = bind(Address("127.0.0.1", 0))
    with listener.socket, socket.create_connection(("127.0.0.1", listener.address.port), 5):
        assert listener.address.port != 0
        assert not listener.socket.getblocking()


def test_a_busy_port_is_said_with_its_address() -> None:
    first = bind(Address("127.0.0.1", 0))
    with first.socket, pytest.raises(BusyPort, match=f"127.0.0.1:{first.address.port}.*another"):
        bind(first.address)


def test_a_port_that_a_killed_supervisors_children_still_hold_is_waited_for() -> None:
    first = bind(Address("127.0.0.1", 0))
    threading.Timer(0.1, first.socket.close).start()
    second = bind(first.address, wait_seconds=10)
    second.socket.close()
    assert second.address == first.address


def test_an_address_of_another_machine_is_said() -> None:
    with pytest.raises(BusyPort, match="no such address"):
        bind(Address("192.0.2.1", 0))


@pytest.mark.parametrize(
    ("fault", "words"),
    [(errno.EACCES, "choose one above"), (errno.EAFNOSUPPORT, "Address family not supported")],
    ids=["rights", "any-other"],
)
def test_why_a_port_cannot_be_had_is_said(monkeypatch: pytest.MonkeyPatch, fault: int, words: str) -> None:
    def refuse(*_: object) -> None:
        raise OSError(fault, os.strerror(fault))

    monkeypatch.setattr("tollway.runtime.listening.socket.socket.bind", refuse)
    with pytest.raises(BusyPort, match=f"127.0.0.1:80: .*{words}"):
        bind(Address("127.0.0.1", 80))
