"""The life of a token over HTTP."""

from starlette.testclient import TestClient

from kit.console import Console
from tollway.contract.ledger_api import AddressUse, OriginsAnswer, SecretUse

T = "/api/v1/tokens"


def issue(client: TestClient, **fields: object) -> dict[str, object]:
    answer = client.post(T, json={"name": "ci", **fields})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_new_secret_is_shown_once_and_the_token_stays_the_same(browser: TestClient) -> None:
    issued = issue(browser, models=["a"])
    answer = browser.post(f"{T}/{issued['id']}/rotate", json={"overlap_seconds": 600})
    rotated = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert rotated["token"].startswith(f"tws_{issued['id']}")
    assert rotated["token"] != issued["token"]
    shown = browser.get(f"{T}/{issued['id']}").json()
    assert (shown["generation"], shown["is_rotating"], shown["models"]) == (2, True, ["a"])
    assert rotated["token"] not in str(shown)


def test_a_replacement_is_shown_once_and_each_says_what_the_other_is(browser: TestClient) -> None:
    issued = issue(browser, models=["a"])
    path = f"{T}/{issued['id']}"
    refused = browser.post(f"{path}/replace")
    assert (refused.status_code, refused.json()["code"]) == (409, "management.conflict")
    browser.post(f"{path}/quarantine")
    answer = browser.post(f"{path}/replace", json={"reason": "found"})
    made = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert (made["name"], made["models"], made["state"]) == ("ci", ["a"], "active") and made["id"] in made["token"]
    shown = browser.get(f"{T}/{made['id']}/life").json()
    assert (shown["replaces"], shown["replaced_by"]) == (issued["id"], None)
    old = browser.get(f"{path}/life").json()
    assert (old["replaces"], old["replaced_by"]) == (None, made["id"])
    assert browser.get(path).json()["state"] == "quarantined"
    again = browser.post(f"{T}/{made['id']}/replace", json={"revoke": True, "is_compromised": True})
    assert again.status_code == 201 and browser.get(f"{T}/{made['id']}").json()["is_compromised"]
    assert made["token"] not in browser.get(T).text and again.json()["token"] not in browser.get(T).text


def test_the_evidence_of_an_overlap_says_who_still_uses_the_old_secret(browser: TestClient, console: Console) -> None:
    issued = issue(browser)
    token_id = str(issued["id"])
    browser.post(f"{T}/{token_id}/rotate", json={"overlap_seconds": 86_400})
    now = console.plane.clock.now_ns()
    console.ledger.origins = OriginsAnswer(
        (SecretUse(token_id, "1", now, now, "192.0.2.7", "sdk/1", 14),),
        (AddressUse(token_id, "192.0.2.7", now, now, "sdk/1", 14),),
    )
    life = browser.get(f"{T}/{token_id}/life").json()
    (secret,) = life["secrets"]
    assert (secret["calls"], secret["last_address"], secret["last_agent"]) == (14, "192.0.2.7", "sdk/1")
    assert (secret["is_working"], secret["is_safe_to_end"]) == (True, False)
    assert [each["address"] for each in life["addresses"]] == ["192.0.2.7"]
    console.plane.clock.advance(43_200)
    browser = console.signed_in()
    assert browser.get(f"{T}/{token_id}/life").json()["secrets"][0]["is_safe_to_end"]
    assert browser.post(f"{T}/{token_id}/end-overlap").json()["is_rotating"] is False
    assert browser.post(f"{T}/{token_id}/end-overlap").status_code == 409


def test_a_life_is_shown_without_its_evidence_while_the_ledger_is_away(browser: TestClient, console: Console) -> None:
    issued = issue(browser)
    console.ledger.is_away = True
    life = browser.get(f"{T}/{issued['id']}/life").json()
    assert (life["secrets"], life["addresses"], life["generation"]) == (None, None, 1)


def test_a_rotation_is_undone(browser: TestClient) -> None:
    issued = issue(browser)
    browser.post(f"{T}/{issued['id']}/rotate", json={})
    assert browser.post(f"{T}/{issued['id']}/cancel-rotation").json()["generation"] == 1
    assert browser.post(f"{T}/{issued['id']}/cancel-rotation").status_code == 409


def test_a_rotation_of_another_version_is_refused_and_changes_nothing(browser: TestClient) -> None:
    issued = issue(browser)
    answer = browser.post(f"{T}/{issued['id']}/rotate", headers={"if-match": '"v7"'})
    assert answer.status_code == 412
    assert browser.get(f"{T}/{issued['id']}").json()["generation"] == 1


def test_a_token_is_quarantined_and_released(browser: TestClient) -> None:
    issued = issue(browser)
    path = f"{T}/{issued['id']}"
    held = browser.post(f"{path}/quarantine", json={"reason": "odd", "requests_per_minute": 2}).json()
    assert held["state"] == "quarantined"
    shown = browser.get(f"{path}/life").json()["quarantine"]
    assert (shown["reason"], shown["requests_per_minute"]) == ("odd", 2)
    assert "service_write" in shown["denied"]
    assert [token["id"] for token in browser.get(f"{T}?state=quarantined").json()["items"]] == [issued["id"]]
    assert browser.post(f"{path}/release").json()["state"] == "active"
    assert browser.post(f"{path}/quarantine", json={"denied": ["all"]}).status_code == 422


def test_a_compromised_token_says_so(browser: TestClient) -> None:
    issued = issue(browser)
    revoked = browser.post(f"{T}/{issued['id']}/revoke", json={"is_compromised": True, "reason": "leaked"}).json()
    assert (revoked["state"], revoked["is_compromised"], revoked["revoked_reason"]) == ("revoked", True, "leaked")


def test_all_of_a_person_ends_at_once(browser: TestClient) -> None:
    mine = issue(browser)
    body = {"kind": "user", "id": mine["owner_id"], "reason": "left"}
    assert browser.post(f"{T}/revoke-all", json=body).json() == {"revoked": 1}
    assert browser.get(f"{T}/{mine['id']}").json()["state"] == "revoked"
    assert browser.post(f"{T}/revoke-all", json={"kind": "everyone"}).status_code == 422
    assert browser.post(f"{T}/revoke-all", json={"kind": "team"}).status_code == 422


def test_what_was_granted_and_not_used_is_shown(browser: TestClient) -> None:
    issued = issue(browser, models=["a"])
    shown = browser.get(f"{T}/{issued['id']}/unused").json()
    assert shown["models"] == {"granted": ["a"], "used": [], "unused": ["a"], "is_too_wide": True}


def test_not_before_idle_time_and_self_rotation_are_set_and_changed(browser: TestClient) -> None:
    issued = issue(browser, not_before="2027-02-01T00:00:00Z", idle_seconds=3_600, may_rotate=True)
    assert issued["state"] == "not_yet_valid"
    assert (issued["not_before"], issued["idle_seconds"], issued["may_rotate"]) == (
        "2027-02-01T00:00:00Z",
        3_600,
        True,
    )
    path = f"{T}/{issued['id']}"
    changed = browser.patch(path, json={"not_before": None, "idle_seconds": None, "may_rotate": False}).json()
    assert (changed["state"], changed["not_before"], changed["idle_seconds"]) == ("active", None, None)
    assert browser.post(f"{path}/wake").status_code == 409
    assert browser.post(f"{path}/collect").status_code == 409
