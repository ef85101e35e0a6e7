"""Groups of models over HTTP: made, changed, published, and kept while somebody's rights name them."""

import pytest
from starlette.testclient import TestClient

from kit.console import Console

G = "/api/v1/model-groups"


def test_a_group_is_made_changed_published_and_deleted(browser: TestClient, console: Console) -> None:
    made = browser.post(G, json={"name": "cheap", "models": ["gpt-4o-mini", "claude-haiku-*", "gpt-4o-mini"]})
    assert (made.status_code, made.json()["models"]) == (201, ["gpt-4o-mini", "claude-haiku-*"]), made.text
    (group,) = console.plane.policy.read_snapshot().model_groups
    assert (group.name, group.models) == ("cheap", ("gpt-4o-mini", "claude-haiku-*"))
    changed = browser.patch(f"{G}/cheap", json={"models": ["o3-mini"]}, headers={"if-match": '"v1"'})
    assert (changed.json()["models"], changed.headers["etag"]) == (["o3-mini"], '"v2"')
    assert console.plane.policy.read_snapshot().model_groups[0].models == ("o3-mini",)
    assert browser.patch(f"{G}/cheap", json={"description": "for tests"}).json()["models"] == ["o3-mini"]
    assert browser.get(G).json()["items"][0]["description"] == "for tests"
    assert browser.delete(f"{G}/cheap", headers={"if-match": '"v1"'}).status_code == 412
    assert browser.delete(f"{G}/cheap").status_code == 204
    assert browser.get(f"{G}/cheap").status_code == 404
    assert console.plane.policy.read_snapshot().model_groups == ()


def test_a_group_that_rights_name_stays(browser: TestClient) -> None:
    browser.post(G, json={"name": "cheap", "models": ["gpt-4o-mini"]})
    given = browser.patch("/api/v1/rights", json={"models": {"allow": ["group:cheap"]}})
    assert given.status_code == 200, given.text
    answer = browser.delete(f"{G}/cheap")
    assert (answer.status_code, answer.json()["code"]) == (409, "management.conflict")
    assert "the installation" in answer.json()["detail"]
    browser.patch("/api/v1/rights", json={"models": None})
    assert browser.delete(f"{G}/cheap").status_code == 204


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "Not A Slug", "models": ["a"]}, "/name"),
        ({"name": "cheap", "models": []}, "/models"),
        ({"name": "cheap", "models": ["group:other"]}, "/models/0"),
    ],
    ids=["name", "empty", "nested"],
)
def test_what_is_wrong_is_named(browser: TestClient, body: dict[str, object], pointer: str) -> None:
    answer = browser.post(G, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


def test_names_are_unique(browser: TestClient) -> None:
    browser.post(G, json={"name": "cheap", "models": ["a"]})
    assert browser.post(G, json={"name": "cheap", "models": ["b"]}).status_code == 409
