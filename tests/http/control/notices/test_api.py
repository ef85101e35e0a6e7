"""Webhooks over HTTP."""

import json

from starlette.testclient import TestClient

from kit.console import Console
from tollway.control.notices.events import KINDS
from tollway.control.notices.model import Outcome

W = "/api/v1/webhooks"
NEW = {"name": "ops", "url": "https://hooks.example/t", "events": ["token.created"]}
DOWN = Outcome(None, 20, "The name has no address.", "upstream.unreachable")


def test_the_secret_is_in_the_answer_that_makes_it_and_in_no_other(browser: TestClient) -> None:
    made = browser.post(W, json=NEW, headers={"idempotency-key": "k"})
    assert made.status_code == 201 and made.json()["secret"].startswith("whsec_")
    path, secret = f"{W}/{made.json()['id']}", made.json()["secret"]
    repeated = browser.post(W, json=NEW, headers={"idempotency-key": "k"})
    assert secret not in repeated.text
    fresh = browser.post(f"{path}/secret", json={"overlap_seconds": 60}).json()
    assert fresh["secret"] not in ("", secret) and fresh["previous_secret_until"] is not None
    for answer in (
        browser.get(W),
        browser.get(path),
        browser.patch(path, json={"name": "x"}),
        browser.get("/api/v1/audit"),
    ):
        assert "whsec_" not in answer.text and secret not in answer.text
    assert browser.post(f"{path}/secret", json={"overlap_seconds": -1}).status_code == 422


def test_a_webhook_is_changed_switched_and_deleted(browser: TestClient) -> None:
    made = browser.post(W, json=NEW)
    path = f"{W}/{made.json()['id']}"
    assert browser.patch(path, json={"events": None}, headers={"if-match": '"v9"'}).status_code == 412
    changed = browser.patch(
        path, json={"events": None, "allow_private": True}, headers={"if-match": made.headers["etag"]}
    )
    assert (changed.json()["events"], changed.json()["allow_private"]) == (None, True)
    assert browser.post(f"{path}/disable").json()["state"] == "disabled"
    assert browser.post(f"{path}/enable").json()["state"] == "enabled"
    assert browser.delete(path).status_code == 204
    assert browser.get(path).status_code == 404


def test_what_is_wrong_is_refused_with_its_place(browser: TestClient) -> None:
    for change, pointer in (
        ({"url": "file:///etc/passwd"}, "/url"),
        ({"events": ["rockets.launched"]}, "/events/0"),
        ({"events": ["webhook.test"]}, "/events/0"),
        ({"events": []}, "/events"),
        ({"allow_private": ["10.0.0.0/99"]}, "/url"),
    ):
        answer = browser.post(W, json={**NEW, **change})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text


def test_the_registry_of_events_is_shown(browser: TestClient) -> None:
    items = browser.get(f"{W}/events").json()["items"]
    assert [item["name"] for item in items] == [kind for kind, one in KINDS.items() if one.can_be_chosen]
    assert all(item["meaning"] and item["fields"] and item["version"] == 1 for item in items)


def test_the_log_is_filtered_paged_shown_and_sent_again(browser: TestClient, console: Console) -> None:
    path = f"{W}/{browser.post(W, json=NEW).json()['id']}"
    for number in range(3):
        browser.post("/api/v1/tokens", json={"name": f"t{number}"})
    console.notices.receivers.outcomes = [DOWN]
    console.notices.deliver_due()
    assert browser.get(path).json()["pending"] == 1
    first = browser.get(f"{path}/deliveries", params={"limit": 2}).json()
    rest = browser.get(f"{path}/deliveries", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)
    (waiting,) = browser.get(f"{path}/deliveries", params={"state": "pending"}).json()["items"]
    assert waiting["last_attempt"]["code"] == "upstream.unreachable" and waiting["due_at"] is not None
    detail = browser.get(f"{path}/deliveries/{waiting['id']}").json()
    assert json.loads(detail["body"])["type"] == "token.created" and len(detail["attempts"]) == 1
    assert browser.get(f"{path}/deliveries", params={"event": "token.revoked"}).json()["items"] == []
    (done, _) = browser.get(f"{path}/deliveries", params={"state": "delivered"}).json()["items"]
    again = browser.post(f"{path}/deliveries/{done['id']}/resend").json()
    assert (again["id"], again["state"]) == (done["id"], "pending")
    assert done["id"] in console.notices.deliver_due()
    assert browser.get(f"{path}/deliveries/msg_none").status_code == 404


def test_a_test_shows_what_came_of_it(browser: TestClient, console: Console) -> None:
    path = f"{W}/{browser.post(W, json=NEW).json()['id']}"
    assert browser.post(f"{path}/test").json()["state"] == "delivered"
    console.notices.receivers.outcomes = [DOWN]
    tried = browser.post(f"{path}/test").json()
    assert (tried["event"], tried["state"], tried["attempts"][0]["status"]) == ("webhook.test", "failed", None)
    assert json.loads(tried["body"])["data"]["webhook_name"] == "ops"
