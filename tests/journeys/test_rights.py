"""Rights as a whole installation keeps them: given on the command line, in force at the next call, explained and tried.

Addresses are given by a trusted proxy, which is what makes many callers of one machine.
"""

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from kit.instance import Tollway
from kit.local_api import LocalAPI
from kit.rest_upstream import RESTUpstream

pytestmark = pytest.mark.timeout(120)

CHAT = "/v1/chat/completions"
SERVICES = """
version: 1
services:
  - {{name: shop, path_prefix: /shop, base_url: {url}/base, allow_private: true, allow_websocket: true}}
"""


@pytest.fixture(scope="module")
def tollway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tollway]:
    instance = Tollway(tmp_path_factory.mktemp("rights"))
    instance.environment = {"TOLLWAY_GATEWAY_TRUSTED_PROXIES": "127.0.0.1/32"}
    instance.start()
    with RESTUpstream() as upstream:
        instance.apply(SERVICES.format(url=upstream.url))
        yield instance
    assert instance.stop() == 0


def ask(tollway: Tollway, method: str, path: str, body: object = None) -> Any:
    """Ask the management API over its local socket; raises AssertionError when it refuses."""
    status, answer = asyncio.run(LocalAPI(tollway.data).ask(method, path, body))
    assert 200 <= status < 300, answer
    return answer


def issue(tollway: Tollway, name: str, **fields: object) -> dict[str, Any]:
    """Issue a token of this name; return it with its secret."""
    return dict(ask(tollway, "POST", "/tokens", {"name": name, **fields}))


