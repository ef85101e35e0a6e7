"""The life of a token on a whole installation, on each database: rotated under load, by policy, revoked for good.

One installation for each database, in the order of its tests.
"""

import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from kit.instance import Tollway
from kit.postgres import empty_database, postgres_url

__all__ = ["postgres_url"]

pytestmark = pytest.mark.timeout(180)
SECONDS_MAX = 60
BUDGET_USD = 1.0


class Vault:
    """A receiver that fails twice, then collects the new secret that it is told of, as a vault's plug-in would."""

    def __init__(self) -> None:
        self.statuses = [500, 503]
        self.attempts: list[str] = []
        self.told: list[str] = []
        self.secrets: list[str] = []
        vault = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                event = json.loads(self.rfile.read(int(self.headers["content-length"])))
                vault.attempts.append(self.headers["webhook-id"])
                status = vault.statuses.pop(0) if vault.statuses else 200
                if status == 200:
                    vault.told.append(event["type"])
                    vault.secrets.append(_collect(event["data"]))
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/rotated"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _collect(data: dict[str, Any]) -> str:
    """Collect a secret as the event says."""
    host, _, path = data["collect_url"].removeprefix("http://").partition("/")
    status, answer = post(host, f"/{path}", data["collect_token"], {})
    assert status == 200, answer
    return str(answer["token"])


def post(host: str, path: str, token: str, body: dict[str, Any], **headers: str) -> tuple[int, dict[str, Any]]:
    """Post JSON with a bearer token; return the status and the JSON of the answer."""
    connection = http.client.HTTPConnection(host, timeout=30)
    try:
        sent = {"authorization": f"Bearer {token}", "content-type": "application/json", **headers}
        connection.request("POST", path, json.dumps(body), sent)
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read())
    finally:
        connection.close()


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.slow])]
)
def tollway(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tollway]:
    tollway = Tollway(tmp_path_factory.mktemp("tollway"), workers=2)
    with ExitStack() as stack:
        if request.param == "postgresql":
            url = stack.enter_context(empty_database(request.getfixturevalue("postgres_url")))
            tollway.environment["TOLLWAY_DATABASE_URL"] = url
        stack.callback(tollway.destroy)
        tollway.start()
        yield tollway


@pytest.fixture(scope="module")
def vault(tollway: Tollway) -> Iterator[Vault]:
    """One for each installation."""
    assert tollway.gateway_url
    vault = Vault()
    yield vault
    vault.close()


def until(check: Callable[[], object]) -> Any:
    deadline = time.monotonic() + SECONDS_MAX
    while not (found := check()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def issue(tollway: Tollway, name: str, *options: str) -> str:
    return str(json.loads(tollway.run("token", "issue", "--name", name, *options, "--json"))["token"])


def call(tollway: Tollway, token: str, tokens: int = 4) -> tuple[int, str]:
    """Make one call; return its status and the code of its error."""
    body = {"model": "sandbox-small", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": tokens}
    host = tollway.gateway_url.removeprefix("http://")
    status, answer = post(host, "/v1/chat/completions", token, body)
    return status, str(answer.get("error", {}).get("code", ""))


class Load:
    """Callers that go on calling, each with the secret that is current when it calls."""

    def __init__(self, tollway: Tollway, secret: str, callers: int = 3) -> None:
        self.secret = secret
        self.statuses: list[tuple[int, str]] = []
        self._tollway = tollway
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._go_on) for _ in range(callers)]
        for thread in self._threads:
            thread.start()

    def _go_on(self) -> None:
        while not self._is_over.is_set():
            self.statuses.append(call(self._tollway, self.secret))

    def end(self) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()


def test_r44_a_token_is_rotated_under_load_with_no_refused_call_and_one_budget(tollway: Tollway) -> None:
    old = issue(tollway, "busy", "--budget", f"{BUDGET_USD:g}/month")
    load = Load(tollway, old)
    until(lambda: len(load.statuses) > 20)
    new = tollway.run("token", "rotate", "busy", "--overlap", "1h").strip()
    until_calls = len(load.statuses) + 20
    until(lambda: len(load.statuses) > until_calls)  # the old one goes on working
    load.secret = new
    until_calls = len(load.statuses) + 20
    until(lambda: len(load.statuses) > until_calls)
    load.end()
    assert {status for status, _ in load.statuses} == {200}
    assert old[:16] == new[:16]
    calls = len(load.statuses)
    shown = until(lambda: _when(tollway, "busy", calls))
    meters = shown["meters"]
    (budget,) = meters["budgets"]
    usage = json.loads(tollway.run("usage", "--by", "token", "--since", "1h", "--json"))
    row = next(row for row in _rows(usage) if old[4:16] in json.dumps(row))
    assert row["calls"] == calls  # one usage line
    assert float(budget["spent_usd"]) == pytest.approx(float(row["cost_usd"]))  # one budget, and nothing lost


