"""Published services over HTTP."""

from starlette.testclient import TestClient

from kit.console import Console
from kit.control import ACTOR
from kit.matrix import add_person, sign_in

S = "/api/v1/services"
CANARY = "canary-credential-98765"
BODY = {
    "name": "weather",
    "path_prefix": "/weather",
    "base_url": "https://weather.example/api",
    "credential": CANARY,
    "methods": ["GET"],
}


def test_a_service_is_published_changed_and_deleted(browser: TestClient) -> None:
    made = browser.post(S, json=BODY)
    assert made.status_code == 201, made.text
    path = f"{S}/{made.json()['id']}"
    changed = browser.patch(path, json={"allow_websocket": True}).json()
    skipped = {"allow_websocket", "credentials_cleared"}
    assert changed["allow_websocket"] is True
    assert {k: v for k, v in changed.items() if k not in skipped} == {
        k: v for k, v in made.json().items() if k not in skipped
    }
    assert browser.patch(path, json={"methods": []}).json()["methods"] == []
    assert browser.post(f"{path}/disable").json()["state"] == "disabled"
    assert browser.post(f"{path}/enable").json()["state"] == "active"
    assert browser.get(S).json()["items"][0]["name"] == "weather"
    assert browser.delete(path).status_code == 204


def test_a_credential_is_never_shown_and_is_cleared_with_a_new_host(browser: TestClient) -> None:
    made = browser.post(S, json=BODY)
    path = f"{S}/{made.json()['id']}"
    moved = browser.patch(path, json={"base_url": "https://other.example"})
    assert (moved.json()["credentials_cleared"], moved.json()["keys"]) == (True, [])
    again = browser.patch(path, json={"credential": CANARY})
    assert len(again.json()["keys"]) == 1
    assert browser.patch(path, json={"credential": None}).json()["keys"] == []
    for text in (made.text, moved.text, again.text, browser.get(path).text, browser.get(S).text):
        assert CANARY not in text


def test_r22_an_owner_of_a_teams_services_cannot_have_the_servers_keys_sent_to_themselves(console: Console) -> None:
    """Neither by a reference of their own nor by moving a service whose key nobody shows them."""
    team = console.plane.teams.create("red", ACTOR)
    add_person(console, "ann", "api_owner", (team.id,))
    console.plane.references.values["env:OPENAI_API_KEY"] = "sk-of-everybody"
    ann = sign_in(console, "ann")
    for reference in ("env:OPENAI_API_KEY", "file:/run/secrets/other"):
        answer = ann.post(S, json={**BODY, "base_url": "https://evil.example", "credential": reference})
        assert (answer.status_code, [fault["pointer"] for fault in answer.json()["errors"]]) == (422, ["/credential"])
    made = console.signed_in().post(S, json={**BODY, "team_id": team.id, "credential": "env:OPENAI_API_KEY"})
    moved = ann.patch(f"{S}/{made.json()['id']}", json={"base_url": "https://evil.example"})
    assert (moved.status_code, moved.json()["keys"]) == (200, [])
    for private in (True, ["169.254.0.0/16"], ["10.0.0.0/8", "127.0.0.1/32"]):
        answer = ann.post(S, json={**BODY, "base_url": "http://10.0.0.9", "allow_private": private})
        assert answer.status_code == 422 and "/allow_private/" in answer.json()["errors"][0]["pointer"]
    own = ann.post(S, json={**BODY, "name": "own", "path_prefix": "/own", "allow_private": ["10.0.0.0/8"]})
    assert own.status_code == 201 and own.json()["team_id"] == team.id


def test_a_change_of_an_older_version_is_refused(browser: TestClient) -> None:
    made = browser.post(S, json=BODY)
    path = f"{S}/{made.json()['id']}"
    browser.patch(path, json={"name": "climate"})
    for change in ({"strip_prefix": False}, {"name": "x"}):
        answer = browser.patch(path, json=change, headers={"if-match": made.headers["etag"]})
        assert answer.status_code == 412


def test_reserved_and_taken_prefixes_are_refused(browser: TestClient) -> None:
    assert browser.post(S, json={**BODY, "path_prefix": "/v1/x"}).status_code == 422
    browser.post(S, json=BODY)
    assert browser.post(S, json={**BODY, "name": "other"}).status_code == 409
