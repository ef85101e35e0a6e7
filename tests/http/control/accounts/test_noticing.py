"""People hear of what happens to their accounts: by a letter to where letters went before, and by webhooks."""

import json

import pytest
from starlette.testclient import TestClient

from kit.console import NAME, PASSWORD, Console
from kit.factors import SECOND, A, S, add_app, add_passkey, first_step
from kit.matrix import add_person, sign_in
from tollway.control.accounts.noticing import write_letter
from tollway.control.actor import OPERATOR, Actor
from tollway.control.notices.model import MailChange, NewWebhook, Posted
from tollway.control.sessions.model import AccountNews, User

ADDRESS = "ada@example.com"
NEW_PASSWORD = "eleven purple bicycles"  # of a test


@pytest.fixture
def heard(console: Console, browser: TestClient) -> "Heard":
    """The owner, with an address and mail set up, and a webhook for everything."""
    return Heard(console, browser)


class Heard:
    """What was told since the last look."""

    def __init__(self, console: Console, browser: TestClient) -> None:
        self.console = console
        console.notices.mail.set_up(MailChange("mail.example.com", 25, "none", "tollway@example.com"), OPERATOR)
        console.notices.webhooks.create(NewWebhook("ops", "https://hooks.example/"), OPERATOR)
        own = browser.get(S).json()["user"]["id"]
        answer = browser.patch(f"/api/v1/users/{own}", json={"email": ADDRESS})
        assert answer.status_code == 200, answer.text
        self.letters(), self.events()

    def letters(self) -> list[tuple[str, str, str]]:
        """Send what waits, and return (to, subject, text) of each letter."""
        while self.console.notices.outbox.send():
            pass
        sent = [(one.to, one.subject, one.text) for _, _, one in self.console.notices.post.sent]
        self.console.notices.post.sent.clear()
        return sent

    def events(self) -> list[tuple[str, dict[str, object]]]:
        """Return (type, data) of each event about accounts."""
        self.console.notices.deliver_due()
        bodies = [json.loads(one.body) for one in self.console.notices.receivers.sent]
        self.console.notices.receivers.sent.clear()
        return [(body["type"], body["data"]) for body in bodies]


def test_a_new_password_is_told(heard: Heard, browser: TestClient) -> None:
    answer = browser.post(f"{A}/password", json={"current": PASSWORD, "new": NEW_PASSWORD})
    assert answer.status_code == 200, answer.text
    ((to, subject, text),) = heard.letters()
    assert (to, subject) == (ADDRESS, "Your Tollway password was changed")
    assert f"Hello {NAME}," in text and "by the password" in text and "testclient" in text
    assert "http://localhost/account" in text and NEW_PASSWORD not in text and PASSWORD not in text
    ((kind, data),) = heard.events()
    assert (kind, data["means"], data["address"]) == ("user.password_changed", "password", "127.0.0.1")


def test_a_password_by_a_link_is_told_and_an_invitation_is_not(
    heard: Heard, console: Console, browser: TestClient
) -> None:
    boss = browser
    invited = boss.post("/api/v1/users", json={"name": "eve", "role": "viewer"}).json()
    welcome(console, invited["link"]["url"] if "link" in invited else invited["url"])
    assert [kind for kind, _ in heard.events()] == ["user.invited"]
    person = next(one for one in boss.get("/api/v1/users").json()["items"] if one["name"] == "eve")
    boss.patch(f"/api/v1/users/{person['id']}", json={"email": "eve@example.com"})
    assert [kind for kind, _ in heard.events()] == ["user.email_changed"]
    assert heard.letters() == [], "there was no address before"
    issued = console.plane.accounts.issue_link(person["id"], OPERATOR)
    answer = console.client().post(
        "/api/v1/welcome", json={"link_token": issued.secret.reveal(), "password": NEW_PASSWORD}
    )
    assert answer.status_code == 200, answer.text
    assert [(kind, data["means"]) for kind, data in heard.events()] == [("user.password_changed", "link")]
    assert [(to, subject) for to, subject, _ in heard.letters()] == [
        ("eve@example.com", "Your Tollway password was changed")
    ]


def welcome(console: Console, url: str) -> None:
    token = url.partition("token=")[2]
    answer = console.client().post("/api/v1/welcome", json={"link_token": token, "password": PASSWORD})
    assert answer.status_code == 200, answer.text


def test_every_change_of_factors_is_told(heard: Heard, console: Console, browser: TestClient) -> None:
    app, codes = add_app(console, browser)
    add_passkey(browser)
    (passkey,) = browser.get(f"{A}/factors").json()["passkeys"]
    browser.post(f"{A}/recovery-codes")
    browser.patch(f"{A}/passkeys/{passkey['id']}", json={"name": "other"})
    answer = browser.delete(f"{A}/passkeys/{passkey['id']}")
    browser.headers["x-tollway-csrf"] = answer.json()["session"]["csrf"]
    browser.delete(f"{A}/totp")
    told = {(data["change"], data["factor"]) for kind, data in heard.events() if kind == "user.factors_changed"}
    assert told == {
        ("factor_added", "totp"),
        ("factor_added", "passkey"),
        ("codes_renewed", "recovery"),
        ("factor_removed", "passkey"),
        ("factor_removed", "totp"),
    }
    letters = heard.letters()
    assert [to for to, _, _ in letters] == [ADDRESS] * 5
    assert not [code for code in (*codes, app.code()) for _, _, text in letters if code in text]