def send(tollway: Tollway, token: dict[str, Any], path: str = CHAT, **options: Any) -> tuple[int, dict[str, Any], Any]:
    """Send one call, from an address that a proxy vouches for; return status, error and headers."""
    body = options.get("body", {"model": "sandbox-small", "messages": [{"role": "user", "content": "hi"}]})
    method = options.get("method", "POST")
    request = urllib.request.Request(  # our own gateway
        tollway.gateway_url + path,
        method=method,
        data=json.dumps(body).encode() if method == "POST" else None,
        headers={
            "authorization": f"Bearer {token['token']}",
            "content-type": "application/json",
            "x-forwarded-for": options.get("address", "198.51.100.7"),
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # as above
            answer.read()
            return answer.status, {}, answer.headers
    except urllib.error.HTTPError as error:
        raw = error.read()
        return error.code, json.loads(raw)["error"] if raw else {}, error.headers


def test_rights_are_in_force_at_the_next_call_and_name_the_rule(tollway: Tollway) -> None:
    token = issue(tollway, "first")
    assert send(tollway, token)[0] == 200
    tollway.run("model-group", "set", "small", "sandbox-small", "o3-mini")
    tollway.run("rights", "set", "token", "first", "--allow-model", "group:small", "--deny-route", "DELETE /shop/**")
    assert send(tollway, token)[0] == 200
    status, error, _ = send(tollway, token, body={"model": "sandbox-large", "messages": []})
    assert (status, error["code"]) == (403, "token.model_denied")
    assert "`models.allow` in the rights of the token `first`" in error["message"]
    assert send(tollway, token, "/shop/orders/7", method="GET")[0] == 200
    assert send(tollway, token, "/shop/orders/7", method="DELETE")[1]["code"] == "token.route_denied"
    assert send(tollway, token, "/shop/ORDERS/7/", method="DELETE")[1]["code"] == "token.route_denied"
    ask(tollway, "PATCH", "/model-groups/small", {"models": ["sandbox-large"]})
    assert send(tollway, token)[0] == 403
    ask(tollway, "PATCH", f"/tokens/{token['id']}/rights", {"models": None, "routes": None})
    assert send(tollway, token)[0] == 200


def test_every_level_holds_and_the_narrowest_decides(tollway: Tollway) -> None:
    application = ask(tollway, "POST", "/applications", {"name": "shop"})
    plan = ask(tollway, "POST", "/plans", {"name": "interns"})
    token = issue(tollway, "second", application_id=application["id"])
    paths = {
        "the installation": "/rights",
        "the team `default`": "/teams/team_default/rights",
        "the application `shop`": f"/applications/{application['id']}/rights",
    }
    for level, path in paths.items():
        ask(tollway, "PATCH", path, {"models": {"deny": ["sandbox-small"]}})
        status, error, _ = send(tollway, token)
        assert (status, error["code"]) == (403, "token.model_denied")
        assert f"in the rights of {level}" in error["message"]
        ask(tollway, "PATCH", path, {"models": None})
        assert send(tollway, token)[0] == 200
    ask(tollway, "PATCH", f"/plans/{plan['id']}/rights", {"scopes": ["embed"]})
    ask(tollway, "PATCH", f"/tokens/{token['id']}", {"plan_id": plan["id"]})
    status, error, _ = send(tollway, token)
    assert (status, error["code"]) == (403, "token.scope_denied")
    assert "its plan `interns`" in error["message"]
    assert "plan interns:\n  scopes: embed" in tollway.run("token", "rights", "second")


def test_networks_are_tried_first_and_then_enforced(tollway: Tollway) -> None:
    token = issue(tollway, "third")
    for address in ("198.51.100.7", "198.51.100.7", "203.0.113.9"):
        assert send(tollway, token, address=address)[0] == 200
    path = f"/tokens/{token['id']}"
    tried = _until_recorded(tollway, path, 3)
    assert tried["calls_blocked"] == 1
    assert [row["address"] for row in tried["addresses"]] == ["203.0.113.9"]
    said = tollway.run("token", "would-block", "third", "--networks", "198.51.100.0/24", "--days", "7")
    assert said.startswith("1 of 3 calls would have been blocked")
    networks = {"allow": ["198.51.100.0/24"], "mode": "watch"}
    ask(tollway, "PATCH", f"{path}/rights", {"networks": networks})
    assert send(tollway, token, address="203.0.113.9")[0] == 200
    ask(tollway, "PATCH", f"{path}/rights", {"networks": {**networks, "mode": "enforce"}})
    status, error, _ = send(tollway, token, address="203.0.113.9")
    assert (status, error["code"]) == (403, "token.address_denied")
    assert send(tollway, token, address="::ffff:198.51.100.8")[0] == 200
    assert send(tollway, token, address="198.51.100.8, 203.0.113.9")[0] == 403
    assert _until_recorded(tollway, path, 7)["calls_blocked"] == 4
    calls = ask(tollway, "GET", f"/calls?token={token['id']}")["items"]
    assert {call["code"] for call in calls if call["status"] == 403} == {"token.address_denied"}


def _until_recorded(tollway: Tollway, path: str, calls: int) -> dict[str, Any]:
    """Ask until the ledger has taken in the calls, which it does within a second."""
    deadline = time.monotonic() + 30
    while True:
        found = ask(tollway, "GET", f"{path}/would-block?allow=198.51.100.0/24&days=7")
        if found["calls_looked_at"] >= calls or time.monotonic() > deadline:
            return dict(found)
        time.sleep(0.1)


def test_outside_its_hours_every_transport_is_refused(tollway: Tollway) -> None:
    token = issue(tollway, "fourth")
    tomorrow = time.strftime("%a", time.gmtime(time.time() + 86_400)).lower()
    hours = {"windows": [{"days": [tomorrow], "start": "12:00", "end": "13:00"}]}
    ask(tollway, "PATCH", f"/tokens/{token['id']}/rights", {"hours": hours})
    status, error, headers = send(tollway, token)
    assert (status, error["code"]) == (403, "token.outside_window")
    assert 0 < int(headers["retry-after"]) <= 86_400 * 1.6
    for path, method in (("/shop/a", "GET"), ("/shop/a", "HEAD"), ("/shop/a", "OPTIONS"), ("/v1/models", "GET")):
        assert send(tollway, token, path, method=method)[0] == 403
    stream = {"model": "sandbox-small", "messages": [], "stream": True}
    assert send(tollway, token, body=stream)[1]["code"] == "token.outside_window"
    url = tollway.gateway_url.replace("http://", "ws://") + "/shop/ws"
    with pytest.raises(InvalidStatus) as refused:
        connect(url, additional_headers={"authorization": f"Bearer {token['token']}"})
    assert refused.value.response.status_code == 403
    verdict = tollway.attempt("token", "may", "fourth", "--model", "sandbox-small")
    assert (verdict.returncode, "outside_window" in verdict.stdout) == (1, True)


def test_requests_are_bounded_and_may_not_bring_what_is_forbidden(tollway: Tollway) -> None:
    token = issue(tollway, "fifth")
    rights = {"parameters": {"output_tokens_max": 20, "no_tools": True}}
    ask(tollway, "PATCH", f"/tokens/{token['id']}/rights", rights)
    body = {"model": "sandbox-small", "messages": [{"role": "user", "content": "hi"}]}
    status, error, _ = send(tollway, token, body={**body, "max_tokens": 21})
    assert (status, error["code"], error["param"]) == (403, "token.parameter_denied", "max_tokens")
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    assert send(tollway, token, body={**body, "tools": tools})[1]["param"] == "tools"
    status, _, headers = send(tollway, token, body=body)
    assert (status, headers["x-tollway-output-cap"]) == (200, "20")
    said = tollway.attempt("token", "may", "fifth", "--model", "sandbox-small", "--output-tokens", "21").stdout
    assert "parameters.output_tokens_max: 20" in said
