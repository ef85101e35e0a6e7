"""Acts on many tokens over HTTP."""

from typing import Any

from starlette.testclient import TestClient

JOBS = "/api/v1/token-jobs"


def issue(browser: TestClient, *names: str, **fields: Any) -> list[str]:
    return [browser.post("/api/v1/tokens", json={"name": name, **fields}).json()["id"] for name in names]


def finish(browser: TestClient, job: dict[str, Any]) -> dict[str, Any]:
    while job["state"] == "running":
        job = browser.post(f"{JOBS}/{job['id']}/advance").json()
    return job


def test_many_tokens_get_a_plan_and_lose_it_again(browser: TestClient) -> None:
    ids = issue(browser, "alpha-1", "alpha-2", "beta")
    plan = browser.post("/api/v1/plans", json={"name": "interns"}).json()
    body = {"filter": {"search": "alpha-"}, "act": {"kind": "set_plan", "plan_id": plan["id"]}}
    preview = browser.post(f"{JOBS}/preview", json=body).json()
    assert (preview["total"], {token["name"] for token in preview["sample"]}) == (2, {"alpha-1", "alpha-2"})
    assert browser.get(JOBS).json()["items"] == []
    started = browser.post(JOBS, json=body)
    assert (started.status_code, started.json()["can_undo"]) == (201, False)
    job = finish(browser, started.json())
    assert (job["changed"], job["act"], job["filter"]["search"], job["can_undo"]) == (2, "set_plan", "alpha-", True)
    assert [browser.get(f"/api/v1/tokens/{one}").json()["plan_name"] for one in ids] == ["interns", "interns", None]
    undo = browser.post(f"{JOBS}/{job['id']}/undo")
    assert (undo.status_code, finish(browser, undo.json())["changed"]) == (201, 2)
    assert browser.get(f"{JOBS}/{undo.json()['id']}").json()["undoes"] == job["id"]
    assert {item["id"] for item in browser.get(JOBS).json()["items"]} == {job["id"], undo.json()["id"]}


def test_every_act_is_taken(browser: TestClient) -> None:
    (token_id,) = issue(browser, "nightly-build")
    acts = [
        {"kind": "set_limits", "limits": {"budgets": [{"limit_usd": "5"}]}},
        {"kind": "disable"},
        {"kind": "enable"},
        {"kind": "extend", "expires_at": "2030-01-01T00:00:00Z"},
        {"kind": "revoke", "reason": "all over"},
    ]
    for act in acts:
        job = browser.post(
            JOBS, json={"filter": {"search": "nightly-", "expires_from": "2026-01-01T00:00:00Z"}, "act": act}
        )
        assert finish(browser, job.json())["changed"] == 1, act
    token = browser.get(f"/api/v1/tokens/{token_id}").json()
    assert (token["state"], token["revoked_reason"]) == ("revoked", "all over")
    assert (token["expires_at"], token["limits"]["budgets"][0]["limit_usd"]) == ("2030-01-01T00:00:00Z", "5.00")


def test_every_token_is_meant_only_when_it_is_said(browser: TestClient) -> None:
    issue(browser, "nightly-build")
    refused = browser.post(JOBS, json={"filter": {}, "act": {"kind": "disable"}})
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/filter"]
    started = browser.post(JOBS, json={"filter": {"everything": True}, "act": {"kind": "disable"}}).json()
    cancelled = browser.post(f"{JOBS}/{started['id']}/cancel").json()
    assert (cancelled["state"], cancelled["changed"]) == ("cancelled", 0)
    wrong = browser.post(JOBS, json={"filter": {"search": "x"}, "act": {"kind": "set_plan", "plan_id": "plan_x"}})
    assert [error["pointer"] for error in wrong.json()["errors"]] == ["/act/plan_id"]
    assert browser.get(f"{JOBS}/job_none").status_code == 404
