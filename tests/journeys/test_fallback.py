"""Several keys and several providers for one model, a private authority, and an outgoing proxy."""

import json
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai
import pytest
from openai import OpenAI

from kit.forward_proxy import ForwardProxy
from kit.instance import Tollway
from kit.private_ca import PrivateCA
from tollway.adapters.telemetry.resting import RestingFiles

pytestmark = pytest.mark.timeout(120)

HELLO = [{"role": "user", "content": "Hello"}]
CASES = ("works", "busy", "fails", "hangs", "told", "final", "all", "cut")
"""A pair of providers for each test, because a key that failed is tried last for a while."""
PAIR = """
  - {{name: one-{case}, {local}, priority: 10, base_url: "http://127.0.0.1:{one}/v1", credentials: [key-1, key-2],
     models: [{case}], timeouts: {{first_byte_seconds: 0.5}}}}
  - {{name: two-{case}, {local}, priority: 20, base_url: "http://127.0.0.1:{two}/v1", credential: key-3,
     models: [{{name: {case}, upstream_model: other-name}}]}}
"""


class Provider:
    """An OpenAI-compatible server. `moods` says by key what it does: a status, `hang`, or `cut` (after an event)."""

    def __init__(self, name: str, context: ssl.SSLContext | None = None) -> None:
        self.moods: dict[str, object] = {}
        self.keys_seen: list[str] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                key = self.headers.get("Authorization", "").removeprefix("Bearer ")
                provider.keys_seen.append(key)
                mood = provider.moods.get(key, 200)
                if mood == "hang":
                    time.sleep(2)
                elif mood == "cut":
                    self._head(200, "text/event-stream", 10_000)
                    self.wfile.write(b'data: {"choices":[{"index":0,"delta":{"content":"one"}}]}\n\n')
                    self.close_connection = True
                elif mood != 200:
                    body = json.dumps({"error": {"message": f"{name} says {mood}", "code": f"{name}-{mood}"}}).encode()
                    self._head(int(str(mood)), "application/json", len(body))
                    self.wfile.write(body)
                else:
                    message = {"role": "assistant", "content": f"{name} with {key}, asked for {asked['model']}"}
                    choice = {"index": 0, "message": message, "finish_reason": "stop"}
                    answer = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
                    body = json.dumps(answer).encode()
                    self._head(200, "application/json", len(body))
                    self.wfile.write(body)

            def _head(self, status: int, content_type: str, length: int) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(length))
                if status == 429:
                    self.send_header("Retry-After", "2")
                self.end_headers()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port

    def __enter__(self) -> "Provider":
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


@pytest.fixture(scope="module")
def authority() -> PrivateCA:
    return PrivateCA()


@pytest.fixture(scope="module")
def first() -> Iterator[Provider]:
    with Provider("first") as provider:
        yield provider


@pytest.fixture(scope="module")
def second() -> Iterator[Provider]:
    with Provider("second") as provider:
        yield provider


