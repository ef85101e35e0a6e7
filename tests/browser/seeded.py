"""A real Tollway with something on every page, for pictures and checks: set up, seeded and signed in.

Nothing leaves the machine: calls go to the built-in sandbox and to an upstream that is not there.
"""

import contextlib
import json
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Browser, BrowserContext

from kit.instance import Tollway

PASSWORD = "a long enough password 7"
CALLS = 40
LISTS = {
    "tokens": "token",
    "applications": "application",
    "plans": "plan",
    "services": "service",
    "providers": "provider",
    "users": "person",
    "service-accounts": "service_account",
    "teams": "team",
    "webhooks": "webhook",
}
PAGES = {
    "home": "/",
    "calls": "/calls",
    "call": "/calls/{call}",
    "tokens": "/tokens",
    "token-new": "/tokens/new",
    "token": "/tokens/{token}",
    "applications": "/applications",
    "application": "/applications/{application}",
    "limits": "/limits",
    "plans": "/plans",
    "plan": "/plans/{plan}",
    "services": "/services",
    "service-new": "/services/new",
    "service": "/services/{service}",
    "service-edit": "/services/{service}/edit",
    "providers": "/providers",
    "provider-new": "/providers/new",
    "provider": "/providers/{provider}",
    "provider-edit": "/providers/{provider}/edit",
    "models": "/models",
    "usage": "/usage",
    "people": "/people",
    "person": "/people/{person}",
    "service-accounts": "/service-accounts",
    "service-account": "/service-accounts/{service_account}",
    "teams": "/teams",
    "team": "/teams/{team}",
    "rotation": "/rotation",
    "security": "/security",
    "roles": "/roles",
    "account": "/account",
    "audit": "/audit",
    "webhooks": "/webhooks",
    "webhook": "/webhooks/{webhook}",
    "settings": "/settings",
}
"""Every route of the dashboard, with what its id stands for."""
OUTSIDE = {
    "sign-in": "/sign-in",
    "welcome": "/welcome?token={link}",
    "welcome-over": "/welcome?token=x",
    "docs": "/docs/errors",
}
"""The pages that need nobody signed in."""
SET_UP = {"setup": "/setup?token={setup}"}
"""The page that is there only before somebody has set the console up."""


@dataclass
class Seeded:
    """A running console with the browser that set it up; `ids` fill the paths."""

    tollway: Tollway
    context: BrowserContext
    headers: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Ask the API as the person signed in. Raises AssertionError when it refuses: a page would stay empty."""
        data = None if body is None else json.dumps(body)
        answer = self.context.request.fetch(
            f"{self.tollway.console_url}/api/v1{path}",
            method=method,
            data=data,
            headers={**self.headers, "content-type": "application/json"},
        )
        assert answer.ok, f"{method} {path}: {answer.status} {answer.text()[:300]}"
        read: dict[str, Any] = answer.json() if answer.body() else {}
        return read


@contextlib.contextmanager
def running(browser: Browser) -> Iterator[Seeded]:
    """Start a gateway in a folder of its own and fill it; everything is removed at the end."""
    with tempfile.TemporaryDirectory() as folder:
        tollway = Tollway(Path(folder))
        try:
            tollway.start()
            seeded = Seeded(tollway, browser.new_context(base_url=tollway.console_url))
            seeded.ids["setup"] = tollway.run("setup-link").strip().partition("token=")[2]
            yield seeded
        finally:
            tollway.destroy()


def fill(seeded: Seeded) -> None:
    """Set the console up and put something on every page."""
    signed_in = seeded.context.request.post(
        f"{seeded.tollway.console_url}/api/v1/setup",
        data={"link_token": seeded.ids["setup"], "name": "ada", "password": PASSWORD},
    )
    assert signed_in.ok, signed_in.text()
    seeded.headers = {"x-tollway-csrf": signed_in.json()["csrf"]}
    _fill_people(seeded)
    _fill_upstreams(seeded)
    _fill_calls(seeded)
    for kind, name in LISTS.items():
        items = seeded.ask("GET", f"/{kind}").get("items") or [{}]
        seeded.ids[name] = items[0].get("id", "")
    calls = seeded.ask("GET", "/calls").get("items") or [{}]
    seeded.ids["call"] = calls[0].get("request_id", "")


def _fill_people(seeded: Seeded) -> None:
    team = seeded.ask("POST", "/teams", {"name": "checkout"})
    for name, role in (("grace", "developer"), ("linus", "viewer"), ("edsger", "auditor")):
        invited = seeded.ask("POST", "/users", {"name": name, "role": role})
        seeded.ids["link"] = invited["link"]["url"].partition("token=")[2]
        seeded.ask("PUT", f"/teams/{team['id']}/members/{invited['user']['id']}")
    owner = seeded.ask("GET", "/session")["user"]["id"]
    seeded.ask(
        "POST",
        "/service-accounts",
        {"name": "nightly build", "role": "viewer", "owner_id": owner, "team_id": team["id"]},
    )
    seeded.ask("POST", "/roles", {"name": "reader of usage", "rights": [{"permission": "usage.read", "reach": "all"}]})
    seeded.ask("POST", "/applications", {"name": "shop assistant", "team_id": team["id"]})


def _fill_upstreams(seeded: Seeded) -> None:
    nobody = {"base_url": "http://127.0.0.1:49151/v1", "allow_private": ["127.0.0.0/8"]}
    keys = {"kind": "openai", "credential": "sk-example-0123456789abcdef"}
    seeded.ask("POST", "/providers", {"name": "openai", **keys, **nobody})
    behind = {"name": "second-choice", "kind": "openai-compatible", **nobody}
    seeded.ask("POST", "/providers", {**behind, "models": ["m"], "credential": "sk-example-fedcba9876543210"})
    weather = {
        "name": "weather",
        "path_prefix": "/weather",
        "base_url": "https://weather.example",
        "credential": "k" * 24,
    }
    seeded.ask("POST", "/services", weather)
    hook = {"name": "on-call", "url": "https://hooks.example/tollway", "events": None}
    seeded.ask("POST", "/webhooks", hook)
    seeded.ask("POST", "/plans", {"name": "starter"})


def _fill_calls(seeded: Seeded) -> None:
    secret = seeded.tollway.token()
    for number in range(CALLS):
        # One in eight names a model that is not there, and one in ten has no token.
        model = "no-such-model" if number % 8 == 7 else ("sandbox-small", "sandbox-large")[number % 2]
        body = {"model": model, "messages": [{"role": "user", "content": f"Tell me something about {number}."}]}
        request = urllib.request.Request(
            f"{seeded.tollway.gateway_url}/v1/chat/completions",
            json.dumps(body).encode(),
            {"content-type": "application/json"} | ({"authorization": f"Bearer {secret}"} if number % 10 != 9 else {}),
        )
        with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()
