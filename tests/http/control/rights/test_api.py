"""Rights over HTTP: given at every level, shown with their sources, judged, and tried on recorded calls."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from kit.console import Console
from tollway.contract.records import CloseRecord
from tollway.contract.rights import ALL_RIGHTS, HourRights, NameRights, Window

T = "/api/v1/tokens"
BODY = {"models": {"allow": ["gpt-*"], "deny": ["gpt-4"]}, "scopes": ["generate"]}


def issue(browser: TestClient, **fields: Any) -> str:
    """Issue a token and return its id."""
    made = browser.post(T, json={"name": "ci", **fields})
    assert made.status_code == 201, made.text
    token_id: str = made.json()["id"]
    return token_id


def test_a_tokens_rights_are_given_part_by_part_and_published(browser: TestClient, console: Console) -> None:
    token_id = issue(browser)
    path = f"{T}/{token_id}/rights"
    bare = browser.get(path)
    assert (bare.json()["rights"]["scopes"], bare.headers["etag"], bare.json()["updated_at"]) == (None, '"v1"', None)
    given = browser.patch(path, json=BODY, headers={"if-match": '"v1"'})
    assert (given.status_code, given.headers["etag"]) == (200, '"v2"'), given.text
    record = console.plane.policy.token(token_id)
    assert record.rights.models == NameRights(("gpt-*",), ("gpt-4",))
    assert record.rights.scopes == ("generate",)
    more = browser.patch(path, json={"parameters": {"no_tools": True}, "scopes": None})
    assert more.json()["rights"]["models"] == BODY["models"]
    assert more.json()["rights"]["scopes"] is None
    assert console.plane.policy.token(token_id).rights.parameters.no_tools
    assert browser.patch(path, json=BODY, headers={"if-match": '"v1"'}).status_code == 412
    cleared = browser.patch(path, json={"models": None, "parameters": None})
    assert cleared.status_code == 200
    assert console.plane.policy.token(token_id).rights == ALL_RIGHTS


def test_the_rights_of_a_plan_are_shown_changed_and_bounded_by_the_giver(browser: TestClient, console: Console) -> None:
    plan = browser.post("/api/v1/plans", json={"name": "small"}).json()
    path = f"/api/v1/plans/{plan['id']}/rights"
    bare = browser.get(path)
    assert (bare.json()["level"], bare.json()["rights"]["scopes"], bare.headers["etag"]) == ("plan", None, '"v1"')
    given = browser.patch(path, json=BODY, headers={"if-match": '"v1"'})
    assert (given.status_code, given.headers["etag"]) == (200, '"v2"'), given.text
    assert browser.get(path).json()["rights"] == given.json()["rights"]
    assert browser.patch(path, json=BODY, headers={"if-match": '"v1"'}).status_code == 412
    assert browser.patch(path, json={"models": {"allow": ["group:none"]}}).status_code == 422
    user_id = browser.get("/api/v1/users").json()["items"][0]["id"]
    browser.patch(f"/api/v1/users/{user_id}/rights", json={"models": {"allow": ["gpt-*"]}})
    wider = browser.patch(path, json={"models": {"allow": ["*"]}})
    assert (wider.status_code, wider.json()["code"]) == (403, "management.forbidden")
    assert browser.get(path).json()["rights"] == given.json()["rights"]


def test_a_change_of_nothing_leaves_the_version(browser: TestClient) -> None:
    path = f"{T}/{issue(browser)}/rights"
    assert browser.patch(path, json=BODY).headers["etag"] == '"v2"'
    assert browser.patch(path, json=BODY).headers["etag"] == '"v2"'


def test_every_level_has_rights_of_its_own(browser: TestClient, console: Console) -> None:
    application = browser.post("/api/v1/applications", json={"name": "shop"}).json()
    user_id = browser.get("/api/v1/users").json()["items"][0]["id"]
    paths = {
        "installation": "/api/v1/rights",
        "team": "/api/v1/teams/team_default/rights",
        "application": f"/api/v1/applications/{application['id']}/rights",
        "user": f"/api/v1/users/{user_id}/rights",
    }
    for level, path in paths.items():
        given = browser.patch(path, json={"models": {"deny": [f"by-{level}"]}})
        assert given.status_code == 200, given.text
        assert given.json()["level"] == level
        assert browser.get(path).json()["rights"]["models"]["deny"] == [f"by-{level}"]
    snapshot = console.plane.policy.read_snapshot()
    assert snapshot.rights.models.deny == ("by-installation",)
    assert {(owner.kind, owner.rights.models.deny) for owner in snapshot.owners} == {
        ("team", ("by-team",)),
        ("user", ("by-user",)),
    }
    assert console.plane.policy.application(application["id"]).rights.models.deny == ("by-application",)
    token_id = issue(browser, application_id=application["id"], models=["gpt-4o"])
    sources = browser.get(f"{T}/{token_id}/rights/effective").json()["sources"]
    assert [source["level"] for source in sources] == ["installation", "team", "application", "token", "lists"]
    assert sources[1]["name"] == "default"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"scopes": ["dance"]}, "/scopes/0"),
        ({"models": {"allow": ["group:nobody"]}}, "/models/allow/0"),
        ({"services": {"deny": ["weather"]}}, "/services/deny/0"),
        ({"routes": {"allow": ["GET /a", "orders"]}}, "/routes/allow/1"),
        ({"routes": {"deny": ["GET /a/../b"]}}, "/routes/deny/0"),
        ({"routes": {"deny": ["GET /%7Eme"]}}, "/routes/deny/0"),
        ({"networks": {"allow": ["10.0.0.0/8", "10.0.0.1/8"]}}, "/networks/allow/1"),
        ({"networks": {"mode": "maybe"}}, "/networks/mode"),
        ({"hours": {"zone": "Mars/Olympus"}}, "/hours/zone"),
        ({"hours": {"windows": [{"days": ["mon"], "start": "25:00"}]}}, "/hours/windows/0/start"),
        ({"hours": {"windows": [{"days": []}]}}, "/hours/windows/0/days"),
        ({"parameters": {"output_tokens_max": 0}}, "/parameters/output_tokens_max"),
        ({"colours": {}}, "/colours"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_fault_is_named_by_its_place(browser: TestClient, body: dict[str, Any], pointer: str) -> None:
    answer = browser.patch(f"{T}/{issue(browser)}/rights", json=body)
    assert answer.status_code == 422, answer.text
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


def test_hours_are_shown_as_they_are_meant(browser: TestClient, console: Console) -> None:
    token_id = issue(browser)
    windows = [
        {"days": ["fri"], "start": "22:00", "end": "06:00"},
        {"days": ["mon", "tue"], "start": "09:00", "end": "17:30"},
    ]
    hours = {"zone": "Europe/Berlin", "windows": windows}
    given = browser.patch(f"{T}/{token_id}/rights", json={"hours": hours}).json()["rights"]["hours"]
    assert given == {
        "zone": "Europe/Berlin",
        "windows": [
            {"days": ["mon", "tue"], "start": "09:00", "end": "17:30"},
            {"days": ["fri"], "start": "22:00", "end": "24:00"},
            {"days": ["sat"], "start": "00:00", "end": "06:00"},
        ],
    }
    stored = console.plane.policy.token(token_id).rights.hours
    assert stored == HourRights(
        "Europe/Berlin", (Window(0, 540, 1_050), Window(1, 540, 1_050), Window(4, 1_320, 1_440), Window(5, 0, 360))
    )


def test_services_are_named_and_kept_by_id(browser: TestClient) -> None:
    made = browser.post(
        "/api/v1/services", json={"name": "weather", "path_prefix": "/weather", "base_url": "https://rest.example"}
    )
    assert made.status_code == 201, made.text
    path = f"{T}/{issue(browser)}/rights"
    given = browser.patch(path, json={"services": {"allow": ["weather"]}})
    assert given.json()["rights"]["services"]["allow"] == [made.json()["id"]]


def test_may_it_do_that_and_why_not(browser: TestClient) -> None:
    token_id = issue(browser)
    browser.patch(
        f"{T}/{token_id}/rights",
        json={
            "models": {"deny": ["sandbox-large"]},
            "networks": {"allow": ["10.0.0.0/8"]},
            "parameters": {"output_tokens_max": 100, "no_tools": True},
        },
    )
    may = f"{T}/{token_id}/may"
    yes = browser.get(may, params={"model": "sandbox-small"}).json()
    assert (yes["allowed"], yes["code"]) == (True, None)
    assert yes["ways"] == [{"provider": "sandbox", "upstream_model": "sandbox-small", "reason": None}]
    no = browser.get(may, params={"model": "sandbox-large"}).json()
    assert (no["allowed"], no["code"], no["rule"]) == (False, "token.model_denied", "models.deny: sandbox-large")
    assert (no["level"], no["level_name"]) == ("token", "ci")
    outside = browser.get(may, params={"model": "sandbox-small", "address": "192.0.2.1"}).json()
    assert (outside["code"], outside["rule"]) == ("token.address_denied", "networks.allow")
    more = browser.get(may, params={"model": "sandbox-small", "output_tokens": 101}).json()
    assert (more["code"], more["rule"]) == ("token.parameter_denied", "parameters.output_tokens_max: 100")
    tools = browser.get(may, params={"model": "sandbox-small", "tools": "true"}).json()
    assert tools["rule"] == "parameters.no_tools"
    unknown = browser.get(may, params={"model": "never-heard"}).json()
    assert (unknown["allowed"], unknown["code"]) == (False, "model.not_found")
    assert browser.get(may).status_code == 422
    browser.post(f"{T}/{token_id}/revoke")
    assert browser.get(may, params={"model": "sandbox-small"}).json()["code"] == "token.revoked"


def test_may_it_call_a_service_at_that_hour(browser: TestClient) -> None:
    browser.post(
        "/api/v1/services", json={"name": "weather", "path_prefix": "/weather", "base_url": "https://rest.example"}
    )
    token_id = issue(browser)
    rights = {
        "routes": {"deny": ["DELETE /weather/{day}"]},
        "hours": {"zone": "UTC", "windows": [{"days": ["mon"], "start": "09:00", "end": "10:00"}]},
    }
    assert browser.patch(f"{T}/{token_id}/rights", json=rights).status_code == 200
    may = f"{T}/{token_id}/may"
    monday, sunday = "2026-11-30T09:30:00Z", "2026-11-29T09:30:00Z"
    asked = {"path": "/weather/today", "method": "GET", "at": monday}
    assert browser.get(may, params=asked).json()["allowed"]
    denied = browser.get(may, params={**asked, "method": "DELETE"}).json()
    assert (denied["code"], denied["rule"]) == ("token.route_denied", "routes.deny: DELETE /weather/{day}")
    closed = browser.get(may, params={**asked, "at": sunday}).json()
    assert (closed["code"], closed["opens_at"]) == ("token.outside_window", "2026-11-30T09:00:00Z")
    assert browser.get(may, params={**asked, "path": "/nowhere"}).json()["code"] == "route.not_found"
    assert browser.get(may, params={**asked, "path": "/a/../b"}).json()["code"] == "request.path"


def test_who_would_have_been_blocked(browser: TestClient, console: Console) -> None:
    token_id = issue(browser)
    now = console.clock.now_ns()
    addresses = ["10.0.0.1", "192.0.2.1", "192.0.2.1", "::ffff:192.0.2.7", ""]
    console.ledger.calls = [
        CloseRecord(f"req_{at}", now - at, 1, 200, "ok", "chat", token_id, client_address=address)
        for at, address in enumerate(addresses)
    ]
    found = browser.get(f"{T}/{token_id}/would-block", params={"allow": "10.0.0.0/8", "days": 7})
    assert found.status_code == 200, found.text
    answer = found.json()
    assert (answer["calls_looked_at"], answer["calls_blocked"], answer["calls_without_address"]) == (5, 3, 1)
    assert [(row["address"], row["calls"], row["rule"]) for row in answer["addresses"]] == [
        ("192.0.2.1", 2, "allow"),
        ("::ffff:192.0.2.7", 1, "allow"),
    ]
    deny = browser.get(f"{T}/{token_id}/would-block", params={"deny": ["192.0.2.0/24", "10.0.0.1"]}).json()
    assert {row["rule"] for row in deny["addresses"]} == {"deny 192.0.2.0/24", "deny 10.0.0.1"}
    assert browser.get(f"{T}/{token_id}/would-block").status_code == 422
    application = browser.post("/api/v1/applications", json={"name": "shop"}).json()["id"]
    of_all = browser.get(f"/api/v1/applications/{application}/would-block", params={"allow": "10.0.0.0/8"})
    assert of_all.status_code == 200 and of_all.json()["calls_looked_at"] == 5
    assert console.ledger.asked[-1].filters == {"application": application}  # type: ignore[union-attr]
    gone = browser.get("/api/v1/applications/app_none/would-block", params={"allow": "10.0.0.0/8"})
    assert gone.status_code == 404
    bad = browser.get(f"{T}/{token_id}/would-block", params={"allow": ["10.0.0.0/8", "nonsense"]})
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "/allow/1")


def test_nobody_gives_more_than_they_have(browser: TestClient, console: Console) -> None:
    """Whoever has rights of their own may give less, and neither more to others nor more to themselves."""
    user_id = browser.get("/api/v1/users").json()["items"][0]["id"]
    token_id = issue(browser)
    own = {"models": {"allow": ["gpt-*"]}, "networks": {"deny": ["192.0.2.0/24"]}}
    assert browser.patch(f"/api/v1/users/{user_id}/rights", json=own).status_code == 200
    wider = browser.patch(f"{T}/{token_id}/rights", json={"models": {"allow": ["gpt-4o", "claude-*"]}})
    assert (wider.status_code, wider.json()["code"]) == (403, "management.forbidden")
    assert "models, networks" in wider.json()["detail"]
    assert browser.patch(f"/api/v1/users/{user_id}/rights", json={"models": None}).status_code == 403
    within = {"models": {"allow": ["gpt-4o"]}, "networks": {"deny": ["192.0.0.0/16"]}}
    assert browser.patch(f"{T}/{token_id}/rights", json=within).status_code == 200
    operator = console.operator()
    assert operator.patch(f"/api/v1/users/{user_id}/rights", json={"models": None}).status_code == 200


def test_what_is_not_there_is_not_found(browser: TestClient) -> None:
    for path in ("tokens/aaaaaaaaaaaa", "applications/app_x", "teams/team_x", "users/usr_x"):
        assert browser.get(f"/api/v1/{path}/rights").status_code == 404
        assert browser.patch(f"/api/v1/{path}/rights", json=BODY).status_code == 404


def test_the_change_is_in_the_audit_log(browser: TestClient) -> None:
    token_id = issue(browser)
    browser.patch(f"{T}/{token_id}/rights", json={"scopes": ["embed"]})
    entry = browser.get("/api/v1/audit").json()["items"][0]
    assert (entry["action"], entry["object_id"]) == ("rights.change", token_id)
