"""Owners get one letter an event that is worth one; a mail server that is away holds up nothing."""

from dataclasses import replace

from kit.control import ACTOR
from kit.security import Security
from tollway.control.accounts.model import NewUser
from tollway.control.actor import SETUP, Actor
from tollway.control.notices.model import Letter
from tollway.control.security.letters import RECIPIENTS_MAX, SecurityLetters, write_letter
from tollway.control.security.model import SecurityEvent
from tollway.control.tokens.model import NewToken

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


class Box:
    """Implements Letterbox."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    def post(self, letter: Letter) -> None:
        self.letters.append(letter)


def test_a_letter_says_what_when_and_what_was_done_in_printable_lines() -> None:
    letter = write_letter(EVENT, "ada@example.org", "https://console.example")
    assert letter.subject == "Tollway: new origin of shop??Bcc: x" and letter.subject.isprintable()
    assert "tws_abcdefABCDEF…" in letter.text and "2027-01-15T08:00:00Z" in letter.text
    assert "client: curl?/8" in letter.text and "quarantine, which can be undone" in letter.text
    assert "https://console.example/security?event=sec_1" in letter.text
    source = replace(EVENT, is_token=False, subject_name="", act_state="none")
    assert "a source of calls" in write_letter(source, "a@b.c", "").text


def test_one_letter_for_each_recipient_and_none_for_what_is_not_worth_one() -> None:
    box = Box()
    letters = SecurityLetters(box, lambda event: ["a@example.org", "b@example.org"], "")
    letters.add(EVENT)
    letters.add(replace(EVENT, severity="medium", act_state="none"))
    letters.add(replace(EVENT, act_state="would"))
    letters.add(replace(EVENT, severity="low"))
    assert [letter.to for letter in box.letters] == ["a@example.org", "b@example.org"] * 2


def test_an_event_about_which_many_are_to_know_is_told_to_some() -> None:
    box = Box()
    SecurityLetters(box, lambda event: [f"{one}@example.org" for one in range(50)], "").add(EVENT)
    assert len(box.letters) == RECIPIENTS_MAX


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
    assert [letter.to for letter in security.letters] == ["ada@example.org", "root@example.org"]
