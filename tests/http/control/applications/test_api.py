"""Applications over HTTP."""

from starlette.testclient import TestClient

A = "/api/v1/applications"


def test_an_application_is_added_changed_switched_and_deleted(browser: TestClient) -> None:
    made = browser.post(A, json={"name": "shop", "limits": {"concurrency": {"calls": 2}}})
    assert (made.status_code, made.json()["team_id"]) == (201, "team_default")
    path = f"{A}/{made.json()['id']}"
    assert browser.patch(path, json={"name": "store"}).json()["limits"] == made.json()["limits"]
    assert browser.post(f"{path}/disable").json()["state"] == "disabled"
    assert browser.post(f"{path}/enable").json()["state"] == "active"
    assert browser.get(f"{path}/meters").json()["concurrency"] == {"limit": 2, "in_flight": 1}
    assert browser.get(A, params={"team_id": "team_default"}).json()["items"][0]["name"] == "store"
    assert browser.get(A, params={"team_id": "team_x"}).json()["items"] == []
    assert [one["name"] for one in browser.get(A, params={"search": "ST"}).json()["items"]] == ["store"]
    assert browser.get(A, params={"search": "tore"}).json()["items"] == []
    assert browser.delete(path, headers={"if-match": '"v1"'}).status_code == 412
    assert browser.delete(path).status_code == 204
    assert browser.get(path).status_code == 404


def test_an_application_with_live_tokens_stays(browser: TestClient) -> None:
    made = browser.post(A, json={"name": "shop"}).json()
    browser.post("/api/v1/tokens", json={"name": "ci", "application_id": made["id"]})
    answer = browser.delete(f"{A}/{made['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "management.conflict")


def test_a_taken_name_is_a_conflict(browser: TestClient) -> None:
    browser.post(A, json={"name": "shop"})
    assert browser.post(A, json={"name": "SHOP"}).status_code == 409
