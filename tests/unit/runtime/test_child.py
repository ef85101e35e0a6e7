"""Supervisor and children: one start message, one Ready, and a closed socket means gone."""

import asyncio
import gc
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from tollway.adapters.secrets import RootKeys
from tollway.kernel.errors import TollwayError
from tollway.runtime import child
from tollway.runtime.child import (
    AllHave,
    ChildStart,
    FileChanged,
    HasKeys,
    Inbox,
    Listening,
    NewKeys,
    Ready,
    Start,
    Starting,
    read_message,
    receive_start,
    send,
)
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
    return ChildStart(transfer.encode(Settings(data=Path("/data"))), ((1, b"k" * 32),), 3, fds, "http://g", "http://c")


def receive(theirs: socket.socket):
    return receive_start([str(os.dup(theirs.fileno()))])


def test_a_child_learns_what_it_needs_and_the_key_never_shows(pair: Pair) -> None:
    listening = socket.socket()
    send(pair[0], start(pair, (listening.detach(),)))
    child = receive(pair[1])
    assert (child.settings.data, child.index, child.gateway_url) == (Path("/data"), 3, "http://g")
    assert child.root_keys[0].key.reveal() == b"k" * 32 and "kkk" not in repr(child.root_keys)
    assert [item.type & socket.SOCK_STREAM for item in child.sockets] == [socket.SOCK_STREAM]
    for item in (*child.sockets, child.control):
        item.close()


def test_ready_arrives_whole_or_not_yet(pair: Pair) -> None:
    send(pair[0], start(pair))
    child = receive(pair[1])
    child.ready(setup_url="http://c/setup#x")
    said = pair[0].recv(65_536)
    inbox = Inbox()
    heard = [body for index in range(len(said)) for body in inbox.take(said[index : index + 1])]
    assert [read_message(body) for body in heard] == [Ready({"setup_url": "http://c/setup#x"})]
    child.control.close()


def heard(ours: socket.socket) -> list[object]:
    """Return what the child has said so far."""
    return [read_message(body) for body in Inbox().take(ours.recv(65_536))]


async def test_a_child_takes_new_keys_and_says_so(pair: Pair) -> None:
    send(pair[0], start(pair))
    child = receive(pair[1])
    taken: list[RootKeys] = []
    gone = asyncio.Event()
    listening = Listening(child, taken.append)
    listening.begin(asyncio.get_running_loop(), gone.set)
    send(pair[0], NewKeys(((2, b"n" * 32), (1, b"k" * 32))))
    while not taken:
        await asyncio.sleep(0.001)
    assert [(one.generation, one.key.reveal()[:1]) for one in taken[0]] == [(2, b"n"), (1, b"k")]
    assert heard(pair[0]) == [HasKeys()]
    assert not gone.is_set()
    pair[0].close()
    pair[1].close()
    await gone.wait()
    child.control.close()


async def asked(child: Start, ours: socket.socket, answer: AllHave) -> None:
    """Let a child hand keys over and answer it."""
    listening = Listening(child, lambda keys: None)
    listening.begin(asyncio.get_running_loop(), lambda: None)
    handing_over = asyncio.create_task(asyncio.to_thread(listening.hand_over))
    try:
        assert await asyncio.to_thread(heard, ours) == [FileChanged()]
        send(ours, answer)
        await handing_over
    finally:
        listening.end(asyncio.get_running_loop())
        child.control.close()


async def test_the_console_waits_until_all_have_the_keys(pair: Pair) -> None:
    send(pair[0], start(pair))
    await asked(receive(pair[1]), pair[0], AllHave())


async def test_the_console_learns_that_a_process_does_not_take_them(pair: Pair) -> None:
    send(pair[0], start(pair))
    with pytest.raises(TollwayError, match="worker") as caught:
        await asked(receive(pair[1]), pair[0], AllHave("worker-1 does not answer"))
    assert caught.value.code.name == "management.unavailable"


async def test_nobody_waits_for_ever_for_a_supervisor(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tollway.runtime.child.HAND_OVER_SECONDS", 0.01)
    send(pair[0], start(pair))
    child = receive(pair[1])
    with pytest.raises(TollwayError, match="not in use everywhere"):
        await asyncio.to_thread(Listening(child, lambda keys: None).hand_over)
    child.control.close()


def test_an_endless_message_is_not_kept() -> None:
    with pytest.raises(ValueError, match="too long"):
        list(Inbox().take(struct.pack("!I", 2**31)))


def test_a_child_whose_supervisor_is_gone_says_ready_to_nobody(pair: Pair) -> None:
    send(pair[0], start(pair))
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


def test_a_child_that_starts_says_what_it_does_until_it_is_done(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "SIGN_SECONDS", 0.01)
    begun = Start(start(pair), pair[1])
    pair[0].settimeout(5)
    inbox = Inbox()
    with begun.working("opens its database"):
        (first, *_) = inbox.take(pair[0].recv(65_536))
    assert read_message(first) == Starting("opens its database")
    begun.ready()
    heard: list[object] = []
    while Ready() not in heard:
        heard += [read_message(body) for body in inbox.take(pair[0].recv(65_536))]
    assert set(map(type, heard[:-1])) <= {Starting}
    pair[0].settimeout(0.05)
    with pytest.raises(TimeoutError):
        pair[0].recv(1)
    begun.control.detach()
