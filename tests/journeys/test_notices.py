"""A receiver that fails twice, and a console that is killed, get each event under one id; a letter is handed in.

One installation for the file, in the order of its tests.
"""

import base64
import hashlib
import hmac
import json
import os
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kit.instance import Tollway
from kit.private_ca import PrivateCA
from kit.smtp_stand_in import SMTPStandIn

pytestmark = pytest.mark.timeout(180)
SECONDS_MAX = 60


class Receiver:
    """Answers with `statuses` in turn, then 200, and keeps what it was sent as (headers, body)."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.requests: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hooks/tollway"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def authority() -> PrivateCA:
    return PrivateCA()


@pytest.fixture(scope="module")
def tollway(tmp_path_factory: pytest.TempPathFactory, authority: PrivateCA) -> Iterator[Tollway]:
    """An installation that trusts the test's own authority, as an operator's machine trusts a company's."""
    tollway = Tollway(tmp_path_factory.mktemp("tollway"))
    (tollway.root / "ca.pem").write_text(authority.pem)
    tollway.environment["SSL_CERT_FILE"] = str(tollway.root / "ca.pem")
    tollway.start()
    yield tollway
    tollway.destroy()


@pytest.fixture(scope="module")
def secret(tollway: Tollway, receiver: Receiver) -> str:
    return tollway.run("webhook", "add", "ops", receiver.url, "--allow-private", "127.0.0.0/8").strip()


def until(check: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def call(tollway: Tollway, token: str, model: str) -> int:
    body = {"model": model, "messages": [{"role": "user", "content": "Hello"}]}
    request = urllib.request.Request(
        f"{tollway.gateway_url}/v1/chat/completions",
        json.dumps(body).encode(),
        {"authorization": f"Bearer {token}", "content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def verify(headers: dict[str, str], body: bytes, secret: str) -> None:
    """What any receiver does, in the words of the specification."""
    signed = headers["webhook-id"].encode() + b"." + headers["webhook-timestamp"].encode() + b"." + body
    expected = hmac.new(base64.b64decode(secret[len("whsec_") :]), signed, hashlib.sha256).digest()
    given = [base64.b64decode(one[len("v1,") :]) for one in headers["webhook-signature"].split(" ")]
    assert any(hmac.compare_digest(expected, one) for one in given)
    assert abs(time.time() - int(headers["webhook-timestamp"])) < 300


def test_a_receiver_that_fails_twice_gets_the_event_under_one_id(
    tollway: Tollway, receiver: Receiver, secret: str
) -> None:
    receiver.statuses = [500, 503]
    token = tollway.token()
    until(lambda: len(receiver.requests) == 3)
    for headers, body in receiver.requests:
        verify(headers, body, secret)
    assert len({headers["webhook-id"] for headers, _ in receiver.requests}) == 1
    assert len({body for _, body in receiver.requests}) == 1
    event = json.loads(receiver.requests[0][1])
    assert event["type"] == "token.created" and event["data"]["id"] == token[4:16]
    assert token.encode() not in receiver.requests[0][1]
    until(lambda: '"delivered"' in tollway.run("webhook", "deliveries", "ops", "--json"))
    (delivery,) = json.loads(tollway.run("webhook", "deliveries", "ops", "--json"))["items"]
    assert (delivery["attempts_total"], delivery["last_attempt"]["status"]) == (3, 200)


def test_sent_again_by_hand_it_has_its_id(tollway: Tollway, receiver: Receiver, secret: str) -> None:
    before = len(receiver.requests)
    delivery_id = receiver.requests[-1][0]["webhook-id"]
    tollway.run("webhook", "resend", "ops", delivery_id)
    until(lambda: len(receiver.requests) > before)
    verify(*receiver.requests[-1], secret)
    assert receiver.requests[-1][0]["webhook-id"] == delivery_id


def test_a_console_that_is_killed_delivers_after_its_restart(tollway: Tollway, receiver: Receiver, secret: str) -> None:
    before = len(receiver.requests)
    receiver.statuses = [500]
    tollway.token()
    until(lambda: len(receiver.requests) == before + 1)
    pids = tollway.pids()
    os.kill(pids["console"], signal.SIGKILL)
    until(lambda: len(receiver.requests) >= before + 2 and tollway.has_replaced("console", pids))
    first, again = receiver.requests[before], receiver.requests[before + 1]
    verify(*again, secret)
    assert (first[0]["webhook-id"], first[1]) == (again[0]["webhook-id"], again[1])


def test_a_provider_whose_key_is_refused_is_told_of_once(tollway: Tollway, receiver: Receiver, secret: str) -> None:
    refusing = Receiver()
    refusing.statuses = [401] * 100
    try:
        tollway.environment["REFUSED_KEY"] = "sk-refused"
        options = ("--kind", "openai-compatible", "--credential", "env:REFUSED_KEY", "--model", "m1")
        address = ("--base-url", refusing.url, "--allow-private", "127.0.0.0/8")
        tollway.run("provider", "add", "broken", *options, *address)
        token = tollway.token()

        def is_told() -> list[bytes]:
            call(tollway, token, "m1")
            return [body for _, body in receiver.requests if b'"provider.failing"' in body]

        until(is_told)
        (told,) = is_told()
        assert json.loads(told)["data"]["name"] == "broken" and b"sk-refused" not in told
    finally:
        refusing.close()


def test_a_test_says_what_came_of_it(tollway: Tollway, receiver: Receiver, secret: str) -> None:
    assert tollway.run("webhook", "test", "ops").startswith("ops: works")
    verify(*receiver.requests[-1], secret)
    receiver.statuses = [404]
    failed = tollway.attempt("webhook", "test", "ops")
    assert (failed.returncode, "The receiver answered 404." in failed.stdout) == (1, True)
    tollway.run("webhook", "add", "inside", receiver.url)
    assert "FAILS" in tollway.attempt("webhook", "test", "inside").stdout, "loopback was not allowed to this one"


def test_a_letter_reaches_the_mail_server(tollway: Tollway, authority: PrivateCA, tmp_path: Path) -> None:
    with SMTPStandIn(context=authority.server_context(tmp_path, "localhost")) as server:
        server.logins = {"bot": "a quiet orange bicycle"}
        options = ("--port", str(server.port), "--from", "tollway@example.com", "--username", "bot")
        tollway.run("mail", "set", "localhost", *options, stdin="a quiet orange bicycle\n")
        assert tollway.run("mail", "test", "ada@example.com").startswith("works")
        (letter,) = server.letters
        assert (letter.was_encrypted, letter.login is not None) == (True, True)
        assert letter.message["To"] == "ada@example.com" and "Tollway" in letter.message["Subject"]
        tollway.run("user", "invite", "eve", "--email", "eve@example.com")
        server.refused_recipients = {"eve@example.com"}
        tollway.run("user", "email", "eve", "eve@elsewhere.example")
        until(lambda: b"no such person) and is tried again" in (tollway.root / "log").read_bytes())
        before = tollway.pids()
        tollway.kill(before["console"])
        server.refused_recipients = set()
        until(lambda: "another address" in str(server.letters[-1].message))  # a letter outlives the console
        assert server.letters[-1].recipients == ["eve@example.com"], "it goes to where letters went before"


def test_no_secret_is_in_the_log_or_the_database(tollway: Tollway, secret: str) -> None:
    assert tollway.stop() == 0
    written = (tollway.root / "log").read_bytes()
    for path in tollway.data.glob("config.db*"):
        written += path.read_bytes()
    assert secret.encode() not in written and secret[6:].encode() not in written
    assert b"a quiet orange bicycle" not in written
