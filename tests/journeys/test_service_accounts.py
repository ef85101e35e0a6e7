"""Environments and service accounts in a whole installation: what a token reaches, manages, and when it ends."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from kit.instance import Tollway
from kit.local_api import LocalAPI
from kit.rest_upstream import RESTUpstream

pytestmark = pytest.mark.timeout(120)

DOCUMENT = """
version: 1
teams: [{{name: red}}]
services:
  - {{name: shop, path_prefix: /shop, base_url: {url}/base, allow_private: true, team: red}}
  - {{name: trial, path_prefix: /trial, base_url: {url}/base, allow_private: true, environment: test}}
providers:
  - {{name: live-only, kind: openai-compatible, base_url: "{url}/v1", allow_private: true, models: [real, both]}}
  - {{name: test-only, kind: openai-compatible, base_url: "{url}/v1", allow_private: true, models: [fake, both],
     environment: test, priority: 1}}
tokens: [{{name: on-trial, environment: test}}, {{name: in-earnest}}]
"""


@pytest.fixture(scope="module")
def tollway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tollway]:
    instance = Tollway(tmp_path_factory.mktemp("accounts"))
    instance.start()
    yield instance
    assert instance.stop() == 0


@pytest.fixture(scope="module")
def secrets(tollway: Tollway) -> Iterator[dict[str, str]]:
    with RESTUpstream() as upstream:
        path = tollway.root / "apply.yaml"
        path.write_text(DOCUMENT.format(url=upstream.url))
        applied = json.loads(tollway.run("apply", "-f", str(path), "--json"))
        yield {secret["name"]: secret["token"] for secret in applied["secrets"]}


def send(url: str, secret: str, body: object = None, method: str = "GET") -> tuple[int, Any]:
    """Ask something with a bearer token; return the status, and the JSON of the answer if it is any."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"authorization": f"Bearer {secret}", "content-type": "application/json"}
    request = urllib.request.Request(url, data=data, method=method, headers=headers)  # our own gateway and console
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # as above
            status, raw = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, raw = error.code, error.read()
    try:
        return status, json.loads(raw)
    except ValueError:
        return status, None


def chat(tollway: Tollway, secret: str, model: str) -> str:
    """Ask a model; return the error's code, "" when the call was let through."""
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}]}
    _, answer = send(f"{tollway.gateway_url}/v1/chat/completions", secret, body, "POST")
    return str(answer["error"]["code"]) if isinstance(answer, dict) and "error" in answer else ""


def test_a_token_reaches_its_own_environment_and_the_sandbox(tollway: Tollway, secrets: dict[str, str]) -> None:
    for name, own, other in (("on-trial", "fake", "real"), ("in-earnest", "real", "fake")):
        secret = secrets[name]
        assert chat(tollway, secret, "sandbox-small") == ""
        assert chat(tollway, secret, other) == "token.environment"
        assert chat(tollway, secret, own) != "token.environment"
        assert chat(tollway, secret, "both") != "token.environment"
        _, listed = send(f"{tollway.gateway_url}/v1/models", secret)
        names = {model["id"] for model in listed["data"]}
        assert {own, "both"} <= names and other not in names
    assert send(f"{tollway.gateway_url}/trial/x", secrets["on-trial"])[0] == 200
    status, refused = send(f"{tollway.gateway_url}/shop/x", secrets["on-trial"])
    assert (status, refused["error"]["code"]) == (403, "token.environment")
    assert send(f"{tollway.gateway_url}/shop/x", secrets["in-earnest"])[0] == 200
    document = tollway.run("export")
    assert "team: red" in document and "environment: test" in document
    path = tollway.root / "again.yaml"
    path.write_text(document)
    assert tollway.run("apply", "-f", str(path)) == "nothing to change\n"


def test_a_service_account_outlives_its_maker_and_manages_within_its_role(tollway: Tollway) -> None:
    invited = json.loads(tollway.run("user", "invite", "ada", "--role", "api_owner", "--team", "red", "--json"))
    link = invited["link"]["url"].partition("token=")[2]
    body = {"link_token": link, "password": "a quiet orange bicycle"}
    assert asyncio.run(LocalAPI(tollway.data).ask("POST", "/welcome", body))[0] == 200
    tollway.run("service-account", "create", "deployer", "--role", "developer", "--team", "red", "--owner", "ada")
    scopes = ("--scope", "services.read:all", "--scope", "services.write:all", "--scope", "tokens.read:team")
    secret = tollway.token("--account", "deployer", *scopes)
    api = f"{tollway.console_url}/api/v1"
    assert {service["name"] for service in send(f"{api}/services", secret)[1]["items"]} == {"shop", "trial"}
    assert [token["owner_name"] for token in send(f"{api}/tokens", secret)[1]["items"]] == ["deployer"]
    status, refused = send(f"{api}/services", secret, {"name": "x"}, "POST")
    assert (status, refused["code"]) == (403, "management.forbidden"), "a developer publishes nothing"
    tollway.run("user", "remove", "ada")
    assert "deployer" in tollway.run("service-account", "list", "--ownerless")
    assert send(f"{api}/tokens", secret)[0] == 200
    assert chat(tollway, secret, "sandbox-small") == ""
    tollway.run("service-account", "deactivate", "deployer")
    assert (send(f"{api}/tokens", secret)[0], chat(tollway, secret, "sandbox-small")) == (401, "token.revoked")
