"""A real Tollway with something on every page, for pictures and checks: set up, seeded and signed in.

Nothing leaves the machine: calls go to the built-in sandbox and to an upstream that is not there.
"""

import contextlib
import json
import sys
import tempfile
import time
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
CALLS = 60
WAIT_SECONDS = 45
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
    "refused-call": "/calls/{refused}",
    "tokens": "/tokens",
    "token-new": "/tokens/new",
    "token": "/tokens/{token}",
    "applications": "/applications",
    "application": "/applications/{application}",
    "limits": "/limits",
    "alerts": "/alerts",
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
    "model-groups": "/model-groups",
    "usage": "/usage",
    "people": "/people",
    "person": "/people/{person}",
    "service-accounts": "/service-accounts",
    "service-account": "/service-accounts/{service_account}",
    "teams": "/teams",
    "team": "/teams/{team}",
    "rotation": "/rotation",
    "security": "/security",
    "security-rules": "/security?tab=rules",
    "security-decoys": "/security?tab=decoys",
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
    _fill_calls(seeded, _fill_access(seeded))
    _wait_for_facts(seeded)
    for kind, name in LISTS.items():
        items = seeded.ask("GET", f"/{kind}").get("items") or [{}]
        seeded.ids.setdefault(name, items[0].get("id", ""))


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


def _fill_access(seeded: Seeded) -> str:
    """Give rights, rules and limits, and return the secret of the token that the calls are made with."""
    limits = {
        "requests": [{"requests": 600, "window_seconds": 60}],
        "budgets": [{"limit_usd": "0.003", "period": "month"}],
    }
    wish = {"name": "shop production", "limits": limits, "environment": "live"}
    issued = seeded.ask("POST", "/tokens", wish)
    seeded.ids["token"] = issued["id"]
    seeded.ask(
        "POST", "/model-groups", {"name": "approved", "models": ["sandbox-*", "gpt-4o*"], "description": "Legal"}
    )
    seeded.ask("PATCH", f"/tokens/{issued['id']}/rights", {"models": {"allow": None, "deny": ["forbidden-*"]}})
    team = seeded.ask("GET", "/teams")["items"][0]["id"]
    seeded.ask("PUT", f"/limits/team/{team}", {"budgets": [{"limit_usd": "200", "period": "month"}]})
    days = 86_400
    seeded.ask("PUT", "/lifetime-rules", {"scope": "team", "scope_id": team, "max_seconds": 90 * days})
    policy = {"name": "quarterly", "scope": "team", "scope_id": team, "every_seconds": 90 * days}
    seeded.ask("POST", "/rotation-policies", policy)
    leaked = seeded.ask("POST", "/tokens", {"name": "found in a notebook"})["token"]
    seeded.ask("POST", "/security/reports", {"tokens": [{"token": leaked, "url": "https://code.example/notebook"}]})
    seeded.ask("POST", "/security/decoys", {"name": "in the old wiki", "place": "wiki, page Deployment"})
    return str(issued["token"])


def _fill_calls(seeded: Seeded, secret: str) -> None:
    for number in range(CALLS):
        # One in eight names a model that is not there, one in ten has no token, and some ask for what is denied.
        model = "no-such-model" if number % 8 == 7 else ("sandbox-small", "sandbox-large", "forbidden-1")[number % 3]
        body = {"model": model, "messages": [{"role": "user", "content": f"Tell me something about {number}."}]}
        request = urllib.request.Request(
            f"{seeded.tollway.gateway_url}/v1/chat/completions",
            json.dumps(body).encode(),
            {"content-type": "application/json"} | ({"authorization": f"Bearer {secret}"} if number % 10 != 9 else {}),
        )
        with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()


def _wait_for_facts(seeded: Seeded) -> None:
    """Wait until the ledger has the calls and the watch has seen the budget; what is not there stays off the pages."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        calls = seeded.ask("GET", "/calls?outcome=refused")["items"]
        if calls:
            seeded.ids["call"] = seeded.ask("GET", "/calls?outcome=ok")["items"][0]["request_id"]
            seeded.ids["refused"] = calls[0]["request_id"]
        if calls and seeded.ask("GET", "/alerts/summary")["open"]:
            return
        time.sleep(0.5)
