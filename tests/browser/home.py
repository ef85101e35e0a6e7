"""What the stand-in console answers on its home page: the installation, the next steps and what needs a person."""

from datetime import timedelta

import facts
from aiohttp import web
from facts import Json
from objects import ObjectReads


class HomeReads(ObjectReads):
    """The cards of the home page."""

    tokens: list[Json]
    is_called: bool

    def read_gateway(self, _rest: str, _request: web.Request) -> Json:
        return {
            "gateway_url": "http://127.0.0.1:8080",
            "console_url": "http://127.0.0.1:8081",
            "version": "0.1.0",
            "sandbox": self.is_fresh,
            "workers": 2,
            "started_at": facts.before(hours=50),
            "unbounded_output": "cap",
            "database": "sqlite",
            "sqlite_version": "3.40.1",
            "ledger": {"lag_bytes": 0, "problem": ""},
            "providers_configured": 0 if self.is_fresh else 4,
        }

    def read_checklist(self, _rest: str, _request: web.Request) -> Json:
        done = [bool(self.items("providers")), bool(self.tokens), self.is_called]
        steps = [
            (
                "provider",
                "Add a provider",
                "A vendor's key, or the address of your own model server. The built-in sandbox works without one.",
            ),
            ("token", "Create a token", "What your application presents instead of the provider's key."),
            ("first_call", "Make the first call", "Copy this, put your token in, and watch it arrive."),
        ]
        return {
            "steps": [
                {"id": key, "title": title, "detail": detail, "done": ok}
                for (key, title, detail), ok in zip(steps, done, strict=True)
            ],
            "is_done": all(done),
        }

    def read_attention(self, _rest: str, _request: web.Request) -> Json:
        rows = [
            ("security_event", "critical", "3 security events to look into", "1 critical, 2 high.", "/security"),
            (
                "budget_near_end",
                "critical",
                "web shop has used 85 % of its monthly budget",
                "At this pace it is used up in 3 days.",
                "/tokens/4tKq9XbLm2Pz",
            ),
            (
                "rotation_failed",
                "warning",
                "Token nightly reports could not be rotated",
                "Policy vault: The webhook could not be delivered. The old secret works. Tried again in 7 h 12 min.",
                "/tokens/c0GyWd5uTaJ3",
            ),
            (
                "token_expiring",
                "warning",
                "support assistant expires in 4 days",
                "Its last call was a moment ago.",
                "/tokens/Zp81vQeR7sHn",
            ),
            (
                "unpriced_model",
                "info",
                "house-model-2 has no price",
                "1,204 calls in the last 7 days cost an unknown amount.",
                "/models?view=unpriced",
            ),
        ]
        keys = ("kind", "severity", "title", "detail", "href")
        return {
            "items": []
            if self.is_fresh
            else [{**dict(zip(keys, row, strict=True)), "subject_id": row[4]} for row in rows]
        }

    def read_upstreams(self, _rest: str, _request: web.Request) -> Json:
        if self.is_fresh:
            return {"items": []}
        resting = [{"key_id": "key_1", "until": facts.text(facts.now() + timedelta(seconds=12))}]
        rows = [
            ("prov_openai", None, 14, []),
            ("prov_groq", None, 3, resting),
            (None, "svc_orders", 2, []),
            ("prov_local", None, 1, []),
        ]
        names = ("provider_id", "service_id", "in_flight", "resting_keys")
        return {"items": [dict(zip(names, row, strict=True)) for row in rows]}