def test_a_reset_by_somebody_else_names_them_and_a_used_recovery_code_is_told(heard: Heard, console: Console) -> None:
    user_id = add_person(console, "mate", "viewer")
    client = sign_in(console, "mate")
    _, codes = add_app(console, client)
    boss = console.signed_in()
    boss.patch(f"/api/v1/users/{user_id}", json={"email": "mate@example.com"})
    heard.events(), heard.letters()
    half = first_step(console, "mate")
    assert half.post(SECOND, json={"code": codes[0]}).status_code == 200
    told = dict(heard.events())
    assert told["user.factors_changed"]["change"] == "code_used"
    heard.letters()
    assert boss.post(f"/api/v1/users/{user_id}/reset-factors").status_code == 200
    ((kind, data),) = heard.events()
    assert (kind, data["change"], data["factor"]) == ("user.factors_changed", "factors_reset", None)
    ((to, _, text),) = heard.letters()
    assert to == "mate@example.com" and f"by:   {NAME}, not you" in text and "tell an administrator at once" in text


def test_a_new_address_is_told_to_the_one_before(heard: Heard, browser: TestClient) -> None:
    own = browser.get(S).json()["user"]["id"]
    assert browser.patch(f"/api/v1/users/{own}", json={"email": "evil@example.com"}).status_code == 200
    ((to, _, text),) = heard.letters()
    assert to == ADDRESS and "evil@" not in text
    assert [kind for kind, _ in heard.events()] == ["user.email_changed"]


def test_a_browser_is_new_once_and_the_first_one_of_a_person_is_not(heard: Heard, console: Console) -> None:
    known = console.signed_in()
    ((kind, data),) = heard.events()
    assert (kind, data["means"]) == ("user.new_device", "password")
    assert data["agent"] == "testclient"
    ((_, subject, text),) = heard.letters()
    assert "new browser" in subject and "127.0.0.1, testclient" in text
    again = known.post(S, json={"name": NAME, "password": PASSWORD})
    assert again.status_code == 200 and heard.events() == []
    audit = known.get("/api/v1/audit", params={"action": "session.begin"}).json()["items"]
    assert [one["after"]["device"] for one in audit][:2] == ["known", "new"]
    assert console.client().post(S, json={"name": NAME, "password": "wrong"}).status_code == 401
    assert heard.events() == [], "whoever does not get in is no sign-in"


def test_the_device_cookie_is_of_this_origin_alone_and_opens_nothing(console: Console) -> None:
    client = console.client(base="https://localhost")
    answer = client.post(S, json={"name": NAME, "password": PASSWORD})
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-tollway-device="))
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=strict", "Max-Age=34560000"} <= set(cookie.split("; "))
    bare = console.client(base="https://localhost")
    bare.cookies.set("__Host-tollway-device", client.cookies["__Host-tollway-device"], domain="localhost")
    assert bare.get(S).status_code == 401


def test_a_new_password_forgets_all_other_browsers(heard: Heard, console: Console, browser: TestClient) -> None:
    other = console.signed_in()
    answer = browser.post(f"{A}/password", json={"current": PASSWORD, "new": NEW_PASSWORD})
    assert answer.status_code == 200, answer.text
    heard.events()
    assert other.post(S, json={"name": NAME, "password": NEW_PASSWORD}).status_code == 200
    assert browser.post(S, json={"name": NAME, "password": NEW_PASSWORD}).status_code == 200
    assert [kind for kind, _ in heard.events()] == ["user.new_device"]


def test_what_cannot_be_sent_stops_nothing(heard: Heard, console: Console, caplog: pytest.LogCaptureFixture) -> None:
    console.notices.post.posted = Posted(False, "550 no such box")
    console.signed_in()
    assert len(heard.letters()) == 1 and "550 no such box" in caplog.text
    console.notices.mail.remove(OPERATOR)
    console.signed_in()
    assert heard.letters() == []


def test_a_letter_has_one_line_for_each_fact() -> None:
    user = User("user_1", "Ada\nBcc: x", "ada", "owner", "", 0, email=ADDRESS)
    news = AccountNews("new_device", user, Actor("user_1", "user", name="Ada\r\nx"), "passkey", "a\nb")
    text = write_letter(news, ADDRESS, "https://console.example", at_ns=0).text
    assert "Hello Ada?Bcc: x," in text and "a?b" in text and "by:   Ada??x" in text
    assert "the machine itself" in text
