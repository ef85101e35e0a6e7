"""Providers over HTTP: credentials go in and never come out."""

import pytest
from starlette.testclient import TestClient

from kit.console import Console

P = "/api/v1/providers"
CANARY = "sk-canary-1234567890abcdef"
BODY = {"name": "openai", "kind": "openai", "credential": CANARY, "models": ["gpt-4o", {"name": "fast", "priority": 1}]}


def test_a_credential_is_never_shown_again(browser: TestClient) -> None:
    made = browser.post(P, json=BODY)
    assert made.status_code == 201
    path = f"{P}/{made.json()['id']}"
    shown = browser.get(path).json()
    assert shown["keys"][0]["source"] == "stored" and shown["keys"][0]["masked"].endswith("cdef")
    everything = [made.text, *(browser.get(one).text for one in (path, P, "/api/v1/models", "/api/v1/configuration"))]
    everything.append(browser.patch(path, json={"priority": 5}).text)
    assert all(CANARY not in text for text in everything)


def test_a_wrong_credential_is_never_echoed(browser: TestClient) -> None:
    for body in (
        {**BODY, "credentials": [CANARY]},
        {**BODY, "name": CANARY + "!"},
        {**BODY, "credential": {"key": CANARY}},
        {**BODY, "kind": "none"},
        {**BODY, "timeouts": {"connect_seconds": CANARY}},
        {**BODY, "models": [{"name": "x", "price": {"input_usd_per_million": CANARY}}]},
    ):
        answer = browser.post(P, json=body)
        assert answer.status_code == 422
        assert CANARY not in answer.text


def test_the_login_of_a_proxy_is_never_shown(
    browser: TestClient, console: Console, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither by any page or export, nor by a refusal, nor in a log."""
    caplog.set_level("DEBUG")
    url = f"http://user:{CANARY}@proxy.example:3128"
    made = browser.post(P, json={**BODY, "credential": "env:KEY", "proxy_url": url})
    shown = made.json()
    assert (shown["proxy_url"], shown["proxy_credential"]) == ("http://proxy.example:3128", "…")
    path = f"{P}/{shown['id']}"
    everything = [browser.get(one) for one in (path, P, "/api/v1/models", "/api/v1/configuration", "/api/v1/gateway")]
    exported = console.plane.configuration.export()
    assert "proxy_credential: stored" in exported and CANARY not in exported
    everything += [
        made,
        browser.post(f"{path}/test"),
        browser.patch(path, json={"proxy_url": url, "priority": 5}),
        browser.patch(path, json={"proxy_url": f"https://user:{CANARY}@proxy.example"}),
        browser.patch(path, json={"proxy_url": f"http://user:{CANARY}@[::1"}),
        browser.patch(path, json={"proxy_credential": CANARY}),
        browser.post("/api/v1/services", json={"name": "s", "path_prefix": "/s", "base_url": "x", "proxy_url": url}),
    ]
    assert [answer.status_code for answer in everything[-4:]] == [422] * 4
    assert all(CANARY not in answer.text for answer in everything)
    assert CANARY not in caplog.text
    named = browser.patch(path, json={"proxy_credential": "env:PROXY_LOGIN"}).json()
    assert named["proxy_credential"] == "env:PROXY_LOGIN"


def test_a_port_of_another_protocol_is_refused_with_its_field(browser: TestClient) -> None:
    answer = browser.post(P, json={**BODY, "base_url": "https://api.example:6379/v1"})
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert fault["pointer" if "pointer" in fault else "path"].endswith("/base_url")
    assert "port 6379" in str(fault)


def test_a_new_host_clears_the_keys_and_says_so(browser: TestClient) -> None:
    path = f"{P}/{browser.post(P, json=BODY).json()['id']}"
    moved = browser.patch(path, json={"base_url": "https://elsewhere.example/v1"}).json()
    assert (moved["credentials_cleared"], moved["keys"]) == (True, [])
    kept = browser.patch(path, json={"credential": "env:OPENAI_API_KEY"}).json()
    assert (kept["credentials_cleared"], kept["keys"][0]["masked"]) == (False, "env:OPENAI_API_KEY")
    assert browser.patch(path, json={"credential": None}).json()["keys"] == []


def test_what_is_left_out_of_a_change_stays(browser: TestClient) -> None:
    body = {**BODY, "allow_private": ["10.0.0.0/8"], "headers": {"x-team": "secret-value"}}
    before = browser.post(P, json=body).json()
    path = f"{P}/{before['id']}"
    after = browser.patch(path, json={"priority": 3}).json()
    skipped = {"priority", "credentials_cleared"}
    assert {k: v for k, v in after.items() if k not in skipped} == {k: v for k, v in before.items() if k not in skipped}
    assert after["headers"] == ["x-team"]
    assert browser.patch(path, json={"allow_private": True}).json()["allow_private"] is True
    assert browser.patch(path, json={"allow_private": False}).json()["allow_private"] is False


def test_a_provider_is_switched_tested_and_deleted(browser: TestClient) -> None:
    path = f"{P}/{browser.post(P, json=BODY).json()['id']}"
    assert browser.post(f"{path}/disable").json()["state"] == "disabled"
    assert browser.post(f"{path}/enable").json()["state"] == "active"
    probe = browser.post(f"{path}/test").json()
    assert probe == {"ok": True, "status": 200, "latency_ms": 12.5, "detail": "openai answered", "code": None}
    assert browser.delete(path).status_code == 204
    assert browser.post(f"{path}/test").status_code == 404


def test_prices_of_ones_own_are_kept_exactly(browser: TestClient) -> None:
    price = {"input_usd_per_million": "0.15", "output_usd_per_million": "0.6", "request_usd": "0.001"}
    made = browser.post(P, json={**BODY, "models": [{"name": "m", "upstream_model": "n", "price": price}]}).json()
    offer = made["models"][0]
    assert (offer["name"], offer["upstream_model"]) == ("m", "n")
    assert {key: value for key, value in offer["price"].items() if value is not None} == price


def test_kinds_are_listed(browser: TestClient, console: Console) -> None:
    kinds = {kind["kind"]: kind for kind in browser.get("/api/v1/provider-kinds").json()["items"]}
    assert kinds["openai"]["base_url"].startswith("https://") and kinds["openai"]["needs_credential"]
