"""Letters go out with what they tell of, are tried again for a day, and end without holding anything up."""

import logging

import pytest

from kit.control import ACTOR, ControlPlane
from kit.notices import Notices
from tollway.adapters.storage.letters import SQLLetterStore
from tollway.control.notices.model import Letter, MailChange, Posted
from tollway.control.notices.outbox import WAITING_MAX, Outbox, OutboxParts
from tollway.control.notices.retrying import RETRY_SECONDS
from tollway.kernel.errors import TollwayError

LETTER = Letter("ada@example.org", "Something happened", "Look at it.")
SERVER = MailChange("mail.example.org", 587, "starttls", "tollway@example.org")


@pytest.fixture
def notices(plane: ControlPlane) -> Notices:
    notices = Notices(plane)
    notices.mail.set_up(SERVER, ACTOR)
    return notices


def sent(notices: Notices) -> list[Letter]:
    return [letter for _, _, letter in notices.post.sent]


def test_a_letter_is_sent_once_and_only_with_what_it_tells_of(notices: Notices) -> None:
    with pytest.raises(RuntimeError), notices.plane.database.write():
        notices.outbox.post(LETTER)
        raise RuntimeError
    assert not notices.outbox.send()
    notices.outbox.post(LETTER)
    assert notices.outbox.send() and not notices.outbox.send()
    assert sent(notices) == [LETTER]


def test_a_letter_that_was_not_taken_waits_longer_each_time_and_outlives_its_process(notices: Notices) -> None:
    notices.post.posted = Posted(False, "421 come back later")
    notices.outbox.post(LETTER)
    assert notices.outbox.send() and not notices.outbox.send(), "it is not tried again at once"
    notices.clock.advance(3)
    assert notices.outbox.send()
    notices.clock.advance(3)
    assert not notices.outbox.send(), "the second wait is longer"
    notices.post.posted = Posted(True, "taken")
    notices.clock.advance(10)
    store = SQLLetterStore(notices.plane.database)
    reborn = Outbox(OutboxParts(store, notices.mail, notices.plane.database, notices.clock))
    assert reborn.send() and len(sent(notices)) == 3
    notices.clock.advance(RETRY_SECONDS)
    assert not reborn.send()


def test_after_a_day_a_letter_is_given_up_and_the_log_says_so(
    notices: Notices, caplog: pytest.LogCaptureFixture
) -> None:
    notices.post.posted = Posted(False, "550 no such box")
    notices.outbox.post(LETTER)
    with caplog.at_level(logging.WARNING):
        for _ in range(12):
            notices.outbox.send()
            notices.clock.advance(6 * 3_600 + 5_500)
    assert "given up" in caplog.text and "550 no such box" in caplog.text
    assert LETTER.text not in caplog.text
    assert len(sent(notices)) < 12


def test_a_claim_keeps_others_away_until_it_runs_out(notices: Notices, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes look at once; one dies with the letter in its hands."""
    notices.outbox.post(LETTER)
    seen: list[bool] = []

    def die(*_: object) -> Posted:
        seen.append(notices.outbox.send())
        raise KeyboardInterrupt

    monkeypatch.setattr(notices.post, "send", die)
    with pytest.raises(KeyboardInterrupt):
        notices.outbox.send()
    monkeypatch.undo()
    assert (seen, notices.outbox.send()) == ([False], False)
    notices.clock.advance(91)
    assert notices.outbox.send() and sent(notices) == [LETTER]


def test_what_can_never_be_sent_is_left_and_without_mail_nothing_is_stored(
    notices: Notices, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        notices.outbox.post(Letter("nobody", "x", "y"))
        assert notices.outbox.send()
        assert "given up" in caplog.text
        notices.outbox.post(LETTER)
        notices.mail.remove(ACTOR)
        caplog.clear()
        assert notices.outbox.send() and caplog.text == "", "mail that is not set up is no fault"
    notices.outbox.post(LETTER)
    notices.mail.set_up(SERVER, ACTOR)
    notices.clock.advance(RETRY_SECONDS)
    assert not notices.outbox.send() and sent(notices) == []


def test_of_too_many_the_oldest_is_left_out(notices: Notices, monkeypatch: pytest.MonkeyPatch) -> None:
    assert WAITING_MAX == 1_000
    monkeypatch.setattr("tollway.control.notices.outbox.WAITING_MAX", 2)
    for number in range(4):
        notices.outbox.post(Letter("ada@example.org", str(number), ""))
        notices.clock.advance(1)
    while notices.outbox.send():
        pass
    assert [letter.subject for letter in sent(notices)] == ["2", "3"]


def test_a_password_that_does_not_open_is_tried_again(notices: Notices, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_letter: Letter) -> Posted:
        raise TollwayError("upstream.no_credential")

    notices.outbox.post(LETTER)
    monkeypatch.setattr(notices.mail, "send", refuse)
    assert notices.outbox.send()
    monkeypatch.undo()
    notices.clock.advance(3)
    assert notices.outbox.send() and sent(notices) == [LETTER]
