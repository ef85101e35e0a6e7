"""Who may call, and forged requests: every unsafe route asks for both proofs."""

import pytest
from starlette.testclient import TestClient

from kit.console import Console
from tollway.kernel.errors import TollwayError

T = "/api/v1/tokens"


def test_without_a_session_nothing_of_the_api_answers(console: Console) -> None:
    for method, path in (("GET", T), ("POST", T), ("DELETE", "/api/v1/teams/x"), ("GET", "/api/v1/live")):
        answer = console.client().request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (401, "management.unauthenticated")


READ = [{"permission": "tokens.read", "reach": "all"}]


def test_a_gateway_token_without_scopes_is_no_credential_here(console: Console, browser: TestClient) -> None:
    token = browser.post(T, json={"name": "ci"}).json()["token"]
    for headers in ({"x-api-key": token}, {"cookie": f"tollway={token}"}, {"authorization": f"Basic {token}"}):
        assert console.client().get(T, headers=headers).status_code == 401
    answer = console.client().get(T, headers={"authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "management.forbidden")


def test_r2_two_authorization_headers_are_refused_whichever_comes_first(console: Console, browser: TestClient) -> None:
    token = browser.post(T, json={"name": "ci", "scopes": READ}).json()["token"]
    good, bad = ("authorization", f"Bearer {token}"), ("authorization", "Bearer x")
    for pair in ([good, bad], [bad, good], [good, good], [good, ("Authorization", "Basic eDp5")]):
        answer = console.client().get(T, headers=pair)
        assert (answer.status_code, answer.json()["code"]) == (400, "token.ambiguous")


@pytest.mark.parametrize(
    "fault", [TollwayError("management.unavailable"), OSError("gone"), RuntimeError("bug")], ids=["away", "gone", "bug"]
)
@pytest.mark.parametrize("place", ["session", "role", "token", "factor"])
def test_r6_whatever_fails_while_it_is_found_out_who_asks_lets_nobody_in(
    console: Console, browser: TestClient, monkeypatch: pytest.MonkeyPatch, place: str, fault: Exception
) -> None:
    script = console.client()
    script.headers["authorization"] = f"Bearer {browser.post(T, json={'name': 'ci', 'scopes': READ}).json()['token']}"
    assert script.get(T).status_code == browser.get(T).status_code == 200

    def fail(*_: object, **__: object) -> None:
        raise fault

    owners = {
        "session": (console.sessions, "find_signed_in", browser),
        "role": (console.services.roles, "rights_of", browser),
        "token": (console.services.bearers, "identify", script),
        "factor": (console.sessions, "lacks_factor", script),
    }
    owner, name, client = owners[place]
    monkeypatch.setattr(type(owner), name, fail)
    for method, path in (("GET", T), ("POST", T), ("GET", "/api/v1/session"), ("GET", "/api/v1/audit")):
        answer = client.request(method, path, json={"name": "x"} if method == "POST" else None)
        assert answer.status_code in (401, 403, 500, 503), (method, path, answer.status_code)
    monkeypatch.undo()
    assert len(browser.get(T).json()["items"]) == 1


def test_a_token_with_scopes_is_taken_from_its_header_alone(console: Console, browser: TestClient) -> None:
    token = browser.post(T, json={"name": "ci", "scopes": READ}).json()["token"]
    assert console.client().get(T, headers={"authorization": f"bEARER {token}"}).status_code == 200
    for headers in ({"x-api-key": token}, {"x-goog-api-key": token}, {"cookie": f"tollway={token}"}):
        assert console.client().get(T, headers=headers).status_code == 401
    for query in (f"?token={token}", f"?api_key={token}", f"?access_token={token}"):
        assert console.client().get(T + query).status_code in (400, 401)


def test_an_unknown_scope_is_refused_when_the_token_is_issued(browser: TestClient) -> None:
    for scope in (
        {"permission": "tokens.*", "reach": "all"},
        {"permission": "*", "reach": "all"},
        {"permission": "tokens.read", "reach": "everything"},
        {"permission": "machine.operate", "reach": "all"},
        {"permission": "account.use", "reach": "own"},
        {"permission": "roles.read", "reach": "own"},
    ):
        answer = browser.post(T, json={"name": "ci", "scopes": [scope]})
        assert (answer.status_code, answer.json()["code"]) == (422, "management.invalid"), scope
    assert browser.get(T).json()["items"] == []


def test_a_request_with_a_token_is_judged_by_it_and_not_by_the_session_beside_it(browser: TestClient) -> None:
    token = browser.post(T, json={"name": "ci", "scopes": READ}).json()["token"]
    headers = {"authorization": f"Bearer {token}"}
    assert browser.get("/api/v1/teams", headers=headers).status_code == 403
    assert browser.get("/api/v1/teams", headers={"authorization": "Bearer nonsense"}).status_code == 401


def test_a_token_needs_no_proof_of_where_the_request_is_from(console: Console, browser: TestClient) -> None:
    scopes = [{"permission": "tokens.write", "reach": "all"}, *READ]
    made = browser.post(T, json={"name": "ci", "scopes": scopes}).json()
    client = console.client()
    client.headers.pop("sec-fetch-site")
    headers = {"authorization": f"Bearer {made['token']}"}
    answer = client.post(T, json={"name": "child"}, headers=headers)
    assert answer.status_code == 201, answer.text
    entry = browser.get(f"/api/v1/audit?token_id={made['id']}").json()["items"][0]
    assert (entry["action"], entry["actor"], entry["token_id"]) == ("token.issue", made_by(browser), made["id"])
    refused = client.post("/api/v1/teams", json={"name": "x"}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "management.forbidden")
    (latest,) = browser.get(f"/api/v1/audit?token_id={made['id']}&outcome=refused").json()["items"]
    assert (latest["action"], latest["code"]) == ("POST create_team", "management.forbidden")


def made_by(browser: TestClient) -> str:
    return f"user:{browser.get('/api/v1/session').json()['user']['id']}"


def test_a_token_makes_none_that_does_more_or_lives_longer_than_itself(console: Console, browser: TestClient) -> None:
    scopes = [{"permission": "tokens.write", "reach": "all"}]
    body = {"name": "ci", "scopes": scopes, "models": ["gpt-4o"], "environment": "test"}
    made = browser.post(T, json=body | {"expires_at": "2027-02-01T00:00:00Z"}).json()
    headers = {"authorization": f"Bearer {made['token']}"}
    child = {"name": "child", "models": ["gpt-4o"], "environment": "test", "expires_at": "2027-01-20T00:00:00Z"}
    assert console.client().post(T, json=child, headers=headers).status_code == 201
    for more in (
        {"models": None},
        {"models": ["gpt-4o", "o1"]},
        {"environment": "live"},
        {"expires_at": None},
        {"expires_at": "2027-03-01T00:00:00Z"},
        {"scopes": READ},
    ):
        answer = console.client().post(T, json=child | more, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "management.forbidden"), more


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": "http://localhost"},
    ],
)
def test_a_foreign_page_cannot_change_anything(browser: TestClient, headers: dict[str, str]) -> None:
    answer = browser.post(T, json={"name": "ci"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "management.csrf")
    assert browser.get(T).json()["items"] == []


def test_a_foreign_page_cannot_sign_anybody_in(console: Console) -> None:
    for path in ("/api/v1/session", "/sign-in"):
        assert console.client().post(path, headers={"sec-fetch-site": "cross-site"}, content=b"{}").status_code == 403


def test_without_the_sessions_value_nothing_is_changed(browser: TestClient) -> None:
    value = browser.headers.pop("x-tollway-csrf")
    for presented in ({}, {"x-tollway-csrf": "x"}, {"x-tollway-csrf": value[:-1]}):
        assert browser.post(T, json={"name": "ci"}, headers=presented).status_code == 403
    assert browser.post(T, json={"name": "ci"}, headers={"x-tollway-csrf": value}).status_code == 201


def test_the_value_of_another_session_is_refused(console: Console, browser: TestClient) -> None:
    other = console.signed_in()
    browser.headers["x-tollway-csrf"] = other.headers["x-tollway-csrf"]
    assert browser.post(T, json={"name": "ci"}).status_code == 403


def test_origin_decides_where_a_browser_does_not_name_the_site(browser: TestClient) -> None:
    del browser.headers["sec-fetch-site"]
    for origin, status in (("http://localhost", 201), ("http://evil.example", 403), ("null", 403)):
        assert browser.post(T, json={"name": "ci"}, headers={"origin": origin}).status_code == status


def test_the_local_socket_is_the_operator_and_no_header_is(console: Console, operator: TestClient) -> None:
    assert operator.post(T, json={"name": "ci"}).json()["created_by"] == "local:operator"
    forged = {"x-tollway-local": "1", "tollway.local": "true", "host": "localhost"}
    assert console.client().get(T, headers=forged).status_code == 401


def test_a_form_cannot_stand_for_json(browser: TestClient) -> None:
    answer = browser.post(T, content=b'{"name":"ci"}', headers={"content-type": "text/plain"})
    assert answer.status_code == 422
