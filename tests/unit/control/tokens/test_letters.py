"""Letters to owners: one address, no secret, and no failure that reaches anybody else."""

import pytest

from kit.control import ACTOR, ControlPlane
from kit.notices import Notices
from tollway.control.notices.model import MailChange
from tollway.control.tokens.letters import ExpiryLetters
from tollway.control.tokens.model import NewToken, Token
from tollway.kernel.errors import TollwayError

DAY_NS = 86_400 * 10**9
ADDRESSES = {"user_1": "ada@example.org"}


@pytest.fixture
def notices(plane: ControlPlane) -> Notices:
    notices = Notices(plane)
    change = MailChange("mail.example.org", 587, "starttls", "tollway@example.org")
    notices.mail.set_up(change, ACTOR)
    return notices


@pytest.fixture
def token(plane: ControlPlane) -> Token:
    return plane.tokens.issue(NewToken("nightly"), ACTOR).token


def letters(notices: Notices) -> ExpiryLetters:
    return ExpiryLetters(notices.outbox, ADDRESSES.get, "https://console.example")


def test_the_owner_is_told_which_token_and_where_to_extend_it(notices: Notices, token: Token) -> None:
    letters(notices).write(token, 1)
    assert notices.outbox.send()
    ((_, _, letter),) = notices.post.sent
    assert letter.to == "ada@example.org"
    assert f"https://console.example/tokens/{token.id}" in letter.text
    assert token.masked in letter.text
    assert "in at most 1 day." in letter.text


def test_nobody_is_written_to_without_an_address_an_owner_or_mail(
    plane: ControlPlane, notices: Notices, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    ExpiryLetters(notices.outbox, lambda _: None, "").write(token, 7)
    notices.mail.remove(ACTOR)
    letters(notices).write(token, 7)
    assert not notices.outbox.send() and notices.post.sent == []


def test_a_letter_that_cannot_be_stored_is_logged_and_stops_nothing(
    notices: Notices, token: Token, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise TollwayError("management.unavailable")

    notices.outbox.post = refuse  # type: ignore[assignment,method-assign]  # a database that is gone
    letters(notices).write(token, 30)
    assert "could not be written to" in caplog.text


def test_an_idle_end_says_that_a_call_keeps_the_token(notices: Notices, token: Token) -> None:
    letters(notices).write(token, 7, token.created_ns + 80 * DAY_NS)
    assert notices.outbox.send()
    ((_, _, letter),) = notices.post.sent
    assert letter.subject == "The token nightly ends soon if it is not used"
    assert "Any call with it keeps it" in letter.text
