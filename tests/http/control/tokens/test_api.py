"""Tokens over HTTP."""

from starlette.testclient import TestClient

from kit.console import Console
from tollway.contract.ledger_api import LastUse
from tollway.kernel.secret import Secret

T = "/api/v1/tokens"


def issue(client: TestClient, **fields: object) -> dict[str, object]:
    answer = client.post(T, json={"name": "ci", **fields})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_the_secret_is_in_the_answer_that_issues_and_in_no_other(browser: TestClient) -> None:
    answer = browser.post(T, json={"name": "ci"})
    issued = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert issued["token"].startswith("tws_" + issued["id"])
    for path in (T, f"{T}/{issued['id']}", f"{T}?search=ci"):
        assert issued["token"] not in browser.get(path).text
    assert browser.get(f"{T}/{issued['id']}").json()["masked"] == f"tws_{issued['id']}…"


def test_a_token_shows_its_limits_expiry_and_author(browser: TestClient) -> None:
    limits = {"requests": [{"requests": 60}], "budgets": [{"limit_usd": "0.25"}], "concurrency": {"calls": 3}}
    shown = issue(browser, limits=limits, expires_at="2030-01-01T00:00:00Z", models=["a"], services=[])
    assert (
        shown["limits"].pop("budgets")[0].items() >= {"name": "month", "limit_usd": "0.25", "period": "month"}.items()
    )
    assert shown["limits"] == {
        "requests": [{"name": "rpm", "requests": 60, "window_seconds": 60}],
        "concurrency": {"calls": 3},
        "unbounded_output": None,
        "limits": [],
    }
    assert shown["expires_at"] == "2030-01-01T00:00:00Z"
    assert (shown["models"], shown["services"]) == (["a"], [])
    assert str(shown["created_by"]).startswith("user:user_")


def test_r40_expiry_left_out_is_ninety_days_and_null_is_never(browser: TestClient, console: Console) -> None:
    assert issue(browser)["expires_at"] == "2027-04-15T08:00:00Z"
    assert issue(browser, expires_at=None)["expires_at"] is None


def test_a_change_touches_what_is_given_and_nothing_else(browser: TestClient) -> None:
    before = issue(browser, models=["a"], limits={"requests": [{"requests": 5}]})
    after = browser.patch(f"{T}/{before['id']}", json={"name": "new"}).json()
    assert after["name"] == "new"
    assert {key: after[key] for key in ("models", "limits", "expires_at")} == {
        key: before[key] for key in ("models", "limits", "expires_at")
    }
    assert browser.patch(f"{T}/{before['id']}", json={"models": None}).json()["models"] is None


def test_a_change_of_another_version_is_refused_and_changes_nothing(browser: TestClient) -> None:
    token = issue(browser)
    path = f"{T}/{token['id']}"
    tag = browser.get(path).headers["etag"]
    assert browser.patch(path, json={"name": "b"}, headers={"if-match": tag}).status_code == 200
    refused = browser.patch(path, json={"name": "c"}, headers={"if-match": tag})
    assert (refused.status_code, refused.json()["code"]) == (412, "management.precondition")
    assert browser.get(path).json()["name"] == "b"


def test_a_token_is_disabled_enabled_and_revoked_for_good(browser: TestClient) -> None:
    path = f"{T}/{issue(browser)['id']}"
    assert browser.post(f"{path}/disable").json()["state"] == "disabled"
    assert browser.post(f"{path}/enable").json()["state"] == "active"
    revoked = browser.post(f"{path}/revoke", json={"reason": "leaked"}).json()
    assert (revoked["state"], revoked["revoked_reason"]) == ("revoked", "leaked")
    assert browser.post(f"{path}/enable").status_code == 409
    assert browser.post(f"{path}/revoke").json()["revoked_at"] == revoked["revoked_at"]


def test_last_use_comes_from_the_ledger_and_tokens_are_shown_without_it(browser: TestClient, console: Console) -> None:
    token = issue(browser)
    console.ledger.uses = [LastUse(str(token["id"]), 10**18, 2 * 10**18, "192.0.2.1", "curl", 3)]
    shown = browser.get(f"{T}/{token['id']}").json()
    assert (shown["calls_total"], shown["last_address"], shown["first_used_at"]) == (
        3,
        "192.0.2.1",
        "2001-09-09T01:46:40Z",
    )
    console.ledger.is_away = True
    assert browser.get(T).json()["items"][0]["calls_total"] is None


def test_pages_stay_stable_while_tokens_are_added(browser: TestClient, console: Console) -> None:
    made = []
    for _ in range(5):
        console.clock.advance(1)
        made.append(issue(browser)["id"])
    first = browser.get(T, params={"limit": 2}).json()
    issue(browser)
    second = browser.get(T, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    third = browser.get(T, params={"limit": 2, "cursor": second["next_cursor"]}).json()
    assert [item["id"] for page in (first, second, third) for item in page["items"]] == made[::-1]
    assert third["next_cursor"] is None


def test_a_cursor_of_another_list_is_refused(browser: TestClient, console: Console) -> None:
    for _ in range(3):
        console.clock.advance(1)
        issue(browser)
    cursor = browser.get(T, params={"limit": 1}).json()["next_cursor"]
    for query in ({"state": "active", "cursor": cursor}, {"cursor": cursor[:-2]}, {"cursor": "AAAA"}):
        refused = browser.get(T, params=query)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "query/cursor"


def test_wrong_fields_are_all_named(browser: TestClient) -> None:
    body = {"name": "", "colour": 1, "limits": {"requests": [{"requests": "6"}]}}
    problem = browser.post(T, json=body).json()
    assert problem["code"] == "management.invalid"
    assert {one["pointer"] for one in problem["errors"]} == {"/name", "/colour", "/limits/requests/0/requests"}
    problem = browser.post(T, json={"name": "x", "application_id": "app_none"}).json()
    assert problem["errors"] == [{"pointer": "/application_id", "message": "there is no such application"}]


def test_an_unknown_token_is_not_found(browser: TestClient) -> None:
    for path in (f"{T}/AAAAAAAAAAAA", f"{T}/AAAAAAAAAAAA/meters"):
        answer = browser.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "management.not_found")


def test_meters_show_what_is_used(browser: TestClient) -> None:
    token = issue(browser, limits={"requests": [{"requests": 60}], "budgets": [{"limit_usd": "5"}]})
    shown = browser.get(f"{T}/{token['id']}/meters").json()
    assert shown["requests"] == [
        {"name": "rpm", "limit": 60, "window_seconds": 60, "used": 1, "resets_in_seconds": 2.5}
    ]
    assert shown["budgets"][0]["spent_usd"] == "1.00"
    assert shown["budgets"][0]["reserved_usd"] == "0.000000001"


def test_a_use_at_the_management_api_shows_as_the_last_use(console: Console, browser: TestClient) -> None:
    issued = issue(browser, scopes=[{"permission": "tokens.read", "reach": "all"}])
    client = console.client_by(Secret(str(issued["token"])))
    assert client.get(T, headers={"user-agent": "script/1"}).status_code == 200
    for shown in (browser.get(f"{T}/{issued['id']}").json(), *browser.get(T).json()["items"]):
        assert shown["last_used_at"] == "2027-01-15T08:00:00Z"
        assert (shown["last_address"], shown["last_agent"], shown["calls_total"]) == ("127.0.0.1", "script/1", 0)
