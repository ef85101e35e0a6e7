"""Service accounts over HTTP: made, changed, switched off, deleted; seen by their team."""

from starlette.testclient import TestClient

from kit.console import Console
from kit.matrix import add_person, sign_in

A = "/api/v1/service-accounts"


def test_an_account_is_made_and_acts_by_a_token_of_its_own(console: Console, browser: TestClient) -> None:
    team = browser.post("/api/v1/teams", json={"name": "red"}).json()["id"]
    made = browser.post(A, json={"name": "ci", "role": "developer", "team_id": team})
    assert made.status_code == 201, made.text
    account = made.json()
    assert (account["team_name"], account["owner_name"], account["tokens"]) == ("red", "ada", 0)
    body = {"name": "deploy", "owner_id": account["id"], "scopes": [{"permission": "tokens.read", "reach": "team"}]}
    token = browser.post("/api/v1/tokens", json=body).json()
    assert (token["owner_name"], token["team_id"], token["scopes"]) == ("ci", team, body["scopes"])
    assert browser.get(f"{A}/{account['id']}").json()["tokens"] == 1
    script = {"authorization": f"Bearer {token['token']}"}
    listed = console.client().get("/api/v1/tokens", headers=script).json()["items"]
    assert [item["id"] for item in listed] == [token["id"]]
    assert console.client().get(A, headers=script).status_code == 403
    ended = browser.post(f"{A}/{account['id']}/deactivate").json()
    assert (ended["account"]["state"], ended["tokens"]) == ("deactivated", 1)
    refused = console.client().get("/api/v1/tokens", headers=script)
    assert (refused.status_code, refused.json()["code"]) == (401, "token.revoked")


def test_an_account_is_changed_at_the_version_that_was_seen(browser: TestClient) -> None:
    team = browser.post("/api/v1/teams", json={"name": "red"}).json()["id"]
    made = browser.post(A, json={"name": "ci", "role": "viewer", "team_id": team})
    path, etag = f"{A}/{made.json()['id']}", {"if-match": made.headers["etag"]}
    changed = browser.patch(path, json={"role": "developer", "name": "builder"}, headers=etag)
    assert (changed.json()["role_name"], changed.json()["name"]) == ("Developer", "builder")
    assert browser.patch(path, json={"name": "late"}, headers=etag).status_code == 412
    assert browser.patch(path, json={"owner_id": "user_none"}).status_code == 422
    assert browser.post(f"{path}/reactivate").json()["state"] == "active"
    assert browser.delete(path).json()["account"]["state"] == "deleted"
    assert browser.get(path).status_code == 404
    assert browser.get(A).json()["items"] == []
    assert [item["name"] for item in browser.get(f"{A}?state=deleted").json()["items"]] == ["builder"]


def test_an_account_whose_owner_has_left_is_found(console: Console, browser: TestClient) -> None:
    team = browser.post("/api/v1/teams", json={"name": "red"}).json()["id"]
    user_id = add_person(console, "eve", "api_owner", (team,))
    eve = sign_in(console, "eve")
    assert eve.post(A, json={"name": "ci", "role": "developer", "team_id": team}).status_code == 201
    assert eve.post(A, json={"name": "x", "role": "admin", "team_id": team}).status_code == 403
    browser.delete(f"/api/v1/users/{user_id}")
    (left,) = browser.get(f"{A}?ownerless=true").json()["items"]
    assert (left["name"], left["owner_id"]) == ("ci", None)
    (told,) = [item for item in browser.get("/api/v1/attention").json()["items"] if item["kind"] == "ownerless_account"]
    assert told["title"] == "1 service account without an owner"
