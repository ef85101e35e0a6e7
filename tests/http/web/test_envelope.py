"""Security headers and a problem shape on every answer of the console port."""

import logging

import pytest
from starlette.datastructures import Headers
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from kit.console import Console
from tollway.kernel.clock import FixedClock
from tollway.kernel.errors import TollwayError
from tollway.web.envelope import Envelope

PAGES = ["/sign-in", "/", "/nowhere", "/docs/errors", "/static/console.css", "/assets/none.js", "/healthz", "/readyz"]
API = ["/api/v1/session", "/api/v1/nowhere", "/api/v1/tokens", "/api/v1/openapi.json", "/api/v1/summary"]


@pytest.mark.parametrize("path", [*PAGES, *API])
def test_every_answer_has_the_security_headers(console: Console, browser: TestClient, path: str) -> None:
    for client in (browser, console.client()):
        headers = client.get(path).headers
        csp = headers["content-security-policy"]
        assert "default-src 'none'" in csp and "frame-ancestors 'none'" in csp
        assert "unsafe" not in csp and "*" not in csp and "http" not in csp
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] in ("no-referrer", "same-origin")
        assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
        assert "server" not in headers and "access-control-allow-origin" not in headers
        assert headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize("path", API)
def test_nothing_of_the_api_is_cached(browser: TestClient, path: str) -> None:
    assert browser.get(path).headers["cache-control"] == "no-store"


def test_refusals_of_the_layers_have_the_headers_too(console: Console) -> None:
    answer = console.client("http://evil.example").get("/")
    assert answer.status_code == 421
    assert answer.headers["content-security-policy"]
    assert answer.headers["content-type"] == "application/problem+json"


def test_hsts_is_sent_over_tls_only(console: Console) -> None:
    assert "strict-transport-security" not in console.client().get("/").headers


def test_a_fault_of_ours_is_a_problem_with_an_id_and_shows_nothing_of_its_cause(
    console: Console, browser: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("canary-of-a-cause")

    monkeypatch.setattr(console.services.tokens.__class__, "page", broken)
    with caplog.at_level(logging.ERROR):
        answer = browser.get("/api/v1/tokens")
    assert answer.status_code == 500
    problem = answer.json()
    assert problem["code"] == "gateway.internal"
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["request_id"] in caplog.text
    assert "canary" not in answer.text


@pytest.mark.parametrize(
    "fault", [RuntimeError("canary-of-a-cause"), TollwayError("gateway.internal")], ids=["ours", "named"]
)
async def test_a_fault_in_the_middle_of_an_answer_ends_it_and_begins_no_other(
    fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise fault

    async def receive() -> Message:
        raise AssertionError("nothing is read")

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/x", "headers": []}
    with pytest.raises(type(fault)):
        await Envelope(app, FixedClock(), is_behind_tls=True)(scope, receive, send)
    start, part = sent
    headers = Headers(raw=start["headers"])
    assert part["body"] == b"half" and headers["strict-transport-security"]
    assert headers["x-request-id"] in caplog.text
