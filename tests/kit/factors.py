"""People with second factors at the test console, and the codes that their apps show."""

from base64 import b32decode
from typing import Any

from starlette.testclient import TestClient

from kit.authenticator import Authenticator
from kit.console import NAME, PASSWORD, Console
from tollway.control.factors.totp import build_code, step_at

S, A = "/api/v1/session", "/api/v1/account"
SECOND, STEP_UP = f"{S}/second-step", f"{S}/step-up"


class App:
    """An authenticator app that was set up with a secret."""

    def __init__(self, console: Console, secret: str) -> None:
        self._console = console
        self._secret = b32decode(secret)

    def code(self, *, ahead: int = 0) -> str:
        """Return the code of now, or of so many steps ahead."""
        return build_code(self._secret, step_at(self._console.clock.now_ns() // 10**9) + ahead)

    def next_code(self) -> str:
        """Wait for the next code and return it."""
        self._console.clock.advance(30)
        return self.code()

    def wrong_code(self) -> str:
        """Return a code that is of no step near now."""
        near = {self.code(ahead=ahead) for ahead in range(-3, 4)}
        return next(code for n in range(100) if (code := f"{n:06}") not in near)


def take(client: TestClient, answer: Any) -> dict[str, Any]:
    """Repeat the CSRF value of a session that an answer has, and return the answer's body."""
    assert answer.status_code < 300, answer.text
    body: dict[str, Any] = answer.json()
    client.headers["x-tollway-csrf"] = body.get("session", body)["csrf"]
    return body


def add_app(console: Console, client: TestClient) -> tuple[App, list[str]]:
    """Set an authenticator app up; return it and the recovery codes that came along."""
    app = App(console, client.post(f"{A}/totp").json()["secret"])
    body = take(client, client.post(f"{A}/totp/confirm", json={"code": app.code()}))
    return app, body["recovery_codes"] or []


def add_passkey(client: TestClient, name: str = "phone", **fields: Any) -> tuple[Authenticator, dict[str, Any]]:
    """Register a passkey; return its authenticator and the answer."""
    authenticator = Authenticator(**fields)
    options = client.post(f"{A}/passkeys/options").json()["public_key"]
    answer = client.post(f"{A}/passkeys", json={"name": name, "passkey": authenticator.register(options)})
    return authenticator, take(client, answer)


def first_step(console: Console, name: str = NAME, *, peer: str = "127.0.0.1") -> TestClient:
    """Return a browser in which the password was given and a second step is to come."""
    client = console.client(peer=peer)
    answer = client.post(S, json={"name": name, "password": PASSWORD})
    assert answer.status_code == 202, answer.text
    return client


def prove(client: TestClient, authenticator: Authenticator, options_path: str) -> dict[str, Any]:
    """Ask for a challenge and answer it."""
    asked = client.post(options_path)
    assert asked.status_code == 200, asked.text
    return authenticator.prove(asked.json()["public_key"])
