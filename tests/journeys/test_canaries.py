"""No secret is written anywhere: canaries are planted in every place that takes one, a whole day is lived with them,
and then everything that was answered, printed, sent and stored is searched for them, in clear and encoded.

One installation for the file, in the order of its tests; once on SQLite and once on PostgreSQL.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import signal
import struct
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kit.canaries import Canaries
from kit.instance import Tollway
from kit.postgres import empty_database, postgres_url

__all__ = ["postgres_url"]

pytestmark = [pytest.mark.timeout(180), pytest.mark.slow]

PROVIDER_KEY = "sk-Canary-Provider-Key-7Qz4mW"
PROXY_PASSWORD = "Canary-Proxy-Password-9Xw2"
MAIL_PASSWORD = "Canary-Mail-Password-3Lk8"
PASSWORD = "Canary-Person-Password-5Vb1"
NEXT_PASSWORD = "Canary-Next-Password-6Hn4"
WRONG_PASSWORD = "Canary-Wrong-Password-8Jr3"
BASIC = base64.b64encode(b"u:sk-Canary-In-Basic-9Kc").decode()
ERROR_BODY = "Canary-Upstream-Error-Body-2Tg6"
ERROR_HEADER = "Canary-Upstream-Error-Header-4Yp9"


IDS = {"webhooks": "webhook_id", "providers": "provider_id", "tokens": "token_id", "users": "user_id"}


class Outside:
    """An upstream that fails when asked to, and a receiver of webhooks; what it receives is kept."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.keys: set[str] = set()
        outside = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.path.startswith("/hook"):
                    outside.heard.append(("webhook delivery", str(self.headers).encode() + body))
                    self._answer(200, {})
                    return
                outside.keys.add(self.headers["authorization"] or "")
                if b"please fail" in body:
                    self._answer(500, {"error": {"message": f"at {ERROR_BODY}", "debug": ERROR_BODY}})
                else:
                    message = {"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}
                    self._answer(
                        200, {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [message]}
                    )

            def _answer(self, status: int, body: object) -> None:
                raw = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(raw)))
                self.send_header("x-internal-debug", ERROR_HEADER)
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Day:
    """One day of an installation: all that is done is remembered for the search."""

    def __init__(self, tollway: Tollway, outside: Outside) -> None:
        self.tollway, self.outside, self.canaries = tollway, outside, Canaries()
        self.cookies: dict[str, str] = {}
        self.csrf = ""

    def run(self, *arguments: str, stdin: str | None = None, shows_secret: bool = False) -> str:
        """Run a command, whatever comes of it; what it prints is searched unless showing a secret is its purpose."""
        done = self.tollway.attempt(*arguments, stdin=stdin)
        if not shows_secret:
            self.canaries.hear(f"command {' '.join(arguments[:2])}", done.stdout)
        self.canaries.hear(f"complaints of {' '.join(arguments[:2])}", done.stderr)
        return done.stdout

    def ask(self, method: str, path: str, body: object = None, *, shows_secret: bool = False) -> tuple[int, bytes]:
        """Ask the console as the browser does."""
        url = self.tollway.console_url
        headers = {
            "origin": url,
            "sec-fetch-site": "same-origin",
            "cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        headers |= {"x-tollway-csrf": self.csrf} if self.csrf else {}
        headers |= {"content-type": "application/json"} if body is not None else {}
        data = None if body is None else json.dumps(body).encode()
        status, heads, raw = send(urllib.request.Request(url + path, data, headers, method=method))
        for cookie in heads.get_all("set-cookie") or ():
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies.pop(name, None)
            if value.strip('"'):
                self.cookies[name] = value
                self.canaries.plant(f"session cookie {len(self.canaries.planted)}", value)
        if csrf := re.search(rb'"csrf":"([^"]+)"', raw):
            self.csrf = csrf[1].decode()
        if not shows_secret:
            self.canaries.hear(f"answer of {method} {path}", raw)
        return status, raw

    def call(self, path: str, body: object, **headers: str) -> int:
        """Call the gateway."""
        url = f"{self.tollway.gateway_url}{path}"
        wanted = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json", **headers})
        status, heads, raw = send(wanted)
        self.canaries.hear(f"answer of the gateway at {path.partition('?')[0]}", str(heads).encode() + raw)
        return status


def send(request: urllib.request.Request) -> tuple[int, object, bytes]:
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def day(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    outside = Outside()
    tollway = Tollway(tmp_path_factory.mktemp("canaries"), workers=2)
    tollway.environment["TOLLWAY_LOG_LEVEL"] = "debug"
    with ExitStack() as stack:
        stack.callback(outside.close)
        if request.param == "postgresql":
            url = stack.enter_context(empty_database(request.getfixturevalue("postgres_url")))
            tollway.environment["TOLLWAY_DATABASE_URL"] = url
        stack.callback(tollway.destroy)
        tollway.start()
        yield Day(tollway, outside)


def code_of(secret: str) -> str:
    """Return the code of an authenticator app (RFC 6238) for now."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1)
    number = struct.unpack(">I", digest[digest[-1] & 15 :][:4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def test_people_set_up_sign_in_fail_and_change_their_passwords(day: Day) -> None:
    link = day.run("setup-link", "--json", shows_secret=True)
    token = day.canaries.plant("set-up link", re.search(r"[A-Za-z0-9_-]{40,}", link)[0])  # type: ignore[index]
    for what, secret in {
        "password": PASSWORD,
        "next password": NEXT_PASSWORD,
        "wrong password": WRONG_PASSWORD,
    }.items():
        day.canaries.plant(what, secret)
    owner = {"link_token": token, "name": "ada", "password": PASSWORD}
    assert day.ask("POST", "/api/v1/setup", owner)[0] in (200, 201)
    assert day.ask("POST", "/api/v1/session", {"name": "ada", "password": WRONG_PASSWORD})[0] == 401
    assert day.ask("POST", "/api/v1/session", {"name": "nobody", "password": WRONG_PASSWORD})[0] == 401
    assert day.ask("POST", "/api/v1/session", {"name": "ada", "password": PASSWORD})[0] in (200, 201)
    body = {"current": PASSWORD, "new": NEXT_PASSWORD}
    assert day.ask("POST", "/api/v1/account/password", body)[0] in (200, 204)
    assert day.ask("GET", "/api/v1/session")[0] == 200
    invited = json.loads(day.ask("POST", "/api/v1/users", {"name": "eve", "role": "developer"}, shows_secret=True)[1])
    day.canaries.plant("invitation", re.search(r"token=([A-Za-z0-9_-]{40,})", json.dumps(invited))[1])  # type: ignore[index]
    reset = json.loads(day.ask("POST", f"/api/v1/users/{invited['user']['id']}/link", shows_secret=True)[1])
    day.canaries.plant("reset link", re.search(r"token=([A-Za-z0-9_-]{40,})", json.dumps(reset))[1])  # type: ignore[index]


def test_an_authenticator_app_is_set_up_and_a_recovery_code_is_made(day: Day) -> None:
    status, raw = day.ask("POST", "/api/v1/account/totp", shows_secret=True)
    assert status == 201, raw
    secret = day.canaries.plant("authenticator app", re.search(r"\b[A-Z2-7]{26,}\b", raw.decode())[0])  # type: ignore[index]
    status, raw = day.ask("POST", "/api/v1/account/totp/confirm", {"code": code_of(secret)}, shows_secret=True)
    assert status == 200, raw
    for number, code in enumerate(json.loads(raw).get("recovery_codes") or ()):
        day.canaries.plant(f"recovery code {number}", code)


def test_everything_that_takes_a_secret_gets_one(day: Day) -> None:
    day.canaries.plant("provider key", PROVIDER_KEY)
    day.canaries.plant("proxy password", PROXY_PASSWORD)
    day.canaries.plant("mail password", MAIL_PASSWORD)
    options = ("--kind", "openai-compatible", "--base-url", f"{day.outside.url}/v1", "--allow-private", "127.0.0.0/8")
    day.run("provider", "add", "local", *options, "--credential", "-", "--model", "m", stdin=PROVIDER_KEY)
    proxied = {
        "name": "proxied",
        "kind": "openai-compatible",
        "base_url": "https://api.example/v1",
        "models": [{"name": "p"}],
    }
    proxied |= {"credential": PROVIDER_KEY, "proxy_url": f"http://user:{PROXY_PASSWORD}@proxy.invalid:3128"}
    status, raw = day.ask("POST", "/api/v1/providers", proxied)
    assert status == 201, raw
    day.run(
        "mail",
        "set",
        "127.0.0.1",
        "--from",
        "t@example.com",
        "--username",
        "tollway",
        "--port",
        "9",
        stdin=MAIL_PASSWORD,
    )
    day.run("mail", "test", "ada@example.com")
    added = day.run(
        "webhook",
        "add",
        "hook",
        f"{day.outside.url}/hook",
        "--allow-private",
        "127.0.0.0/8",
        "--json",
        shows_secret=True,
    )
    day.canaries.plant("webhook secret", re.search(r"whsec_([A-Za-z0-9+/=_-]{20,})", added)[1])  # type: ignore[index]
    again = day.run("webhook", "secret", "hook", "--json", shows_secret=True)
    day.canaries.plant("next webhook secret", re.search(r"whsec_([A-Za-z0-9+/=_-]{20,})", again)[1])  # type: ignore[index]


def test_calls_succeed_are_refused_and_fail(day: Day) -> None:
    issued = json.loads(day.run("token", "issue", "--name", "ci", "--json", shows_secret=True))
    secret = day.canaries.plant("token", issued["token"])
    ask = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}
    fail = {"model": "m", "messages": [{"role": "user", "content": "please fail"}]}
    assert day.call("/v1/chat/completions", ask, authorization=f"Bearer {secret}") == 200
    assert day.outside.keys == {f"Bearer {PROVIDER_KEY}"}
    day.call("/v1/chat/completions", {**ask, "model": "p"}, authorization=f"Bearer {secret}")
    day.canaries.plant("upstream's error body", ERROR_BODY)
    day.canaries.plant("upstream's error header", ERROR_HEADER)
    forged = secret[:-8] + ("A" * 8 if not secret.endswith("A" * 8) else "B" * 8)
    for number, (path, headers) in enumerate(
        [
            ("/v1/chat/completions", {"authorization": "Bearer sk-Canary-In-Authorization-1Fd"}),
            ("/v1/messages", {"x-api-key": "sk-Canary-In-Api-Key-Header-7Wq"}),
            ("/v1beta/models/m:generateContent?key=sk-Canary-In-The-Query-3Zs", {}),
            ("/v1/chat/completions?access_token=sk-Canary-In-A-Parameter-5Mb", {}),
            ("/v1/chat/completions", {"authorization": f"Bearer {forged}"}),
            ("/v1/chat/completions", {"authorization": f"Basic {BASIC}"}),
            ("/v1/chat/completions", {"cookie": "session=sk-Canary-In-A-Cookie-2Xv8"}),
        ]
    ):
        for text in (path, *headers.values()):
            for canary in re.findall(r"sk-Canary[A-Za-z0-9-]+", text):
                day.canaries.plant(f"refused call {number}", canary)
        assert day.call(path, ask, **headers) in (400, 401, 403, 404), path
    day.canaries.plant("forged token", forged)
    day.canaries.plant("Basic login", "sk-Canary-In-Basic-9Kc")
    # What an upstream says about a failure is the caller's to read; it is searched for everywhere else.
    heard = len(day.canaries.seen)
    assert day.call("/v1/chat/completions", fail, authorization=f"Bearer {secret}") >= 500
    del day.canaries.seen[heard:]


def test_machinery_runs_and_a_worker_dies(day: Day) -> None:
    for command in (("export",), ("audit", "export"), ("token", "list", "--json"), ("doctor",)):
        day.run(*command)
    document = day.run("export")
    path = day.tollway.root / "again.yaml"
    path.write_text(document)
    day.run("apply", "-f", str(path))
    path.write_text(f"version: 1\nproviders:\n- name: broken\n  kind: nothing\n  credential: {PROVIDER_KEY}\n")
    day.run("apply", "-f", str(path))
    path.unlink()
    day.run("backup", str(day.tollway.data / "backups" / "day.tar"))
    day.run("key", "rotate")
    before = day.tollway.pids()
    os.kill(before["worker"], signal.SIGKILL)
    os.kill(before["console"], signal.SIGKILL)
    deadline = time.monotonic() + 30
    while not (day.tollway.has_replaced("worker", before) and day.tollway.has_replaced("console", before)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    day.run("webhook", "test", "hook")
    day.run("webhook", "deliveries", "hook", "--json")


def test_every_answer_of_the_console_is_read(day: Day) -> None:
    paths = json.loads((day.ask("GET", "/api/v1/openapi.json")[1]) or b"{}").get("paths", {})
    assert len(paths) > 50
    ids: dict[str, str] = {}
    for path in sorted(paths, key=lambda path: path.count("/")):
        if "get" not in paths[path] or path.endswith("/live"):
            continue
        filled = re.sub(r"\{(\w+)\}", lambda match: ids.get(match[1], "x"), path)
        status, raw = day.ask("GET", filled)
        assert status < 500, filled
        name = {
            "webhooks": "webhook_id",
            "providers": "provider_id",
            "tokens": "token_id",
            "users": "user_id",
            "teams": "team_id",
        }
        kind = name.get(path.rpartition("/")[2])
        if kind and status == 200 and json.loads(raw).get("items"):
            ids[kind] = json.loads(raw)["items"][0]["id"]
    for page in ("/", "/sign-in", "/setup", "/welcome", "/healthz", "/readyz", "/reset"):
        day.ask("GET", page)
    status, raw = day.ask("GET", "/metrics")
    assert status == 200
    assert raw.rstrip().endswith(b"# EOF")
    assert raw.count(b"\n") > 10, "there are counters to search"
    status, heads, raw = send(urllib.request.Request(f"{day.tollway.gateway_url}/healthz"))
    day.canaries.hear("the gateway's health", str(heads).encode() + raw)
    assert ids


def test_r5_none_of_them_is_anywhere(day: Day) -> None:
    day.ask("DELETE", "/api/v1/session")
    assert day.tollway.stop() == 0
    for where, said in day.outside.heard:
        day.canaries.hear(where, said)
    assert day.outside.heard, "webhooks were delivered"
    assert len(day.canaries.planted) >= 25
    for place in ("policy", "meters", "journal", "backups"):
        assert list(day.tollway.data.glob(f"*{place}*")), f"there is no {place} to search"
    url = day.tollway.environment.get("TOLLWAY_DATABASE_URL", "")
    found = day.canaries.search(day.tollway.root, without=frozenset({"root.key"}), database_url=url)
    assert not found, "\n".join(found)


def test_the_search_finds_what_is_there(day: Day) -> None:
    """A search that finds nothing shows nothing: each form in which a secret may lie is found where it was put."""
    place = day.tollway.root / "sample"
    place.mkdir()
    secret = day.canaries.planted["provider key"]
    (place / "log").write_text(f"key={urllib.parse.quote(secret)}")
    (place / "packed").write_bytes(base64.b64encode(b"ab" + secret.encode()))
    (place / "hexed").write_text(secret.encode().hex())
    found = day.canaries.search(place, without=frozenset())
    assert {line.rpartition(" in ")[2].split()[0] for line in found} == {"log", "packed", "hexed"}
