"""Supervisor and children: one start message, one Ready, and a closed socket means gone."""

import gc
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from tollway.runtime.child import ChildStart, read_ready, receive_start, send_start
from tollway.settings import transfer
from tollway.settings.model import Settings

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """The supervisor's end and the child's."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def start(pair: Pair, fds: tuple[int, ...] = ()) -> ChildStart:
    return ChildStart(transfer.encode(Settings(data=Path("/data"))), b"k" * 32, 3, fds, "http://g", "http://c")


def receive(theirs: socket.socket):
    return receive_start([str(os.dup(theirs.fileno()))])


def test_a_child_learns_what_it_needs_and_the_key_never_shows(pair: Pair) -> None:
    listening = socket.socket()
    send_start(pair[0], start(pair, (listening.detach(),)))
    child = receive(pair[1])
    assert (child.settings.data, child.index, child.gateway_url) == (Path("/data"), 3, "http://g")
    assert child.root_key.reveal() == b"k" * 32 and "kkk" not in repr(child.root_key)
    assert [item.type & socket.SOCK_STREAM for item in child.sockets] == [socket.SOCK_STREAM]
    for item in (*child.sockets, child.control):
        item.close()


def test_ready_arrives_whole_or_not_yet(pair: Pair) -> None:
    send_start(pair[0], start(pair))
    child = receive(pair[1])
    child.ready(setup_url="http://c/setup#x")
    said = pair[0].recv(65_536)
    assert all(read_ready(said[:length]) is None for length in range(len(said)))
    ready = read_ready(said)
    assert ready is not None and ready.notes == {"setup_url": "http://c/setup#x"}
    child.control.close()


def test_a_child_whose_supervisor_is_gone_says_ready_to_nobody(pair: Pair) -> None:
    send_start(pair[0], start(pair))
    child = receive(pair[1])
    pair[0].close()
    child.ready()
    child.control.close()


@pytest.mark.parametrize("arguments", [[], ["x"], ["-1"], ["3", "4"]])
def test_a_person_who_starts_a_child_by_hand_is_told_what_to_type(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="tollway serve"):
        receive_start(arguments)


# What is left open belongs to a process that ends here.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", ConnectionError),
        (b"\0\0", ConnectionError),
        (b"\0\0\0\x09half", ConnectionError),
        (struct.pack("!I", 2**31), ValueError),
    ],
)
def test_half_a_start_or_an_endless_one_starts_nothing(pair: Pair, said: bytes, error: type[Exception]) -> None:
    pair[0].sendall(said)
    pair[0].close()
    with pytest.raises(error):
        receive(pair[1])
    gc.collect()
