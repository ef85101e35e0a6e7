"""Who may call, and forged requests: every unsafe route asks for both proofs."""

import pytest
from starlette.testclient import TestClient

from kit.console import Console

T = "/api/v1/tokens"


def test_without_a_session_nothing_of_the_api_answers(console: Console) -> None:
    for method, path in (("GET", T), ("POST", T), ("DELETE", "/api/v1/teams/x"), ("GET", "/api/v1/live")):
        answer = console.client().request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (401, "management.unauthenticated")


def test_a_gateway_token_is_no_credential_here(console: Console, browser: TestClient) -> None:
    token = browser.post(T, json={"name": "ci"}).json()["token"]
    for headers in ({"authorization": f"Bearer {token}"}, {"x-api-key": token}, {"cookie": f"tollway={token}"}):
        assert console.client().get(T, headers=headers).status_code == 401


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
