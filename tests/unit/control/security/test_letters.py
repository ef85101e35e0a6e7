"""Owners get one letter an event that is worth one; a mail server that is away holds up nothing."""

import logging
from dataclasses import replace

import pytest

from kit.control import ACTOR
from kit.security import Security
from tollway.control.accounts.model import NewUser
from tollway.control.actor import SETUP, Actor
from tollway.control.notices.model import Letter, Posted
from tollway.control.security.letters import WAITING_MAX, SecurityLetters, write_letter
from tollway.control.security.model import SecurityEvent
from tollway.control.tokens.model import NewToken
from tollway.kernel.errors import TollwayError

EVENT = SecurityEvent(
    id="sec_1",
    kind="new_origin",
    severity="high",
    subject="abcdefABCDEF",
    subject_name="shop\r\nBcc: x",
    is_token=True,
    team_id=None,
    owner_id="user_1",
    detail="",
    facts={"address": "192.0.2.1", "client": "curl\n/8"},
    state="open",
    created_ns=1,
    last_ns=1_800_000_000 * 10**9,
    act="quarantine",
    act_state="done",
)


class Post:
    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.answer: Posted | TollwayError = Posted(True, "taken")

    def send(self, letter: Letter) -> Posted:
        if isinstance(self.answer, TollwayError):
            raise self.answer
        self.letters.append(letter)
        return self.answer


def test_a_letter_says_what_when_and_what_was_done_in_printable_lines() -> None:
    letter = write_letter(EVENT, "ada@example.org", "https://console.example")
    assert letter.subject == "Tollway: new origin of shop??Bcc: x" and letter.subject.isprintable()
    assert "tws_abcdefABCDEF…" in letter.text and "2027-01-15T08:00:00Z" in letter.text
    assert "client: curl?/8" in letter.text and "quarantine, which can be undone" in letter.text
    assert "https://console.example/security?event=sec_1" in letter.text
    source = replace(EVENT, is_token=False, subject_name="", act_state="none")
    assert "a source of calls" in write_letter(source, "a@b.c", "").text


def test_one_letter_for_each_recipient_and_none_for_what_is_not_worth_one() -> None:
    post = Post()
    letters = SecurityLetters(post, lambda event: ["a@example.org", "b@example.org"], "")
    letters.add(EVENT)
    letters.add(replace(EVENT, severity="medium", act_state="none"))
    letters.add(replace(EVENT, act_state="would"))
    letters.add(replace(EVENT, severity="low"))
    assert [letters.send(), letters.send(), letters.send()] == [True, False, False]
    assert [letter.to for letter in post.letters] == ["a@example.org", "b@example.org"] * 2


def test_what_cannot_be_sent_is_logged_and_left(caplog: pytest.LogCaptureFixture) -> None:
    post = Post()
    letters = SecurityLetters(post, lambda event: ["a@example.org"], "")
    with caplog.at_level(logging.WARNING):
        for answer in (TollwayError("management.not_found"), TollwayError("management.invalid"), Posted(False, "550")):
            post.answer = answer
            letters.add(EVENT)
            assert letters.send() is False
    assert len(caplog.records) == 2, "mail that is not set up is no fault"
    for _ in range(WAITING_MAX + 50):
        letters.add(EVENT)
    assert len(letters._waiting) == WAITING_MAX


def test_the_owner_of_a_token_is_written_to_and_else_those_who_look_after_everything(security: Security) -> None:
    plane = security.plane
    ada = plane.accounts.invite(NewUser("ada", "developer", (), email="ada@example.org"), ACTOR).user
    root = plane.accounts.invite(NewUser("root", "admin", (), email="root@example.org"), ACTOR).user
    with plane.database.write():
        for user in (ada, root):
            plane.account_store.put(replace(user, state="active"))
    own = plane.tokens.issue(NewToken("laptop"), Actor(ada.id, "user")).token
    shared = plane.tokens.issue(NewToken("shared"), SETUP).token
    for token, severity in ((own, "high"), (shared, "critical"), (shared, "low")):
        security.find("spike", token.id, severity, detail=severity)  # type: ignore[arg-type]
    while security.desk.letters.send():
        pass
    assert [letter.to for letter in security.letters] == ["ada@example.org", "root@example.org"]
