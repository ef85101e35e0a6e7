"""Acts on several service accounts over HTTP."""

import pytest
from starlette.testclient import TestClient

from kit.console import Console
from kit.matrix import add_person, sign_in

A = "/api/v1/service-accounts"


def make(browser: TestClient, team: str, name: str, role: str = "viewer") -> str:
    made: str = browser.post(A, json={"name": name, "role": role, "team_id": team}).json()["id"]
    return made


def test_roles_and_owners_are_set_for_many_and_set_back(browser: TestClient, console: Console) -> None:
    team = browser.post("/api/v1/teams", json={"name": "red"}).json()["id"]
    me, eve = browser.get("/api/v1/session").json()["user"]["id"], add_person(console, "eve", role="developer")
    browser.put(f"/api/v1/teams/{team}/members/{eve}")
    ids = [make(browser, team, "ci"), make(browser, team, "cd", "developer")]
    act = {"kind": "set_role", "role": "developer", "ids": ids}
    assert browser.post(f"{A}/acts/preview", json=act).json()["done"] == 1
    assert browser.get(f"{A}/{ids[0]}").json()["role"] == "viewer", "a preview changes nothing"
    done = browser.post(f"{A}/acts", json=act).json()
    assert [item["outcome"] for item in done["items"]] == ["done", "nothing_to_do"]
    assert done["undo"] == [{"kind": "set_role", "role": "viewer", "owner_id": None, "ids": ids[:1]}]
    owned = browser.post(f"{A}/acts", json={"kind": "set_owner", "owner_id": eve, "ids": ids}).json()
    assert (owned["done"], owned["undo"]) == (2, [{"kind": "set_owner", "role": None, "owner_id": me, "ids": ids}])
    assert browser.post(f"{A}/acts", json=owned["undo"][0]).json()["done"] == 2


def test_many_are_deactivated_with_their_tokens_and_what_is_not_there_is_listed(browser: TestClient) -> None:
    team = browser.post("/api/v1/teams", json={"name": "red"}).json()["id"]
    account = make(browser, team, "ci", "developer")
    browser.post("/api/v1/tokens", json={"name": "deploy", "owner_id": account})
    act = {"kind": "deactivate", "ids": [account, "sva_none"]}
    assert browser.post(f"{A}/acts/preview", json=act).json()["items"][0]["tokens"] == 1
    assert browser.get(f"{A}/{account}").json()["tokens"] == 1
    done = browser.post(f"{A}/acts", json=act).json()
    assert [(item["outcome"], item["tokens"]) for item in done["items"]] == [("done", 1), ("refused", 0)]
    assert browser.post(f"{A}/acts", json={"kind": "reactivate", "ids": [account]}).json()["done"] == 1


def test_those_that_match_and_are_in_sight_are_found_to_be_acted_on(browser: TestClient, console: Console) -> None:
    red, blue = (browser.post("/api/v1/teams", json={"name": name}).json()["id"] for name in ("red", "blue"))
    first, second, other = make(browser, red, "ci"), make(browser, red, "cd"), make(browser, blue, "ci blue")
    matching = f"{A}/acts/matching"
    assert sorted(browser.get(matching, params={"search": "ci"}).json()["ids"]) == sorted([other, first])
    assert sorted(browser.get(matching, params={"team_id": red}).json()["ids"]) == sorted([second, first])
    eve = add_person(console, "eve", role="developer")
    browser.put(f"/api/v1/teams/{red}/members/{eve}")
    assert sorted(sign_in(console, "eve").get(matching).json()["ids"]) == sorted([second, first])


@pytest.mark.parametrize("kind", ["set_role", "set_owner"])
def test_what_is_set_has_to_be_said(browser: TestClient, kind: str) -> None:
    assert browser.post(f"{A}/acts", json={"kind": kind, "ids": ["sva_1"]}).status_code == 422
