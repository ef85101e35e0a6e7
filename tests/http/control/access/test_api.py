"""Roles and permissions over HTTP."""

from starlette.testclient import TestClient

from kit.console import Console
from kit.matrix import add_person, sign_in
from tollway.control.access.model import REGISTRY

R = "/api/v1/roles"


def test_the_registry_is_what_a_matrix_needs(browser: TestClient) -> None:
    items = browser.get(f"{R}/permissions").json()["items"]
    assert [item["name"] for item in items] == [name for name in REGISTRY if name != "machine.operate"]
    assert all(item["meaning"] and item["reaches"] for item in items)


def test_a_role_is_made_given_changed_and_deleted(browser: TestClient, console: Console) -> None:
    rights = [{"permission": "tokens.read", "reach": "team"}]
    made = browser.post(R, json={"name": "Support", "description": "Looks", "rights": rights})
    assert made.status_code == 201
    role = made.json()
    assert role["rights"] == [*rights, {"permission": "account.use", "reach": "own"}]
    add_person(console, "eve", role["id"])
    eve = sign_in(console, "eve")
    assert eve.get("/api/v1/tokens").status_code == 200
    listed = {one["id"]: one for one in browser.get(R).json()["items"]}
    assert (listed[role["id"]]["holders"], listed["owner"]["is_built_in"]) == (1, True)
    path = f"{R}/{role['id']}"
    stale = browser.patch(path, json={"name": "x"}, headers={"if-match": '"v7"'})
    assert stale.status_code == 412
    changed = browser.patch(path, json={"rights": []}, headers={"if-match": made.headers["etag"]})
    assert changed.json()["rights"] == [{"permission": "account.use", "reach": "own"}]
    assert eve.get("/api/v1/tokens").status_code == 403
    assert browser.delete(path).status_code == 409
    assert browser.get(f"{R}/admin").json()["holders"] == 0
    assert browser.patch(f"{R}/admin", json={"name": "x"}).status_code == 409


def test_rights_that_are_not_there_are_refused_with_their_place(browser: TestClient) -> None:
    for right in ({"permission": "rockets.launch", "reach": "all"}, {"permission": "tokens.read", "reach": "moon"}):
        answer = browser.post(R, json={"name": "x", "rights": [right]})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"][:9]) == (422, "/rights/0")
    wide = browser.post(R, json={"name": "x", "rights": [{"permission": "audit.read", "reach": "own"}]})
    assert wide.json()["errors"] == [{"pointer": "/rights/audit.read", "message": "this permission reaches: all"}]
