"""Letters reach a real mail server, encrypted and logged in as the settings say, and never less."""

import smtplib
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from kit.private_ca import PrivateCA
from kit.smtp_stand_in import SMTPStandIn
from tollway.adapters.mail import sender as sending
from tollway.adapters.mail.sender import SMTPSender, build_message, describe
from tollway.control.notices.model import Letter, MailServer
from tollway.kernel.clock import FixedClock

LETTER = Letter("ada@example.com", "Budget of Größe near its end", "One line.\n.\nAfter a dot.\n")
SERVER = MailServer("localhost", 0, "none", "", b"", "tollway@example.com", "Töllway", 0, "")


@pytest.fixture(scope="module")
def authority() -> PrivateCA:
    return PrivateCA()


@pytest.fixture
def context(authority: PrivateCA, tmp_path: Path) -> ssl.SSLContext:
    return authority.server_context(tmp_path, "localhost")


@pytest.fixture
def sender(authority: PrivateCA) -> SMTPSender:
    return SMTPSender(FixedClock(), lambda: ssl.create_default_context(cadata=authority.pem))


def test_a_letter_arrives_whole_by_starttls_and_login(sender: SMTPSender, context: ssl.SSLContext) -> None:
    with SMTPStandIn(context=context) as server:
        server.logins = {"bot": "pa ss"}
        at = replace(SERVER, port=server.port, security="starttls", username="bot")
        posted = sender.send(at, "pa ss", LETTER)
        assert posted.is_ok, posted.detail
    (letter,) = server.letters
    assert (letter.was_encrypted, letter.login, letter.recipients) == (True, ("bot", "pa ss"), ["ada@example.com"])
    message = letter.message
    assert message["Subject"] == LETTER.subject and message["From"] == "Töllway <tollway@example.com>"
    assert message["Date"] == "Fri, 15 Jan 2027 08:00:00 +0000" and message["Message-ID"]
    assert message.get_content().replace("\r\n", "\n") == LETTER.text


def test_a_letter_goes_by_tls_from_the_start(sender: SMTPSender, context: ssl.SSLContext) -> None:
    with SMTPStandIn(context=context, is_tls=True) as server:
        assert sender.send(replace(SERVER, port=server.port, security="tls"), "", LETTER).is_ok
    assert server.letters[0].was_encrypted


def test_a_letter_goes_in_clear_only_when_told_to(sender: SMTPSender) -> None:
    with SMTPStandIn() as server:
        refused = sender.send(replace(SERVER, port=server.port, security="starttls"), "", LETTER)
        assert (refused.is_ok, server.letters) == (False, []) and "cannot do what is asked for" in refused.detail
        assert sender.send(replace(SERVER, port=server.port), "", LETTER).is_ok


def test_a_server_that_nobody_vouches_for_gets_neither_login_nor_letter(context: ssl.SSLContext) -> None:
    with SMTPStandIn(context=context) as server:
        server.logins = {"bot": "secret-canary"}
        at = replace(SERVER, port=server.port, security="starttls", username="bot")
        refused = SMTPSender(FixedClock()).send(at, "secret-canary", LETTER)
        assert not refused.is_ok and "certificate is not trusted" in refused.detail
        elsewhere = replace(at, host="127.0.0.1")
        assert not SMTPSender(FixedClock()).send(elsewhere, "secret-canary", LETTER).is_ok
    assert server.letters == []


def test_refusals_are_told_in_the_server_s_words_without_the_password(
    sender: SMTPSender, context: ssl.SSLContext
) -> None:
    with SMTPStandIn(context=context) as server:
        server.logins = {"bot": "right"}
        at = replace(SERVER, port=server.port, security="starttls", username="bot")
        wrong = sender.send(at, "wrong-canary", LETTER)
        assert "refused the login: 535" in wrong.detail and "canary" not in wrong.detail
        server.refused_recipients = {"ada@example.com"}
        assert "refused the recipient: 550 5.1.1 no such person" in sender.send(at, "right", LETTER).detail


def test_a_server_that_is_not_there_or_says_nothing_is_told_so(
    sender: SMTPSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SECONDS_MAX", 0.3)
    with SMTPStandIn() as server:
        port = server.port
        tls = sender.send(replace(SERVER, port=port, security="tls"), "", LETTER)
        assert "is it the right port and kind of encryption?" in tls.detail
        server.is_silent = True
        assert "does not answer" in sender.send(replace(SERVER, port=port), "", LETTER).detail
    assert "cannot be reached" in sender.send(replace(SERVER, port=port), "", LETTER).detail


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (smtplib.SMTPSenderRefused(553, b"not\r\nyours", "x"), "refused the sender: 553 not  yours"),
        (smtplib.SMTPDataError(554, b"spam"), "refused: 554 spam"),
        (smtplib.SMTPServerDisconnected("x"), "closed the connection"),
        (ValueError("x"), "cannot be written"),
    ],
)
def test_every_failure_has_words(error: Exception, words: str) -> None:
    assert words in describe(error)


def test_a_subject_of_two_lines_is_no_letter(sender: SMTPSender) -> None:
    with pytest.raises(ValueError, match=r"."):
        build_message(SERVER, replace(LETTER, subject="a\nBcc: x@y"), sent_ns=0)
    assert not sender.send(SERVER, "", replace(LETTER, subject="a\nBcc: x@y")).is_ok
