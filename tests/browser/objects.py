"""What the stand-in console answers about applications, services, providers and models."""

import facts
from aiohttp import web
from facts import Json
from limits import NO_METERS
from people import searched

TIMEOUTS = {"connect_seconds": 5, "first_byte_seconds": 120, "idle_seconds": 60, "total_seconds": 3600}
CONNECTION: Json = {
    "ca_file": None,
    "proxy_url": None,
    "proxy_credential": None,
    "timeouts": TIMEOUTS,
    "headers": [],
}
KEY = {"id": "key_1", "masked": "…k9Qz", "source": "stored", "created_at": facts.before(days=20)}


class ObjectReads:
    """The objects of an installation, and what was made since. Of an installation that is fresh, only the latter."""

    is_fresh: bool
    created: dict[str, list[Json]]

    def items(self, kind: str, *, stored: bool = False) -> list[Json]:
        """Return the objects of a kind."""
        if self.is_fresh and not stored:
            return self.created[kind]
        return [*getattr(self, f"all_{kind}")(), *self.created[kind]]

    def blank(self, kind: str) -> Json:
        """Return an object of a kind with nothing set."""
        return {**self.items(kind, stored=True)[0]}

    def all_applications(self) -> list[Json]:
        return [
            {
                "id": key,
                "name": name,
                "team_id": "team_default",
                "state": "active",
                "limits": facts.LIMITS if key == "app_shop" else facts.NO_LIMITS,
                "created_at": facts.before(days=50),
                "created_by": "operator",
            }
            for key, name in facts.APPLICATIONS.items()
        ]

    def all_services(self) -> list[Json]:
        return [
            {
                "id": key,
                "name": name,
                "path_prefix": prefix,
                "environment": "test" if key == "svc_weather" else "live",
                "team_id": "team_default",
                "team_name": "Default",
                "base_url": url,
                "state": "active",
                "strip_prefix": True,
                "methods": [],
                "keys": [dict(KEY)] if key == "svc_orders" else [],
                "credential_header": "authorization",
                "credential_scheme": "Bearer",
                "allow_private": key != "svc_weather",
                "allow_set_cookie": False,
                "allow_websocket": False,
                "sandbox_answers": True,
                "query_token_parameter": None,
                "allow_anonymous": False,
                "body_bytes_max": 1 << 30,
                **CONNECTION,
                "created_at": facts.before(days=30),
            }
            for key, (name, prefix, url) in facts.SERVICES.items()
        ]

    def all_providers(self) -> list[Json]:
        return [
            {
                "id": provider,
                "name": name,
                "environment": "live",
                "team_id": None,
                "team_name": None,
                "kind": kind,
                "base_url": url,
                "state": "active",
                "models": [{"name": "*", "upstream_model": None, "priority": None, "price": None}],
                "keys": [] if provider == "prov_local" else [dict(KEY)],
                "allow_private": provider == "prov_local",
                "priority": index,
                **CONNECTION,
                "created_at": facts.before(days=60),
            }
            for index, (provider, (name, kind, url)) in enumerate(facts.PROVIDERS.items())
        ]

    def read_applications(self, rest: str, request: web.Request) -> Json | None:
        if rest.endswith("/meters"):
            return facts.meters() if rest.startswith("app_shop") else NO_METERS
        return self._list_or_one("applications", rest, request)

    def read_services(self, rest: str, request: web.Request) -> Json | None:
        return self._list_or_one("services", rest, request)

    def read_providers(self, rest: str, request: web.Request) -> Json | None:
        return self._list_or_one("providers", rest, request)

    def read_provider_kinds(self, _rest: str, _request: web.Request) -> Json:
        kinds = [
            ("openai", "OpenAI", "https://api.openai.com/v1", True),
            ("groq", "Groq", "https://api.groq.com/openai/v1", True),
            ("mistral", "Mistral", "https://api.mistral.ai/v1", True),
            ("openrouter", "OpenRouter", "https://openrouter.ai/api/v1", True),
            ("openai-compatible", "Any OpenAI-compatible server", "", False),
        ]
        names = ("kind", "title", "base_url", "needs_credential")
        return {
            "items": [{**dict(zip(names, row, strict=True)), "docs_url": "https://docs.example/keys"} for row in kinds]
        }

    def read_models(self, rest: str, request: web.Request) -> Json:
        if rest == "unpriced":
            row = {
                "provider_id": "prov_local",
                "provider_name": "Rack 4",
                "upstream_model": "house-model-2",
                "calls": 1204,
                "last_used_at": facts.before(minutes=2),
            }
            return {"items": [] if self.is_fresh else [row]}
        items = []
        for name, (provider, price_in, price_out, _share) in facts.MODELS.items():
            price = None
            if price_in is not None:
                price = {
                    "input_usd_per_million": str(price_in),
                    "output_usd_per_million": str(price_out),
                    "cached_input_usd_per_million": str(price_in / 2),
                    "source": "genai-prices",
                }
            items.append(
                {
                    "name": name,
                    "candidates": [
                        {
                            "provider_id": provider,
                            "provider_name": facts.PROVIDERS[provider][0],
                            "upstream_model": name,
                            "price": price,
                        }
                    ],
                }
            )
        found = [item for item in items if request.query.get("search", "").lower() in item["name"]]
        return {"items": [] if self.is_fresh else found}

    def _list_or_one(self, kind: str, rest: str, request: web.Request) -> Json | None:
        if rest:
            return next((item for item in self.items(kind) if item["id"] == rest), None)
        found = searched(self.items(kind), request)
        return {"items": found[: int(request.query.get("limit", 50))], "next_cursor": None}