@pytest.fixture(scope="module")
def secure(authority: PrivateCA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    context = authority.server_context(tmp_path_factory.mktemp("ca"), "localhost")
    with Provider("secure", context) as provider:
        yield provider


@pytest.fixture(scope="module")
def proxy() -> Iterator[ForwardProxy]:
    with ForwardProxy() as proxy:
        yield proxy


@pytest.fixture(scope="module")
def client(
    tollway: Tollway, first: Provider, second: Provider, secure: Provider, proxy: ForwardProxy, authority: PrivateCA
) -> Iterator[OpenAI]:
    (tollway.root / "ca.pem").write_text(authority.pem)
    through = f"http://127.0.0.1:{proxy.port}"
    local, tls = "allow_private: true, kind: openai-compatible", f"base_url: 'https://localhost:{secure.port}/v1'"
    pairs = "".join(PAIR.format(case=case, local=local, one=first.port, two=second.port) for case in CASES)
    tollway.apply(
        f"""
version: 1
providers:
{pairs}
  - {{name: dead, {local}, priority: 10, base_url: "http://127.0.0.1:1025/v1", models: [survives]}}
  - {{name: alive, {local}, priority: 20, base_url: "http://127.0.0.1:{second.port}/v1", models: [survives]}}
  - {{name: trusted, {local}, {tls}, credential: k, ca_file: "{tollway.root}/ca.pem", models: [trusted]}}
  - {{name: distrusted, {local}, {tls}, credential: k, models: [distrusted]}}
  - {{name: by-proxy, {local}, proxy_url: "{through}", base_url: "http://127.0.0.1:{first.port}/v1", models: [plain]}}
  - {{name: by-tunnel, {local}, proxy_url: "{through}", {tls}, ca_file: "{tollway.root}/ca.pem", models: [tunnelled]}}
  - {{name: no-proxy, {local}, proxy_url: "http://127.0.0.1:1025", {tls}, models: [refused]}}
"""
    )
    with OpenAI(base_url=f"{tollway.gateway_url}/v1", api_key=tollway.token(), max_retries=0) as client:
        yield client


@pytest.fixture(autouse=True)
def calm(first: Provider, second: Provider) -> None:
    """Both providers answer."""
    for provider in (first, second):
        provider.moods.clear()
        provider.keys_seen.clear()


def ask(client: OpenAI, model: str) -> tuple[str, str]:
    """Return what was answered, and which provider it came from."""
    answer = client.chat.completions.with_raw_response.create(model=model, messages=HELLO)
    return answer.parse().choices[0].message.content, answer.headers["x-tollway-provider"]


def test_the_first_key_of_the_first_provider_is_used(client: OpenAI, first: Provider, second: Provider) -> None:
    assert ask(client, "works") == ("first with key-1, asked for works", "one-works")
    assert second.keys_seen == []


@pytest.mark.parametrize("mood", [429, 401])
def test_a_key_that_is_busy_or_refused_leaves_the_call_to_the_next_key(
    client: OpenAI, first: Provider, mood: int
) -> None:
    first.moods["key-1"] = mood
    assert ask(client, "busy") == ("first with key-2, asked for busy", "one-busy")
    assert first.keys_seen[-1] == "key-2"
    assert ask(client, "busy")[0].startswith("first with key-2")
    assert first.keys_seen.count("key-1") <= 1, "a key that failed rests"


@pytest.mark.parametrize(("case", "mood"), [("fails", 503), ("hangs", "hang")])
def test_a_provider_that_fails_leaves_the_call_to_the_next_one(
    client: OpenAI, first: Provider, second: Provider, case: str, mood: object
) -> None:
    first.moods = {"key-1": mood, "key-2": mood}
    assert ask(client, case) == ("second with key-3, asked for other-name", f"two-{case}")
    assert (first.keys_seen, second.keys_seen) == (["key-1", "key-2"], ["key-3"])
    assert ask(client, case)[1] == f"two-{case}"
    assert first.keys_seen == ["key-1", "key-2"], "what failed is tried last for a while"


def test_keys_that_rest_are_told_to_the_console(tollway: Tollway, client: OpenAI, first: Provider) -> None:
    first.moods = {"key-1": 503, "key-2": 429}
    ask(client, "told")
    listed = json.loads(tollway.run("provider", "list", "--json"))["items"]
    (provider,) = [one for one in listed if one["name"] == "one-told"]
    files, deadline, ids = (
        RestingFiles(tollway.data / "run"),
        time.monotonic() + 30,
        {key["id"] for key in provider["keys"]},
    )
    while {key.key_id for key in files.read(0) if key.provider_id == provider["id"]} != ids:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_provider_that_is_not_there_leaves_the_call_to_the_next_one(client: OpenAI) -> None:
    assert ask(client, "survives") == ("second with , asked for survives", "alive")


def test_what_is_said_about_the_request_itself_is_the_answer(client: OpenAI, first: Provider, second: Provider) -> None:
    first.moods["key-1"] = 400
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, "final")
    assert caught.value.code == "first-400"
    assert second.keys_seen == []


def test_when_all_fail_the_last_one_speaks(client: OpenAI, first: Provider, second: Provider) -> None:
    first.moods, second.moods = {"key-1": 503, "key-2": 503}, {"key-3": 429}
    with pytest.raises(openai.RateLimitError) as caught:
        ask(client, "all")
    assert caught.value.code == "second-429"
    assert caught.value.response.headers["retry-after"] == "2"
    assert (len(first.keys_seen), len(second.keys_seen)) == (2, 1)


def test_after_the_first_byte_nothing_is_tried_again(client: OpenAI, first: Provider, second: Provider) -> None:
    first.moods["key-1"] = "cut"
    with pytest.raises(openai.APIError) as caught:
        for _ in client.chat.completions.create(model="cut", messages=HELLO, stream=True):
            pass
    assert caught.value.code == "upstream.truncated"
    assert (first.keys_seen, second.keys_seen) == (["key-1"], [])


def test_private_authority(client: OpenAI) -> None:
    assert ask(client, "trusted")[0] == "secure with k, asked for trusted"
    with pytest.raises(openai.InternalServerError) as caught:
        ask(client, "distrusted")
    assert (caught.value.status_code, caught.value.code) == (502, "upstream.tls")


def test_outgoing_proxy(client: OpenAI, proxy: ForwardProxy, first: Provider, secure: Provider) -> None:
    assert ask(client, "plain")[0].startswith("first with")
    assert ask(client, "tunnelled")[0].startswith("secure with")
    assert proxy.asked == [
        f"POST http://127.0.0.1:{first.port}/v1/chat/completions HTTP/1.1",
        f"CONNECT localhost:{secure.port} HTTP/1.1",
    ]
    with pytest.raises(openai.InternalServerError) as caught:
        ask(client, "refused")
    assert (caught.value.status_code, caught.value.code) == (502, "upstream.unreachable")


def test_every_attempt_is_in_the_books(tollway: Tollway, client: OpenAI) -> None:
    until = time.monotonic() + 30
    while True:
        rows = json.loads(tollway.run("usage", "--by", "provider", "--since", "1h", "--json"))["items"]
        if {"one-works", "two-fails", "alive"} <= {row["labels"]["provider"] for row in rows}:
            return
        assert time.monotonic() < until, rows
        time.sleep(0.3)
