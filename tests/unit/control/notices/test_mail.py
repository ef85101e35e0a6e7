"""How mail is sent is entered, kept sealed, and bound to its server."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from kit.control import ACTOR
from kit.notices import Notices
from tollway.adapters.storage.config_schema import mail_server
from tollway.control.audit.model import Wanted
from tollway.control.faults import Invalid
from tollway.control.notices.model import Letter, MailChange, Posted
from tollway.kernel.errors import TollwayError
from tollway.kernel.secret import Secret

SERVER = MailChange("mail.example", 587, "starttls", "tollway@example.com", "Tollway", "bot", Secret("pw canary"))


def test_a_letter_goes_out_with_the_password_that_no_row_shows(notices: Notices) -> None:
    notices.mail.set_up(SERVER, ACTOR)
    assert notices.mail.test("ada@example.com", ACTOR) == Posted(True, "taken")
    ((server, password, letter),) = notices.post.sent
    assert (server.host, server.sealed_password, password) == ("mail.example", b"", "pw canary")
    assert letter.to == "ada@example.com" and "mail.example" in letter.text
    with notices.plane.database.reading() as connection:
        row = repr(connection.execute(select(mail_server)).one())
    entries = notices.plane.audit.page(Wanted(action="mail"))
    assert [entry.action for entry in entries] == ["mail.test", "mail.set_up"]
    assert "canary" not in row + repr(entries) + repr(notices.mail.get())


def test_r22_the_password_stays_only_while_server_port_and_user_stay(notices: Notices) -> None:
    notices.mail.set_up(SERVER, ACTOR)
    same = replace(SERVER, password=MailChange.__dataclass_fields__["password"].default, from_name="Gate")
    assert notices.mail.set_up(same, ACTOR).version == 2
    for elsewhere in (replace(same, host="evil.example"), replace(same, port=25), replace(same, username="root")):
        with pytest.raises(Invalid) as refused:
            notices.mail.set_up(elsewhere, ACTOR)
        assert [fault.path for fault in refused.value.faults] == ["/password"]
    assert notices.mail.set_up(replace(same, username=""), ACTOR).sealed_password == b""
    notices.mail.send(Letter("ada@example.com", "s", "t"))
    assert notices.post.sent[-1][1] == ""


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (replace(SERVER, host="a b"), "/host"),
        (replace(SERVER, host="a\r\nb"), "/host"),
        (replace(SERVER, port=0), "/port"),
        (replace(SERVER, from_address="x@y\r\nBcc: z@w"), "/from_address"),
        (replace(SERVER, from_address="no address"), "/from_address"),
        (replace(SERVER, from_name="a\nb"), "/from_name"),
        (replace(SERVER, security="none"), "/security"),
        (replace(SERVER, username=""), "/password"),
        (replace(SERVER, username="größe"), "/username"),
        (replace(SERVER, password=Secret("größe")), "/password"),
        (replace(SERVER, password=Secret("a\nb")), "/password"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(notices: Notices, change: MailChange, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        notices.mail.set_up(change, ACTOR)
    assert [fault.path for fault in refused.value.faults] == [pointer]


def test_a_header_cannot_be_put_into_a_letter(notices: Notices) -> None:
    notices.mail.set_up(SERVER, ACTOR)
    for letter in (Letter("a@b.example\nBcc: c@d.example", "s", "t"), Letter("a@b.example", "s\r\nBcc: x", "t")):
        with pytest.raises(Invalid):
            notices.mail.send(letter)
    assert notices.post.sent == []


def test_without_a_server_nothing_is_sent(notices: Notices) -> None:
    assert notices.mail.find() is None
    with pytest.raises(TollwayError, match="not set up"):
        notices.mail.test("ada@example.com", ACTOR)
    server = notices.mail.set_up(SERVER, ACTOR)
    with pytest.raises(TollwayError):
        notices.mail.remove(ACTOR, expected_version=server.version + 1)
    notices.mail.remove(ACTOR, expected_version=server.version)
    notices.mail.remove(ACTOR)
    assert notices.mail.find() is None