def test_the_evidence_says_that_the_old_secret_is_still_used_until_it_is_not(tollway: Tollway) -> None:
    life = json.loads(tollway.run("token", "life", "busy", "--json"))
    (secret,) = life["secrets"]
    assert secret["calls"] >= 20
    assert (secret["last_address"], secret["is_safe_to_end"]) == ("127.0.0.1", False)
    assert [each["address"] for each in life["addresses"]] == ["127.0.0.1"]
    tollway.run("token", "end-overlap", "busy")
    assert json.loads(tollway.run("token", "life", "busy", "--json"))["secrets"][0]["is_working"] is False


@pytest.mark.slow
def test_a_scheduled_rotation_reaches_a_webhook_that_fails_twice(tollway: Tollway, vault: Vault) -> None:
    tollway.run("webhook", "add", "vault", vault.url, "--allow-private", "127.0.0.0/8", "--event", "user.invited")
    old = issue(tollway, "scheduled")
    tollway.run(
        *("rotation", "add", "--name", "often", "--every", "10s", "--overlap", "5s", "--token", "scheduled"),
        *("--webhook", "vault"),
    )
    until(lambda: vault.attempts)
    assert call(tollway, old) == (200, "")  # nothing was collected yet
    until(lambda: vault.secrets)
    tollway.run("rotation", "disable", "often")
    assert len(vault.attempts) >= 3
    assert len(set(vault.attempts[:3])) == 1
    new = vault.secrets[-1]
    assert (new[:16], call(tollway, new)) == (old[:16], (200, ""))
    until(lambda: call(tollway, old) == (401, "token.replaced"))
    assert call(tollway, new) == (200, "")
    log = tollway.run("webhook", "deliveries", "vault", "--json")
    assert new[16:] not in log


def test_a_compromised_tokens_stream_ends_within_two_seconds_and_any_other_finishes(tollway: Tollway) -> None:
    secrets = {name: issue(tollway, name) for name in ("leaked", "left")}
    words = {"leaked": 400, "left": 40}
    begun = {name: _begin_stream(tollway, secret, words[name]) for name, secret in secrets.items()}
    streams = {name: reply for name, (_, reply) in begun.items()}
    tollway.run("token", "revoke", "left")
    tollway.run("token", "revoke", "leaked", "--compromised")
    began = time.monotonic()
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        while streams["leaked"].read(64):
            pass
    assert time.monotonic() - began < 2.5
    rest = streams["left"].read()
    assert b"[DONE]" in rest
    for connection, reply in begun.values():
        reply.close()
        connection.close()
    leaked = secrets["leaked"][4:16]
    until(lambda: "failed" in tollway.run("usage", "--by", "outcome", "--where", f"token={leaked}", "--json"))


def test_r39_r26_everything_of_an_application_ends_in_one_act(tollway: Tollway) -> None:
    tollway.run("application", "create", "crm")
    secrets = [issue(tollway, f"crm-{number}", "--application", "crm") for number in range(3)]
    assert {call(tollway, secret) for secret in secrets} == {(200, "")}
    assert "3 tokens" in tollway.run("token", "revoke", "--application", "crm", "--reason", "breach")
    assert {call(tollway, secret) for secret in secrets} == {(401, "token.revoked")}
    assert call(tollway, issue(tollway, "crm-new", "--application", "crm")) == (200, "")


def test_r25_what_was_revoked_stays_revoked_after_a_kill(tollway: Tollway) -> None:
    secret = issue(tollway, "killed")
    assert call(tollway, secret) == (200, "")
    tollway.run("token", "revoke", "killed")
    pids = tollway.pids()
    for role, pid in pids.items():
        if role != "supervisor":
            os.kill(pid, signal.SIGKILL)
    tollway.kill(pids["supervisor"])
    tollway.start()
    assert call(tollway, secret) == (401, "token.revoked")


def _begin_stream(
    tollway: Tollway, secret: str, words: int
) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    connection = http.client.HTTPConnection(tollway.gateway_url.removeprefix("http://"), timeout=30)
    body = {"model": "sandbox-small", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    headers = {
        "authorization": f"Bearer {secret}",
        "content-type": "application/json",
        "x-sandbox-interval-ms": "200",
        "x-sandbox-tokens": str(words),
    }
    connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
    reply = connection.getresponse()
    assert reply.status == 200
    assert reply.read(16)
    return connection, reply


def _when(tollway: Tollway, name: str, calls: int) -> dict[str, Any] | None:
    """Return the token once all its calls are in the books."""
    shown: dict[str, Any] = json.loads(tollway.run("token", "show", name, "--json"))
    return shown if shown["calls_total"] == calls else None


def _rows(answer: Any) -> list[dict[str, Any]]:
    return list(answer if isinstance(answer, list) else answer.get("items") or answer.get("rows") or [])
