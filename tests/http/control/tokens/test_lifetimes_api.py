"""Rules of how long tokens live, over HTTP."""

from starlette.testclient import TestClient

RULES = "/api/v1/lifetime-rules"
DAY = 86_400


def test_a_rule_is_set_shown_obeyed_and_removed(browser: TestClient) -> None:
    answer = browser.put(RULES, json={"scope": "installation", "max_seconds": 7 * DAY})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"v1"')
    (rule,) = browser.get(RULES).json()["items"]
    assert (rule["scope"], rule["scope_id"], rule["max_seconds"]) == ("installation", "", 7 * DAY)
    refused = browser.post("/api/v1/tokens", json={"name": "a", "expires_at": None})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/expires_at"
    assert browser.delete(f"{RULES}?scope=installation").status_code == 204
    assert browser.delete(f"{RULES}?scope=installation").status_code == 404
    assert browser.get(RULES).json() == {"items": []}


def test_a_rule_of_another_version_is_not_overwritten(browser: TestClient) -> None:
    browser.put(RULES, json={"scope": "role", "scope_id": "developer", "idle_seconds": DAY})
    body = {"scope": "role", "scope_id": "developer", "idle_seconds": 2 * DAY}
    assert browser.put(RULES, json=body, headers={"if-match": '"v9"'}).status_code == 412
    assert browser.put(RULES, json={"scope": "role", "idle_seconds": DAY}).status_code == 422
