"""What waits is sent once, in order, when the turn ends or too many wait."""

from collections.abc import Callable

import pytest

from tollway.edge.outbox import SENDERS_MAX, Outbox


class Turn:
    """A turn of a loop: keeps what is to be called at its end."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], None]] = []

    def at_end(self, call: Callable[[], None]) -> None:
        self.calls.append(call)

    def end(self) -> None:
        calls, self.calls = self.calls, []
        for call in calls:
            call()


class Sender:
    """Writes its name down when it is told to send."""

    def __init__(self, name: int, sent: list[int]) -> None:
        self.name = name
        self.sent = sent

    def send_held(self) -> None:
        self.sent.append(self.name)


def test_all_that_was_added_in_a_turn_is_sent_at_its_end_in_order() -> None:
    turn, sent = Turn(), list[int]()
    outbox = Outbox(turn.at_end)
    for name in (2, 1, 3):
        outbox.add(Sender(name, sent))
    assert (sent, len(turn.calls)) == ([], 1)
    turn.end()
    assert sent == [2, 1, 3]
    turn.end()
    outbox.add(Sender(4, sent))
    turn.end()
    assert sent == [2, 1, 3, 4]


def test_no_more_than_the_bound_wait_and_nobody_is_told_twice() -> None:
    turn, sent = Turn(), list[int]()
    outbox = Outbox(turn.at_end)
    for name in range(SENDERS_MAX + 3):
        outbox.add(Sender(name, sent))
    assert len(sent) == SENDERS_MAX
    turn.end()
    assert sent == list(range(SENDERS_MAX + 3))


def test_what_is_added_while_others_send_is_sent_too() -> None:
    turn, sent = Turn(), list[int]()
    outbox = Outbox(turn.at_end)

    class Asks(Sender):
        def send_held(self) -> None:
            super().send_held()
            outbox.add(Sender(2, sent))

    outbox.add(Asks(1, sent))
    turn.end()
    turn.end()
    assert sent == [1, 2]


def test_one_that_cannot_send_keeps_no_other_from_it(caplog: pytest.LogCaptureFixture) -> None:
    turn, sent = Turn(), list[int]()
    outbox = Outbox(turn.at_end)

    class Broken(Sender):
        def send_held(self) -> None:
            raise RuntimeError("the handle is closed")

    for sender in (Sender(1, sent), Broken(2, sent), Sender(3, sent)):
        outbox.add(sender)
    turn.end()
    assert sent == [1, 3]
    assert "could not be sent" in caplog.text
