"""How mail is sent, over HTTP."""

from starlette.testclient import TestClient

from kit.console import Console
from tollway.control.notices.model import Letter, Posted

M = "/api/v1/mail"
SERVER = {"host": "mail.example", "username": "bot", "password": "pw-canary", "from_address": "tollway@example.com"}


def test_the_password_goes_in_and_never_comes_out(browser: TestClient, console: Console) -> None:
    assert browser.get(M).json() == {"server": None, "waiting": 0}
    made = browser.put(M, json=SERVER)
    assert made.status_code == 200 and made.json()["server"]["has_password"] is True
    assert (made.json()["server"]["port"], made.json()["server"]["security"]) == (587, "starttls")
    for answer in (made, browser.get(M), browser.get("/api/v1/audit")):
        assert "pw-canary" not in answer.text
    kept = {name: value for name, value in SERVER.items() if name != "password"}
    assert browser.put(M, json=kept, headers={"if-match": made.headers["etag"]}).status_code == 200
    assert browser.put(M, json=kept, headers={"if-match": made.headers["etag"]}).status_code == 412
    moved = browser.put(M, json={**kept, "host": "evil.example"})
    assert (moved.status_code, moved.json()["errors"][0]["pointer"]) == (422, "/password")


def test_a_test_letter_says_whether_it_was_taken(browser: TestClient, console: Console) -> None:
    assert browser.post(f"{M}/test", json={"to": "ada@example.com"}).status_code == 404
    browser.put(M, json=SERVER)
    assert browser.post(f"{M}/test", json={"to": "ada@example.com"}).json() == {"ok": True, "detail": "taken"}
    console.notices.post.posted = Posted(False, "refused")
    assert browser.post(f"{M}/test", json={"to": "ada@example.com"}).json() == {"ok": False, "detail": "refused"}
    assert browser.post(f"{M}/test", json={"to": "not an address"}).status_code == 422


def test_letters_that_wait_for_the_server_are_counted(browser: TestClient, console: Console) -> None:
    browser.put(M, json=SERVER)
    console.notices.post.posted = Posted(False, "421 later")
    console.notices.outbox.post(Letter("ada@example.com", "Something happened", "Look."))
    console.notices.outbox.send()
    assert browser.get(M).json()["waiting"] == 1


def test_mail_is_forgotten(browser: TestClient) -> None:
    browser.put(M, json=SERVER)
    assert browser.delete(M).status_code == 204
    assert browser.get(M).json() == {"server": None, "waiting": 0}
