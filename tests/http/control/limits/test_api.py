"""Limits of every level over HTTP."""

from starlette.testclient import TestClient

from kit.console import Console

LIMITS = "/api/v1/limits"
SOON = "2027-06-01T00:00:00Z"


def test_limits_of_a_team_are_given_read_and_taken_away(browser: TestClient) -> None:
    path = f"{LIMITS}/team/team_default"
    none = browser.get(path)
    assert "etag" not in none.headers
    assert none.json()["owner_name"] == "default"
    given = browser.put(path, json={"requests": [{"requests": 600}], "budgets": [{"limit_usd": "200"}]})
    assert given.status_code == 200
    assert given.json()["limits"]["requests"] == [{"name": "rpm", "requests": 600, "window_seconds": 60}]
    assert browser.get(path).headers["etag"] == given.headers["etag"]
    assert [item["owner_id"] for item in browser.get(LIMITS).json()["items"]] == ["team_default"]
    assert browser.get(LIMITS, params={"level": "user"}).json()["items"] == []
    stale = browser.put(path, json={}, headers={"if-match": '"v9"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "management.precondition")
    assert browser.put(path, json={}).json()["limits"]["requests"] == []
    assert browser.get(LIMITS).json()["items"] == []


def test_meters_show_what_is_used(browser: TestClient) -> None:
    browser.put(f"{LIMITS}/global/global", json={"concurrency": {"calls": 9}})
    meters = browser.get(f"{LIMITS}/global/global/meters").json()
    assert meters["concurrency"] == {"limit": 9, "in_flight": 1}


def test_a_model_is_named_with_tildes_for_slashes(console: Console, browser: TestClient) -> None:
    name = next(model.name for model in console.plane.publisher.snapshot().models if "/" in model.name)
    path = f"{LIMITS}/model/{name.replace('/', '~')}"
    assert browser.put(path, json={"requests": [{"requests": 5}]}).json()["owner_name"] == name
    found = {model.name: model.limits for model in console.plane.policy.read_snapshot().models}
    assert found[name].requests[0].requests == 5
    assert browser.get(f"{LIMITS}/model/none").status_code == 404
    assert browser.get(f"{LIMITS}/planet/mars").status_code == 422


def test_a_token_is_topped_up_in_the_unit_of_its_limit(browser: TestClient) -> None:
    limits = {"budgets": [{"limit_usd": "5"}, {"limit_tokens": 100, "period": "day"}]}
    token = browser.post("/api/v1/tokens", json={"name": "ci", "limits": limits}).json()
    path = f"{LIMITS}/token/{token['id']}"
    given = browser.post(f"{path}/top-ups", json={"limit": "month", "amount_usd": "2.50", "ends_at": SOON})
    assert given.status_code == 201
    month = next(budget for budget in given.json()["limits"]["budgets"] if budget["name"] == "month")
    (top_up,) = month["top_ups"]
    assert (top_up["amount_usd"], top_up["ends_at"]) == ("2.50", SOON)
    wrong = browser.post(f"{path}/top-ups", json={"limit": "day tokens", "amount_usd": "2", "ends_at": SOON})
    assert [error["pointer"] for error in wrong.json()["errors"]] == ["/amount"]
    unknown = browser.post(f"{path}/top-ups", json={"limit": "year", "amount": 2, "ends_at": SOON})
    assert [error["pointer"] for error in unknown.json()["errors"]] == ["/limit"]
    assert browser.delete(f"{path}/top-ups/{top_up['id']}").status_code == 204
    assert browser.delete(f"{path}/top-ups/{top_up['id']}").status_code == 404
    assert browser.get(f"/api/v1/tokens/{token['id']}").json()["limits"] == token["limits"]


def test_meters_show_every_limit_and_those_of_the_plan(browser: TestClient) -> None:
    plan = browser.post("/api/v1/plans", json={"name": "p", "limits": {"budgets": [{"limit_usd": "3"}]}}).json()
    limits = {"limits": [{"measure": "total_tokens", "amount": 50, "period": "day", "soft": True}]}
    token = browser.post("/api/v1/tokens", json={"name": "ci", "limits": limits, "plan_id": plan["id"]}).json()
    every = browser.get(f"/api/v1/tokens/{token['id']}/meters").json()["every"]
    assert [(one["measure"], one["unit"], one["used"], one["soft"]) for one in every] == [
        ("total_tokens", "tokens", "1", True),
        ("cost", "usd", "0.000000001", False),
    ]
