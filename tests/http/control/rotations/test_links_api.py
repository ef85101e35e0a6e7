"""An operator asks for a one-time link: shown once, or mailed and then not shown."""

from starlette.testclient import TestClient

from kit.console import Console
from kit.life import CONSOLE_URL
from tollway.control.notices.model import Posted


def issue(browser: TestClient) -> str:
    return str(browser.post("/api/v1/tokens", json={"name": "ci"}).json()["id"])


def test_a_link_is_shown_once_and_is_never_kept_for_a_repeated_request(browser: TestClient) -> None:
    path = f"/api/v1/tokens/{issue(browser)}/link"
    headers = {"idempotency-key": "one"}
    answer = browser.post(path, json={}, headers=headers)
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert answer.json()["url"].startswith(f"{CONSOLE_URL}/collect#tww_")
    again = browser.post(path, json={}, headers=headers)
    assert answer.json()["url"] not in again.text


def test_what_is_mailed_is_not_shown_and_the_page_says_to_whom(browser: TestClient, console: Console) -> None:
    token_id = issue(browser)
    answer = browser.post(f"/api/v1/tokens/{token_id}/link", json={"mail_to": "ada@example.org"})
    assert answer.json() == {
        "url": None,
        "until": None,
        "mail": {"to": "ada@example.org", "is_ok": True, "detail": "taken"},
    }
    assert len(console.plane.link_post.sent) == 1
    console.plane.link_post.posted = Posted(False, "550 no")
    refused = browser.post(f"/api/v1/tokens/{token_id}/link", json={"mail_to": "ada@example.org"}).json()
    assert refused["mail"]["detail"] == "550 no"
    assert browser.post(f"/api/v1/tokens/{token_id}/link", json={"mail_to": "nobody"}).status_code == 422
    console.plane.link_post.is_set_up = False
    assert browser.post(f"/api/v1/tokens/{token_id}/link", json={"mail_to": "a@example.org"}).status_code == 409


def test_a_policy_may_write_to_an_address(browser: TestClient) -> None:
    body = {"name": "all", "scope": "installation", "every_seconds": 864_000, "delivery": "mail"}
    made = browser.post("/api/v1/rotation-policies", json={**body, "mail_to": "ops@example.org"}).json()
    assert (made["delivery"], made["mail_to"]) == ("mail", "ops@example.org")
    for fields in ({"mail_to": "nobody"}, {"delivery": "link", "mail_to": "ops@example.org"}):
        answer = browser.post("/api/v1/rotation-policies", json={**body, "name": "b", **fields})
        assert answer.json()["errors"][0]["pointer"] == "/mail_to", fields
    path = f"/api/v1/rotation-policies/{made['id']}"
    assert browser.patch(path, json={"mail_to": ""}).json()["mail_to"] == ""
