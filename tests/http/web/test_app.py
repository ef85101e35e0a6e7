"""The app as a whole."""

import pytest

from kit.console import Console
from tollway.web.routers import PREFIX, api_routes


def test_stopping_the_app_ends_the_live_streams(console: Console) -> None:
    with console.client() as client:
        assert client.get("/healthz").status_code == 200
    assert console.app.state.live._pump is None


FOR_ANYBODY = {
    "/api/v1/openapi.json", "/assets", "/collect", "/docs/errors", "/healthz", "/metrics", "/readyz", "/report-token",
    "/security/leaks", "/setup", "/sign-in", "/sign-in/second-step", "/static", "/welcome", "/{path:path}",
}  # fmt: skip
"""Pages, and what machines ask. `/readyz` and `/metrics` answer this machine alone."""


def test_r7_what_answers_outside_the_management_api_is_this_list(console: Console) -> None:
    """The routes of the management API have a policy each; see test_access.py."""
    managed = {PREFIX + route.path for route in api_routes()}
    paths = {getattr(route, "path", "") for route in console.app.routes} - managed
    assert paths == FOR_ANYBODY


@pytest.mark.parametrize("path", ["/", "/tokens", "/users/1", "/healthz/", "/healthz/x", "/api", "/api/v1", "/api/v1/"])
@pytest.mark.parametrize("headers", [{}, {"user-agent": "kube-probe/1.2"}, {"x-original-url": "/healthz"},
                                     {"x-http-method-override": "GET"}, {"authorization": "Basic eDp5"}],
                         ids=lambda headers: next(iter(headers), "none"))  # fmt: skip
def test_r7_nobody_is_shown_anything_else(console: Console, path: str, headers: dict[str, str]) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "TRACE"):
        answer = console.client().request(method, path, headers=headers)
        assert answer.status_code in (303, 307, 401, 404, 405), (method, path, answer.status_code)
        assert answer.headers.get("location", "/sign-in").startswith(("/sign-in", "http://localhost/healthz"))


def test_there_are_no_interactive_docs_from_elsewhere(console: Console) -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert console.client().get(path).status_code == 303
