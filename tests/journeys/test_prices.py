"""A dated name under `*`, with a budget, through a proxy with a login: priced, itemised, and the login kept secret."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai
import pytest
from openai import OpenAI

from kit.forward_proxy import ForwardProxy
from kit.instance import Tollway
from tollway.cli.unix_http import UnixAPI

pytestmark = pytest.mark.timeout(120)

HELLO = [{"role": "user", "content": "Hello"}]
LOGIN = "corp:canary-login-5f1c"
SEEN: list[str | None] = []
USED = {"prompt_tokens": 2_000, "completion_tokens": 30, "prompt_tokens_details": {"cached_tokens": 1_500}}


class Vendor(BaseHTTPRequestHandler):
    """Answers everything with the same usage; the small model also searches the web."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        SEEN.append(self.headers.get("Proxy-Authorization"))
        searches = {"server_tool_use_details": {"web_search_requests": 1}} if "mini" in asked["model"] else {}
        choice = {"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}
        body = json.dumps(
            {"id": "c", "object": "chat.completion", "created": 1, "model": asked["model"], "choices": [choice]}
            | {"usage": USED | searches}
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def client(tollway: Tollway) -> Iterator[OpenAI]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    with ForwardProxy() as proxy:
        tollway.environment["PROXY_LOGIN"] = LOGIN
        tollway.apply(
            f"""
version: 1
providers:
  - name: vendor
    kind: openai
    base_url: "http://127.0.0.1:{server.server_port}/v1"
    allow_private: true
    credential: sk-x
    proxy_url: "http://127.0.0.1:{proxy.port}"
    proxy_credential: env:PROXY_LOGIN
    models: ["*"]
"""
        )
        token = tollway.token("--budget", "5/month")
        with OpenAI(base_url=f"{tollway.gateway_url}/v1", api_key=token, max_retries=0) as client:
            yield client
    server.shutdown()
    server.server_close()


def call(tollway: Tollway, client: OpenAI, model: str) -> dict[str, object]:
    """Make a call and return it as the management API shows it."""
    answer = client.chat.completions.with_raw_response.create(model=model, messages=HELLO, max_tokens=50)
    path = f"/api/v1/calls/{answer.headers['x-request-id']}"
    api = UnixAPI(tollway.data / "run" / "console.sock")
    for _ in range(100):
        found = api.request("GET", path, {"host": "localhost"}, b"")
        if found.status == 200:
            return dict(json.loads(found.body))
        time.sleep(0.05)
    raise AssertionError(found.body)


@pytest.mark.parametrize("name", ["gpt-4o-2024-08-06", "vendor/gpt-4o-2024-08-06", "gpt-4o"])
def test_a_budgeted_call_of_a_dated_name_costs_what_its_model_costs(
    tollway: Tollway, client: OpenAI, name: str
) -> None:
    shown = call(tollway, client, name)
    assert shown["price_lines"] == [
        {"unit": "cached_input", "count": 1_500, "each_usd": "0.00000125", "sum_usd": "0.001875"},
        {"unit": "input", "count": 500, "each_usd": "0.0000025", "sum_usd": "0.00125"},
        {"unit": "output", "count": 30, "each_usd": "0.00001", "sum_usd": "0.0003"},
    ]
    assert shown["cost_usd"] == "0.003425"
    assert shown["charges"][0]["amount_usd"] == "0.003425"  # type: ignore[index]  # a list of mappings


def test_a_vendors_own_tool_is_charged_beside_the_tokens(tollway: Tollway, client: OpenAI) -> None:
    shown = call(tollway, client, "gpt-4o-mini-2024-07-18")
    assert shown["price_lines"][-1] == {"unit": "web_search", "count": 1, "each_usd": "0.01", "sum_usd": "0.01"}  # type: ignore[index]


def test_a_name_that_no_list_knows_is_refused_to_a_budget(client: OpenAI) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model="gpt-unheard-of", messages=HELLO, max_tokens=5)
    assert caught.value.code == "budget.unpriced"


def test_the_login_reaches_the_proxy_and_nothing_else(tollway: Tollway, client: OpenAI) -> None:
    """No file of the data directory, no log and no export holds it."""
    call(tollway, client, "gpt-4o")
    assert SEEN[-1] == "Basic Y29ycDpjYW5hcnktbG9naW4tNWYxYw=="
    exported = tollway.run("export")
    assert "proxy_credential: stored" in exported
    secrets = (b"canary-login-5f1c", b"Y29ycDpjYW5hcnktbG9naW4tNWYxYw")
    for path in [*tollway.data.rglob("*"), tollway.root / "log"]:
        if path.is_file() and path.name != "meters.mm":  # Numbers, and mostly a hole.
            content = path.read_bytes()
            assert not any(secret in content for secret in secrets), path
