"""Plans over HTTP."""

from starlette.testclient import TestClient

PLANS = "/api/v1/plans"


def test_a_plan_is_added_changed_and_deleted(browser: TestClient) -> None:
    body = {"name": "interns", "description": "for the summer", "limits": {"budgets": [{"limit_usd": "20"}]}}
    made = browser.post(PLANS, json=body)
    assert made.status_code == 201
    plan = made.json()
    assert (plan["name"], plan["tokens"], plan["applications"]) == ("interns", 0, 0)
    assert plan["limits"]["budgets"][0]["limit_usd"] == "20.00"
    path = f"{PLANS}/{plan['id']}"
    changed = browser.patch(path, json={"description": "all year"}, headers={"if-match": made.headers["etag"]})
    assert (changed.json()["description"], changed.json()["limits"]) == ("all year", plan["limits"])
    stale = browser.patch(path, json={"name": "x"}, headers={"if-match": made.headers["etag"]})
    assert (stale.status_code, stale.json()["code"]) == (412, "management.precondition")
    assert [item["id"] for item in browser.get(PLANS).json()["items"]] == [plan["id"]]
    assert browser.delete(path).status_code == 204
    assert browser.get(path).status_code == 404


def test_who_has_a_plan_is_counted_and_keeps_it(browser: TestClient) -> None:
    plan = browser.post(PLANS, json={"name": "interns"}).json()
    token = browser.post("/api/v1/tokens", json={"name": "ci", "plan_id": plan["id"]}).json()
    application = browser.post("/api/v1/applications", json={"name": "shop", "plan_id": plan["id"]}).json()
    assert (token["plan_name"], application["plan_name"]) == ("interns", "interns")
    shown = browser.get(f"{PLANS}/{plan['id']}").json()
    assert (shown["tokens"], shown["applications"]) == (1, 1)
    refused = browser.delete(f"{PLANS}/{plan['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "management.conflict")
    listed = browser.get("/api/v1/tokens", params={"plan_id": plan["id"]}).json()["items"]
    assert [item["id"] for item in listed] == [token["id"]]
    changed = browser.patch(f"/api/v1/tokens/{token['id']}", json={"plan_id": None}).json()
    assert (changed["plan_id"], changed["plan_name"]) == (None, None)


def test_wrong_fields_are_named(browser: TestClient) -> None:
    wrong = browser.post(PLANS, json={"name": "x", "limits": {"budgets": [{"limit_usd": "1", "zone": "Mars"}]}})
    assert [error["pointer"] for error in wrong.json()["errors"]] == ["/limits/budgets/0/zone"]
    assert browser.post(PLANS, json={"name": "x", "colour": "red"}).status_code == 422
    browser.post(PLANS, json={"name": "x"})
    assert browser.post(PLANS, json={"name": "X"}).status_code == 409
