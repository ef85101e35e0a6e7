"""Refusals as RFC 9457 problems."""

import pytest
from starlette.testclient import TestClient


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/api/v1/teams/x", b"", 404, "management.not_found"),
        ("PUT", "/api/v1/teams", b"", 405, "route.method"),
        ("POST", "/api/v1/teams", b"{", 422, "management.invalid"),
        ("POST", "/api/v1/teams", b"", 422, "management.invalid"),
        ("POST", "/api/v1/teams", b"[]", 422, "management.invalid"),
        ("POST", "/api/v1/teams", b'{"name": "\\u0000"}', 422, "management.invalid"),
    ],
)
def test_every_refusal_has_the_one_shape(
    browser: TestClient, method: str, path: str, body: bytes, status: int, code: str
) -> None:
    answer = browser.request(method, path, content=body, headers={"content-type": "application/json"})
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["type"] == f"/docs/errors#{code}"
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["title"] and problem["detail"]


def test_a_wrong_method_names_the_right_ones(browser: TestClient) -> None:
    assert "GET" in browser.put("/api/v1/teams").headers["allow"]
