"""Rotation by policy over HTTP, and collecting a new secret without a session."""

import json

from starlette.testclient import TestClient

from kit.console import Console

P = "/api/v1/rotation-policies"
DAY = 86_400


def make(browser: TestClient, **fields: object) -> dict[str, object]:
    answer = browser.post(P, json={"name": "all", "scope": "installation", "every_seconds": 10 * DAY, **fields})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_policy_is_made_changed_listed_and_removed(browser: TestClient) -> None:
    made = make(browser)
    path = f"{P}/{made['id']}"
    assert browser.get(path).headers["etag"] == '"v1"'
    changed = browser.patch(path, json={"state": "disabled"}, headers={"if-match": '"v1"'}).json()
    assert (changed["state"], changed["every_seconds"]) == ("disabled", 10 * DAY)
    assert browser.patch(path, json={"name": "b"}, headers={"if-match": '"v1"'}).status_code == 412
    assert [each["id"] for each in browser.get(P).json()["items"]] == [made["id"]]
    assert browser.delete(path).status_code == 204
    assert browser.get(path).status_code == 404
    assert browser.post(P, json={"name": "x", "scope": "team", "every_seconds": 5}).status_code == 422


def test_a_new_secret_is_collected_on_the_page_once(browser: TestClient, console: Console) -> None:
    token_id = browser.post("/api/v1/tokens", json={"name": "ci"}).json()["id"]
    make(browser)
    console.plane.clock.advance(10 * DAY)
    browser = console.signed_in()
    assert console.plane.rotations.scheduler.look() == 1
    waiting = browser.get(f"/api/v1/tokens/{token_id}/life").json()["waiting"]
    assert (waiting["generation"], waiting["by_webhook"]) == (2, False)
    collected = browser.post(f"/api/v1/tokens/{token_id}/collect")
    assert collected.status_code == 201
    assert collected.json()["token"].startswith(f"tws_{token_id}")
    assert browser.post(f"/api/v1/tokens/{token_id}/collect").status_code == 409
    assert browser.get(f"/api/v1/tokens/{token_id}/life").json()["waiting"] is None


def test_who_holds_the_collecting_token_needs_no_session_and_gets_it_once(
    browser: TestClient, console: Console
) -> None:
    hook = browser.post("/api/v1/webhooks", json={"name": "vault", "url": "https://vault.example/"}).json()["id"]
    token_id = browser.post("/api/v1/tokens", json={"name": "ci"}).json()["id"]
    make(browser, delivery="webhook", webhook_id=hook)
    console.plane.clock.advance(10 * DAY)
    browser = console.signed_in()
    console.plane.rotations.scheduler.look()
    waiting = console.plane.rotations.handovers.find_waiting(token_id)
    assert waiting is not None
    delivery = console.plane.delivery_store.find(waiting.delivery_id or "")
    assert delivery is not None
    collecting = json.loads(delivery.body)["data"]["collect_token"]
    log = browser.get(f"/api/v1/webhooks/{hook}/deliveries/{delivery.id}")
    assert collecting[:16] in log.text
    assert collecting[16:] not in log.text  # who reads the log of deliveries does not get the secret
    stranger = TestClient(console.app, base_url="http://localhost")
    answer = stranger.post("/api/v1/rotations/collect", headers={"authorization": f"Bearer {collecting}"})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.json()["token"].startswith(f"tws_{token_id}")
    from_page = {"origin": "http://localhost"}
    second = stranger.post("/api/v1/rotations/collect", json={"collect_token": collecting}, headers=from_page)
    unknown = stranger.post("/api/v1/rotations/collect", headers={"authorization": "Bearer tww_nothing"})
    assert second.status_code == unknown.status_code == 404
    assert second.json()["detail"] == unknown.json()["detail"]


def test_a_token_rotates_itself_and_a_lost_answer_is_repeated(browser: TestClient, console: Console) -> None:
    issued = browser.post("/api/v1/tokens", json={"name": "ci", "may_rotate": True}).json()
    machine = TestClient(console.app, base_url="http://localhost")
    headers = {"authorization": f"Bearer {issued['token']}", "idempotency-key": "k1"}
    answer = machine.post("/api/v1/rotations/self", headers=headers, json={"overlap_seconds": 0})
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    again = machine.post("/api/v1/rotations/self", headers=headers, json={"overlap_seconds": 0})
    assert again.json()["token"] == answer.json()["token"] != issued["token"]
    other = machine.post("/api/v1/rotations/self", headers={**headers, "idempotency-key": "k2"})
    assert (other.status_code, other.json()["code"]) == (401, "token.replaced")
    nothing = machine.post("/api/v1/rotations/self", headers={"authorization": "Basic x", "origin": "http://localhost"})
    assert (nothing.status_code, nothing.json()["code"]) == (401, "token.missing")
    no_key = {"authorization": f"Bearer {answer.json()['token']}"}
    assert machine.post("/api/v1/rotations/self", headers=no_key).status_code == 422
