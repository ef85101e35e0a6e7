"""Limits and budgets by how much of them is used, over HTTP."""

from starlette.testclient import TestClient

BUDGETS = "/api/v1/budgets"


def test_every_level_is_listed_fullest_first(browser: TestClient) -> None:
    browser.put("/api/v1/limits/global/global", json={"requests": [{"requests": 4}]})
    browser.put("/api/v1/limits/team/team_default", json={"budgets": [{"limit_tokens": 2, "period": "day"}]})
    items = browser.get(BUDGETS).json()["items"]
    assert [(item["level"], item["owner_name"], item["percent"]) for item in items] == [
        ("team", "default", 50.0),
        ("global", "the installation", 25.0),
    ]
    assert (items[0]["meter"]["used"], items[0]["meter"]["allowed"], items[0]["plan_name"]) == ("1", "2", None)


def test_what_is_listed_is_chosen(browser: TestClient) -> None:
    browser.put("/api/v1/limits/global/global", json={"requests": [{"requests": 4}]})
    browser.put("/api/v1/limits/team/team_default", json={"budgets": [{"limit_tokens": 2, "period": "day"}]})

    def levels(**query: object) -> list[str]:
        return [item["level"] for item in browser.get(BUDGETS, params=query).json()["items"]]  # type: ignore[arg-type]

    assert levels(percent=30) == ["team"]
    assert levels(level="global") == ["global"]
    assert levels(budgets_only=True) == ["team"]
    assert levels(limit=1) == ["team"]
    assert browser.get(BUDGETS, params={"level": "planet"}).status_code == 422
