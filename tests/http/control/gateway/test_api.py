"""The gateway as a whole over HTTP."""

from starlette.testclient import TestClient

from kit.console import Console
from kit.matrix import add_person, sign_in
from tollway.contract.ledger_api import HealthAnswer, InFlight, UnpricedRow, UsageRow
from tollway.contract.records import CloseRecord
from tollway.contract.resting import RestingKey

CALL = CloseRecord("req_1", 10**18, 5, 200, "ok", "chat", method="POST", route="/v1/chat/completions")


def test_the_checklist_follows_what_was_done(browser: TestClient, console: Console) -> None:
    def done() -> list[bool]:
        return [step["done"] for step in browser.get("/api/v1/checklist").json()["steps"]]

    assert done() == [False, False, False]
    browser.post("/api/v1/providers", json={"name": "a", "kind": "openai", "credential": "k" * 20})
    browser.post("/api/v1/tokens", json={"name": "ci"})
    console.ledger.calls = [CALL]
    assert done() == [True, True, True]
    assert browser.get("/api/v1/checklist").json()["is_done"] is True


def test_the_summary_is_flat_and_numeric(browser: TestClient, console: Console) -> None:
    console.ledger.rows = [
        UsageRow(("m",), None, 200, 0, 3, 1, 10, 20, 0, 1_500_000_000, 0, 0, 1000, 2000, 3000, 0, 0, 5, 70, 1)
    ]
    console.ledger.calls = [CALL]
    shown = browser.get("/api/v1/summary").json()
    assert all(not isinstance(value, dict | list) for value in shown.values())
    assert (shown["requests_today"], shown["errors_today"], shown["error_percent"]) == (200, 4, 2.0)
    assert (shown["spend_today"], shown["p95_ms"], shown["overhead_p95_ms"]) == (1.5, 2.0, 0.07)
    assert (shown["top_model"], shown["status"]) == ("m", "ok")


def test_without_the_ledger_the_pages_still_answer_and_say_so(browser: TestClient, console: Console) -> None:
    console.ledger.is_away = True
    assert browser.get("/api/v1/summary").json()["status"] == "degraded"
    assert browser.get("/api/v1/gateway").json()["ledger"] == {
        "lag_bytes": None,
        "problem": "The ledger does not answer.",
    }
    assert browser.get("/api/v1/attention").json()["items"][0]["kind"] == "ledger_lag"


def test_what_needs_a_person_is_listed_with_the_most_severe_first(browser: TestClient, console: Console) -> None:
    browser.post("/api/v1/tokens", json={"name": "ci", "expires_at": "2027-01-16T00:00:00Z"})
    console.ledger.health = HealthAnswer(99_000_000, 0, 0, 0)
    console.ledger.unpriced = [UnpricedRow("prov_x", "m", 3, 10**18)]
    items = browser.get("/api/v1/attention").json()["items"]
    assert [(item["kind"], item["severity"]) for item in items] == [
        ("ledger_lag", "critical"),
        ("token_expiring", "warning"),
        ("unpriced_model", "warning"),
    ]


def test_a_rotation_that_nobody_collected_is_listed_with_the_way_to_its_token(
    browser: TestClient, console: Console
) -> None:
    token_id = browser.post("/api/v1/tokens", json={"name": "ci", "expires_at": None}).json()["id"]
    every = {"name": "daily", "scope": "installation", "every_seconds": 86_400}
    assert browser.post("/api/v1/rotation-policies", json=every).status_code == 201
    for _ in range(2):
        console.clock.advance(86_400)
        console.plane.rotations.scheduler.look()
    (item,) = console.signed_in().get("/api/v1/attention").json()["items"]
    assert (item["kind"], item["severity"], item["subject_id"]) == ("rotation_failed", "warning", token_id)
    assert (item["title"], item["href"]) == ("Token ci could not be rotated", f"/tokens/{token_id}")
    why = "Policy daily: Nobody collected the new secret in time. The old secret works. Tried again in 1 day."
    assert item["detail"] == why


def test_open_security_events_are_counted_for_who_may_see_them(browser: TestClient, console: Console) -> None:
    def shown(client: TestClient) -> list[tuple[str, str, str, str]]:
        items = client.get("/api/v1/attention").json()["items"]
        return [(item["severity"], item["title"], item["detail"], item["href"]) for item in items]

    assert shown(browser) == []
    console.security.find("scanning", "192.0.2.8", "low")
    assert shown(browser) == [("info", "1 security event to look into", "1 low.", "/security")]
    for number in range(2):
        console.security.find("spike", f"token{number}", "high")
    console.security.find("decoy_used", "token9", "critical")
    open_now = ("critical", "4 security events to look into", "1 critical, 2 high, 1 low.", "/security")
    assert shown(browser) == [open_now]
    add_person(console, "eve", "billing")
    assert shown(sign_in(console, "eve")) == []
    for event in browser.get("/api/v1/security/events").json()["items"]:
        browser.post(f"/api/v1/security/events/{event['id']}/acknowledge")
    assert shown(browser) == []


def test_the_gateway_says_what_it_is(browser: TestClient) -> None:
    shown = browser.get("/api/v1/gateway").json()
    assert (shown["gateway_url"], shown["providers_configured"], shown["ledger"]["lag_bytes"]) == (
        "http://127.0.0.1:8080",
        0,
        0,
    )


def test_upstreams_are_shown_with_calls_in_flight_and_resting_keys(browser: TestClient, console: Console) -> None:
    console.ledger.in_flight = [InFlight("prov_a", "", 3), InFlight("", "svc_a", 1)]
    console.resting.keys = [
        RestingKey("prov_a", "key_1", 1_800_000_005),
        RestingKey("prov_b", "key_2", 1_800_000_005),
        RestingKey("prov_b", "key_3", 1_800_000_009),
    ]
    first = {"key_id": "key_1", "until": "2027-01-15T08:00:05Z"}
    others = [first | {"key_id": "key_2"}, {"key_id": "key_3", "until": "2027-01-15T08:00:09Z"}]
    assert browser.get("/api/v1/upstreams").json()["items"] == [
        {"provider_id": "prov_a", "service_id": None, "in_flight": 3, "resting_keys": [first]},
        {"provider_id": None, "service_id": "svc_a", "in_flight": 1, "resting_keys": []},
        {"provider_id": "prov_b", "service_id": None, "in_flight": 0, "resting_keys": others},
    ]
    console.ledger.is_away = True
    assert browser.get("/api/v1/upstreams").status_code == 503
