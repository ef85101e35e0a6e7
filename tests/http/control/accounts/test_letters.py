"""Links are mailed where that can be done, and shown where it cannot; their address is the configuration's."""

import re

import pytest
from starlette.testclient import TestClient

from kit.console import Console
from tollway.control.notices.model import Posted

U = "/api/v1/users"
SERVER = {"host": "mail.example", "port": 25, "security": "none", "from_address": "gateway@example.com"}


def invite(browser: TestClient, **fields: object) -> dict[str, dict[str, str]]:
    answer = browser.post(U, json={"name": "eve", "role": "developer", **fields})
    assert answer.status_code == 201, answer.text
    found: dict[str, dict[str, str]] = answer.json()
    return found


def test_without_mail_or_an_address_the_link_is_shown(console: Console, browser: TestClient) -> None:
    link = invite(browser, email="eve@example.com")["link"]
    assert link["url"].startswith("http://127.0.0.1:8081/welcome?token=") and link["mailed_to"] is None
    browser.put("/api/v1/mail", json=SERVER)
    assert invite(browser, name="bob")["link"]["url"]
    assert console.notices.post.sent == []


def test_an_invitation_and_a_reset_are_mailed_and_not_shown(console: Console, browser: TestClient) -> None:
    browser.put("/api/v1/mail", json=SERVER)
    invited = invite(browser, email="eve@example.com")
    assert (invited["link"]["url"], invited["link"]["mailed_to"]) == (None, "eve@example.com")
    (_, _, letter) = console.notices.post.sent[-1]
    assert letter.to == "eve@example.com" and "you are invited" in letter.text
    link = next(line for line in letter.text.splitlines() if "/welcome?token=" in line)
    assert link.startswith("http://127.0.0.1:8081/")
    stranger = console.client()
    token = link.partition("token=")[2]
    body = {"link_token": token, "password": "another quiet bicycle"}
    assert stranger.post("/api/v1/welcome", json=body).status_code == 200
    forged = {"host": "localhost", "x-forwarded-host": "evil.example"}
    reset = browser.post(f"{U}/{invited['user']['id']}/link", headers=forged).json()
    assert (reset["url"], reset["purpose"]) == (None, "reset")
    assert (
        "new password" in console.notices.post.sent[-1][2].text and "evil" not in console.notices.post.sent[-1][2].text
    )
    acts = browser.get(f"/api/v1/audit?action=user.mail&object_id={invited['user']['id']}").json()["items"]
    assert [act["after"] for act in acts] == [
        {"to": "eve@example.com", "purpose": purpose, "is_ok": True} for purpose in ("reset", "invite")
    ]
    assert token not in str(browser.get("/api/v1/audit").json())


FORGED = {
    "x-forwarded-host": "evil.example", "x-forwarded-proto": "gopher", "x-forwarded-port": "666",
    "x-forwarded-server": "evil.example", "x-forwarded-prefix": "/evil", "x-forwarded-uri": "/evil",
    "forwarded": "host=evil.example;proto=https", "x-original-host": "evil.example", "x-host": "evil.example",
    "x-original-url": "http://evil.example/", "x-rewrite-url": "http://evil.example/", "origin": "http://localhost:666",
    "referer": "http://evil.example/",
}  # fmt: skip


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:666", "gateway.example:81"])
def test_r11_no_header_changes_where_a_letter_or_a_link_leads(console: Console, browser: TestClient, host: str) -> None:
    """The reset link that was mended four times elsewhere: letters are the same to the byte but for what is secret."""
    browser.put("/api/v1/mail", json=SERVER)
    user_id = invite(browser, email="eve@example.com")["user"]["id"]
    shown = invite(browser, name="bob")["user"]["id"]

    def letter_and_link(headers: dict[str, str]) -> tuple[str, str]:
        browser.post(f"{U}/{user_id}/link", headers=headers)
        text = console.notices.post.sent[-1][2].text
        url = browser.post(f"{U}/{shown}/link", headers=headers).json()["url"]
        return re.sub(r"token=\S+", "token=", text), re.sub(r"token=\S+", "token=", url)

    plain = letter_and_link({})
    assert "http://127.0.0.1:8081/welcome?token=" in plain[0] and plain[1] == "http://127.0.0.1:8081/welcome?token="
    # A browser's own `sec-fetch-site` says where the request comes from; its Origin is not looked at beside it.
    assert letter_and_link({**FORGED, "host": host}) == plain
    if host == "localhost":
        for name, value in FORGED.items():
            assert letter_and_link({name: value}) == plain, name


def test_a_letter_that_the_server_does_not_take_is_told_and_the_link_shown(
    console: Console, browser: TestClient
) -> None:
    browser.put("/api/v1/mail", json=SERVER)
    console.notices.post.posted = Posted(False, "550 no such mailbox")
    link = invite(browser, email="eve@example.com")["link"]
    assert link["url"] and (link["mailed_to"], link["mail_problem"]) == (None, "550 no such mailbox")


def test_r38_an_address_is_where_letters_go_and_never_who_somebody_is(console: Console, browser: TestClient) -> None:
    """Two people with one address are two; a link is of the person it was made for; nobody signs in by an address."""
    first = invite(browser, email="eve@example.com")
    second = invite(browser, name="mallory", email="EVE@example.com")
    assert first["user"]["id"] != second["user"]["id"]
    token = second["link"]["url"].partition("token=")[2]
    stranger = console.client()
    entered = stranger.post("/api/v1/welcome", json={"link_token": token, "password": "another quiet bicycle"})
    assert entered.json()["user"]["id"] == second["user"]["id"]
    assert browser.get(f"{U}/{first['user']['id']}").json()["state"] == "invited"
    for name in ("eve@example.com", "EVE@example.com", "eve"):
        answer = console.client().post("/api/v1/session", json={"name": name, "password": "another quiet bicycle"})
        assert (answer.status_code, answer.json()["code"]) == (401, "management.sign_in")


def test_r38_a_link_of_somebody_who_was_switched_off_does_nothing(console: Console, browser: TestClient) -> None:
    invited = invite(browser)
    token = invited["link"]["url"].partition("token=")[2]
    assert browser.post(f"{U}/{invited['user']['id']}/deactivate").status_code == 200
    body = {"link_token": token, "password": "another quiet bicycle"}
    assert console.client().post("/api/v1/welcome", json=body).json()["code"] == "management.user_link"


@pytest.mark.parametrize("email", ["nobody", "a@b\r\nBcc: c@d", "a b@example.com", "<a@example.com>"])
def test_what_is_no_address_is_refused(browser: TestClient, email: str) -> None:
    answer = browser.post(U, json={"name": "eve", "role": "developer", "email": email})
    assert (answer.status_code, answer.json()["code"]) == (422, "management.invalid")


def test_an_address_is_changed_and_taken_away(browser: TestClient) -> None:
    user_id = invite(browser)["user"]["id"]
    assert browser.patch(f"{U}/{user_id}", json={"email": "eve@example.com"}).json()["email"] == "eve@example.com"
    assert browser.patch(f"{U}/{user_id}", json={"email": None}).json()["email"] is None
