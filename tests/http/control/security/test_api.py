"""Security events over HTTP: listed, acted on, closed and undone by those who may."""

import pytest

from kit.console import Console
from kit.control import ACTOR
from tollway.control.tokens.model import NewToken
from tollway.policy.token import generate_token

EVENTS = "/api/v1/security/events"
UNKNOWN = generate_token("s", bytes(range(48))).reveal()


@pytest.fixture
def token(console: Console) -> tuple[str, str]:
    issued = console.plane.tokens.issue(NewToken("shop"), ACTOR)
    return issued.token.id, issued.secret.reveal()


def state_of(console: Console, token_id: str) -> str:
    return console.plane.tokens.get(token_id).state


def test_an_event_is_listed_acted_on_undone_and_closed(console: Console, token: tuple[str, str]) -> None:
    client = console.signed_in()
    console.security.find("spike", token[0], "high")
    console.security.find("scanning", "192.0.2.9")
    assert client.get("/api/v1/security/summary").json() == {
        "low": 0,
        "medium": 1,
        "high": 1,
        "critical": 0,
        "addresses": "whole",
    }
    listed = client.get(EVENTS, params={"kind": "spike"}).json()
    (event,) = listed["items"]
    assert (event["token_name"], event["severity"], event["can_undo"]) == ("shop", "high", False)
    answer = client.post(f"{EVENTS}/{event['id']}/act", json={"act": "limit"}, headers={"if-match": '"v1"'})
    assert answer.status_code == 200 and answer.json()["can_undo"] is True
    assert answer.headers["etag"] == '"v2"' and state_of(console, token[0]) == "quarantined"
    assert client.post(f"{EVENTS}/{event['id']}/undo").json()["act_state"] == "undone"
    assert state_of(console, token[0]) == "active"
    assert client.post(f"{EVENTS}/{event['id']}/undo").status_code == 409
    closed = client.post(f"{EVENTS}/{event['id']}/acknowledge", json={"note": "seen"}).json()
    assert (closed["state"], closed["note"]) == ("acknowledged", "seen")
    assert closed["closed_by"].startswith("user:")
    assert client.get(f"{EVENTS}/{event['id']}").json()["state"] == "acknowledged"
    assert [each["kind"] for each in client.get(EVENTS, params={"state": "open"}).json()["items"]] == ["scanning"]


def test_pages_go_on_where_the_last_one_ended(console: Console) -> None:
    client = console.signed_in()
    for number in range(5):
        console.security.find("scanning", f"192.0.2.{number}")
    seen, cursor = [], None
    while True:
        page = client.get(EVENTS, params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [event["subject"] for event in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"192.0.2.{number}" for number in (4, 3, 2, 1, 0)]


def test_what_is_expected_is_closed_and_can_be_forgotten(console: Console, token: tuple[str, str]) -> None:
    client = console.signed_in()
    console.security.find("spike", token[0], detail="requests")
    event = client.get(EVENTS).json()["items"][0]
    assert client.post(f"{EVENTS}/{event['id']}/expected").json()["state"] == "expected"
    (expected,) = client.get("/api/v1/security/expected").json()["items"]
    assert (expected["kind"], expected["subject"], expected["detail"]) == ("spike", token[0], "requests")
    body = {name: expected[name] for name in ("kind", "subject", "detail")}
    assert client.post("/api/v1/security/expected/forget", json=body).status_code == 204
    assert client.get("/api/v1/security/expected").json()["items"] == []


def test_tokens_are_looked_up_and_reported_by_their_whole_secret(console: Console, token: tuple[str, str]) -> None:
    client = console.signed_in()
    asked = {"tokens": [{"token": token[1]}, {"token": UNKNOWN}, {"token": token[0]}]}
    found = client.post("/api/v1/security/lookup", json=asked).json()["items"]
    assert [item["state"] for item in found] == ["active", "unknown", "unknown"]
    assert found[0]["masked"] == f"tws_{token[0]}…" and found[2]["masked"] is None
    reported = client.post(
        "/api/v1/security/reports", json={"tokens": [{"token": token[1], "url": "a.py:3", "source": "scan"}]}
    ).json()["items"]
    assert reported[0]["state"] == "quarantined" and state_of(console, token[0]) == "quarantined"
    event = client.get(f"{EVENTS}/{reported[0]['event_id']}").json()
    assert (event["kind"], event["facts"]["url"], event["act_state"]) == ("leaked", "a.py:3", "done")
    assert token[1] not in str(event)
