"""The root key is changed while clients call: no call fails, every secret still opens, and a kill at any step of it
leaves an installation that goes on by itself. The commands are those of
docs/guides/rotate-keys.md.

One installation for the file, in the order of its tests.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kit.instance import Tollway

pytestmark = [pytest.mark.timeout(180), pytest.mark.slow]
SECONDS_MAX = 60
KEY = "sk-of-the-provider-0123456789"


class Upstream:
    """Answers those who have the key, and nobody else."""

    def __init__(self) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                is_known = self.headers["authorization"] == f"Bearer {KEY}"
                message = {"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}
                answer = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [message]}
                body = json.dumps({**answer, "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}})
                self.send_response(200 if is_known else 401)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="module")
def tollway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tollway]:
    """Two workers, a provider with a sealed key, and a webhook with a sealed secret."""
    upstream = Upstream()
    tollway = Tollway(tmp_path_factory.mktemp("keys"), workers=2)
    try:
        yield _filled(tollway, upstream)
    finally:
        tollway.destroy()
        upstream.close()


def _filled(tollway: Tollway, upstream: Upstream) -> Tollway:
    tollway.start()
    options = ("--kind", "openai-compatible", "--base-url", upstream.url, "--allow-private", "127.0.0.0/8")
    tollway.run("provider", "add", "local", *options, "--credential", "-", "--model", "m", stdin=KEY)
    tollway.run("webhook", "add", "hook", "https://receiver.example/")
    return tollway


def post(tollway: Tollway, token: str, path: str, body: dict[str, object]) -> dict[str, object]:
    request = urllib.request.Request(
        f"{tollway.gateway_url}{path}",
        json.dumps(body).encode(),
        {"authorization": f"Bearer {token}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        read: dict[str, object] = json.load(answer)
        return read


def chat(tollway: Tollway, token: str) -> None:
    post(tollway, token, "/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": "Hello"}]})


class Callers:
    """Clients that call all the time: the provider with its key, and conversations that the gateway keeps sealed."""

    def __init__(self, tollway: Tollway, token: str) -> None:
        self.done = 0
        self.faults: list[str] = []
        self._tollway, self._token = tollway, token
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._chat), threading.Thread(target=self._converse)]

    def __enter__(self) -> "Callers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _chat(self) -> None:
        while not self._stop.is_set():
            self._try(lambda: chat(self._tollway, self._token))

    def _converse(self) -> None:
        last: object = None
        while not self._stop.is_set():

            def turn() -> None:
                nonlocal last
                body: dict[str, object] = {"model": "sandbox-small", "input": "Hello"}
                body |= {"previous_response_id": last} if last else {}
                last = post(self._tollway, self._token, "/v1/responses", body)["id"]

            self._try(turn)

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except urllib.error.HTTPError as error:
            self.faults.append(f"{error.code}: {error.read().decode()}")
        except OSError as error:
            self.faults.append(repr(error))
        else:
            self.done += 1


def keys(tollway: Tollway) -> dict[str, object]:
    found: dict[str, object] = json.loads(tollway.run("key", "show", "--json"))
    return found


def generations(tollway: Tollway) -> list[int]:
    """Return what the key file holds, the one in use first."""
    lines = (tollway.data / "root.key").read_text().split("\n")
    return [int(line.split()[0]) if " " in line else 1 for line in lines if line]


def until(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_no_call_fails_while_the_key_is_changed_and_the_old_one_retired(tollway: Tollway) -> None:
    old_token = tollway.token()
    before = tollway.pids()
    with Callers(tollway, old_token) as callers:
        until(lambda: callers.done > 50)
        tollway.run("key", "rotate")
        counted = callers.done
        until(lambda: callers.done > counted + 50)
    assert not callers.faults
    assert generations(tollway) == [2, 1]
    refused = tollway.attempt("key", "retire")
    assert refused.returncode == 1 and "2 × token of generation 1" in refused.stderr
    new_token = tollway.token()
    for token in json.loads(tollway.run("token", "list", "--json"))["items"]:
        if token["id"] not in new_token:
            tollway.run("token", "revoke", token["id"])
    with Callers(tollway, new_token) as callers:
        until(lambda: callers.done > 20)
        tollway.run("key", "retire")
        counted = callers.done
        until(lambda: callers.done > counted + 50)
    assert not callers.faults
    assert generations(tollway) == [2]
    assert tollway.pids() == before, "no process was replaced for it"
    with pytest.raises(urllib.error.HTTPError, match="401"):
        chat(tollway, old_token)


def test_everything_still_opens_after_a_restart_with_the_new_key_alone(tollway: Tollway) -> None:
    assert tollway.stop() == 0
    tollway.start()
    chat(tollway, tollway.token())
    assert "whole" in tollway.run("audit", "verify")
    # It was signed, so its secret opened; nobody is there to take it.
    assert "upstream.unreachable" in tollway.attempt("webhook", "test", "hook", "--json").stdout
    shown = tollway.run("audit", "list", "--action", "key", "--json")
    acts = [item["action"] for item in json.loads(shown)["items"]]
    assert acts == ["key.retire", "key.sealed", "key.use", "key.rotate"]


@pytest.mark.parametrize("wanted", [[2, 3], [4, 3, 2]], ids=["made-known", "in-use"])
def test_an_installation_that_is_killed_in_the_middle_goes_on_by_itself(tollway: Tollway, wanted: list[int]) -> None:
    """Every process ends at the instant the file says that a step is done; the next start takes the steps left."""
    token = tollway.token()
    command = [sys.executable, "-m", "tollway", "key", "rotate", "--data", str(tollway.data)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as rotating:
        until(lambda: generations(tollway)[: len(wanted)] == wanted or rotating.poll() is not None)
        pids = tollway.pids()
        tollway.kill(pids.pop("supervisor"))
        for pid in pids.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        rotating.kill()
    newest = max(wanted)
    tollway.start()
    until(lambda: keys(tollway)["step"] == "in_use")
    assert generations(tollway)[0] == newest
    chat(tollway, token)
    assert "whole" in tollway.run("audit", "verify")


def test_the_stopped_program_changes_the_key_just_the_same(tollway: Tollway) -> None:
    token = tollway.token()
    assert tollway.stop() == 0
    newest = generations(tollway)[0]
    tollway.run("key", "rotate")
    assert generations(tollway)[0] == newest + 1
    assert keys(tollway)["step"] == "in_use"
    tollway.start()
    chat(tollway, token)


def test_doctor_says_that_older_keys_are_still_accepted(tollway: Tollway) -> None:
    found = json.loads(tollway.run("doctor", "--json"))["findings"]
    (finding,) = [one for one in found if one["check"] == "root key"]
    assert finding["severity"] == "info" and "older" in finding["detail"] and "key retire" in finding["fix"]


def test_a_backup_names_the_keys_it_needs_and_a_restore_asks_for_them(tollway: Tollway, tmp_path: Path) -> None:
    archive = tmp_path / "before.tar"
    tollway.run("backup", str(archive))
    place = Tollway(tmp_path)
    place.data.mkdir(mode=0o700)
    restored = place.run("restore", str(archive))
    assert "restored" in restored
    newest = next(line for line in (tollway.data / "root.key").read_text().split("\n") if line)
    (place.data / "root.key").write_text(f"99 {'0123456789abcdef' * 4}\n")
    (place.data / "root.key").chmod(0o600)
    shutil.rmtree(place.data / "journal", ignore_errors=True)
    missing = place.attempt("restore", str(archive), "--replace")
    assert missing.returncode == 0
    fingerprints = [key["fingerprint"] for key in keys(tollway)["keys"]]  # type: ignore[attr-defined]  # a list
    assert all(fingerprint in missing.stderr for fingerprint in fingerprints)
    assert newest not in missing.stderr + restored
