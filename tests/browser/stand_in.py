"""A stand-in for the console: the built pages under the console's own security policy, and canned answers of /api/v1.

For screenshots and page tests without the rest of the system. Run `python tests/browser/stand_in.py` to look at it.
"""

import asyncio
import json
import mimetypes
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web

sys.path.insert(0, str(Path(__file__).resolve().parent))

import facts
from facts import Json
from life import LifeReads, life_of, unused_of
from limits import NO_METERS, PLANS, LimitReads
from notices import NoticeReads
from people import PeopleReads
from rights import RightsReads
from security import SecurityReads

UI = Path(__file__).resolve().parents[2] / "src" / "tollway" / "_ui"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
TIMEOUTS = {"connect_seconds": 5, "first_byte_seconds": 120, "idle_seconds": 60, "total_seconds": 3600}
CONNECTION: Json = {
    "ca_file": None,
    "proxy_url": None,
    "proxy_credential": None,
    "timeouts": TIMEOUTS,
    "headers": [],
}
KEY = {"id": "key_1", "masked": "…k9Qz", "source": "stored", "created_at": facts.before(days=20)}
NEW_TOKEN = "NewT0kenAbCd"
NEW_SECRET = "9hJ2kLmN4pQrS6tUvWxYz8aBcDeF"
STEP = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


class StandIn(PeopleReads, NoticeReads, SecurityReads, RightsReads, LimitReads, LifeReads):
    """The state of one stand-in console. `is_fresh` is an installation before its first provider."""

    def __init__(self, *, is_fresh: bool = False) -> None:
        self.is_fresh = is_fresh
        self.is_signed_in = True
        self.tokens: list[Json] = [] if is_fresh else facts.tokens()
        self.created: dict[str, list[Json]] = {"applications": [], "services": [], "providers": []}
        self.is_called = not is_fresh
        self.posted: list[tuple[str, Json]] = []
        self.next_token = ""
        self.is_live_broken = False
        self.version = 3

    def application(self) -> web.Application:
        """Build the aiohttp application."""
        app = web.Application(middlewares=[self._protect])
        app.router.add_get("/api/v1/live", self.live)
        app.router.add_route("*", "/api/v1/{path:.*}", self.api)
        app.router.add_get("/{path:.*}", self.page)
        return app

    @web.middleware
    async def _protect(self, request: web.Request, handler: "web.Handler") -> web.StreamResponse:  # type: ignore[name-defined]
        response: web.StreamResponse = await handler(request)
        if not response.prepared:
            response.headers["Content-Security-Policy"] = POLICY
            response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    async def page(self, request: web.Request) -> web.StreamResponse:
        """Answer a built file, or the pages' index for any other path."""
        if request.path == "/sign-in":
            return web.Response(text="<!doctype html><title>Sign in</title><h1>Sign in</h1>", content_type="text/html")
        path = (UI / request.path.lstrip("/")).resolve()
        if not path.is_relative_to(UI) or not path.is_file():
            path = UI / "index.html"
        # From memory: a FileResponse whose request is cancelled, as when the page is left, never closes its file.
        content_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
        return web.Response(body=path.read_bytes(), content_type=content_type)

    async def live(self, request: web.Request) -> web.StreamResponse:
        """Stream a batch of calls each second or so, as the ledger would."""
        if self.is_live_broken:
            return web.Response(status=503)
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Content-Security-Policy": POLICY})
        await stream.prepare(request)
        await stream.write(b"event: ping\ndata: {}\n\n")
        seed = int(facts.now().timestamp() * 10) % 10_000_000
        while True:
            await asyncio.sleep(1.2)
            seed += 1
            if self.is_live_broken or request.transport is None or request.transport.is_closing():
                break
            if not self.is_called:
                await stream.write(b"event: ping\ndata: {}\n\n")
                continue
            calls = [facts.call(facts.now(), seed)]
            if self.next_token:
                calls[0]["token_id"], self.next_token = self.next_token, ""
            batch = {
                "at": facts.text(facts.now()),
                "counted": 1,
                "errors": 0,
                "cost_usd": "0.001",
                "tokens": 900,
                "calls": calls,
            }
            with suppress(ConnectionError):  # the page was closed; the next round ends
                await stream.write(f"event: live\ndata: {json.dumps(batch)}\n\n".encode())
        return stream

    async def api(self, request: web.Request) -> web.StreamResponse:
        """Answer a management call."""
        path = request.match_info["path"]
        if not self.is_signed_in:
            return problem(401, "management.unauthenticated", "The console does not know who is calling.")
        body = await request.json() if request.can_read_body else {}
        if request.method != "GET":
            if request.headers.get("X-Tollway-CSRF") != "csrf-value":
                return problem(
                    403, "management.csrf", "The request does not prove that it comes from the console's own pages."
                )
            if request.method == "PATCH" and request.headers.get("If-Match") != self.etag:
                return problem(412, "management.precondition", "Read it again and send the new ETag in If-Match.")
            self.posted.append((f"{request.method} {path}", body))
            return self.change(request.method, path, body)
        return self.read(path, request)

    def read(self, path: str, request: web.Request) -> web.StreamResponse:
        """Answer a GET."""
        if (rights := self.find_rights(path)) is not None:
            return web.json_response(rights, headers={"ETag": f"W/{self.etag}"})
        head, _, rest = path.partition("/")
        name = f"read_{head.replace('-', '_').replace('.', '_')}"
        reader = getattr(self, name, None)
        if reader is None:
            return problem(404, "management.not_found", "There is no such object, or none you may see.")
        found = reader(rest, request)
        if isinstance(found, web.StreamResponse):
            return found
        if found is None:
            return problem(404, "management.not_found", "There is no such object, or none you may see.")
        return web.json_response(found, headers={"ETag": f"W/{self.etag}"})

    @property
    def etag(self) -> str:
        """The version of everything. Where it is read, a proxy in front of the console made it a weak tag."""
        return f'"v{self.version}"'

    def change(self, method: str, path: str, body: Json) -> web.StreamResponse:
        """Answer a POST, PATCH or DELETE, remembering what the pages show again."""
        kind, *rest = path.split("/")
        if method == "DELETE":
            return web.Response(status=204)
        if (rights := self.change_rights(path, body)) is not None:
            return web.json_response(rights, headers={"ETag": self.etag})
        if kind == "mail":
            return web.json_response({"ok": True, "detail": "taken"} if rest else {"server": None})
        if kind == "webhooks":
            return web.json_response(self.act_on_webhook(rest, body))
        if kind == "limits":
            return web.json_response(self.change_limits(rest, body), headers={"ETag": self.etag})
        if kind == "token-jobs":
            return web.json_response(self.act_on_jobs(rest, body), status=201)
        if kind == "plans":
            return web.json_response({**PLANS[0], **body}, headers={"ETag": self.etag})
        if kind == "tokens" and not rest:
            if body["name"] == "refuse me":
                return problem(
                    422,
                    "management.invalid",
                    "A field has a wrong value.",
                    [{"pointer": "/name", "message": "this name is taken"}],
                )
            return web.json_response(self.issue(body), status=201)
        if kind == "tokens":
            return web.json_response(self.act_on_token(rest, body), headers={"ETag": self.etag})
        if rest[1:] == ["test"]:
            ok = rest[0] != "prov_local"
            detail = "12 models listed" if ok else "No connection could be made to 10.20.0.14:8000: refused."
            return web.json_response(
                {
                    "ok": ok,
                    "status": 200 if ok else 0,
                    "latency_ms": 182.4,
                    "detail": detail,
                    "code": "" if ok else "upstream.unreachable",
                }
            )
        if not rest:
            made = {**self.blank(kind), **body, "id": f"new_{kind}"}
            self.created[kind].append(made)
            return web.json_response(made, status=201)
        found = next((item for item in self.items(kind) if item["id"] == rest[0]), {})
        if rest[1:] in (["disable"], ["enable"]):
            body = {"state": "disabled" if rest[1] == "disable" else "active"}
        return web.json_response({**found, **body}, headers={"ETag": self.etag})

    def issue(self, body: Json) -> Json:
        """Make a token; its first call arrives a moment later."""
        blank = dict.fromkeys(facts.tokens()[0])
        token_id = NEW_TOKEN
        made = {
            **blank,
            "environment": "live",
            "limits": facts.NO_LIMITS,
            "scopes": [],
            **body,
            "id": token_id,
            "masked": f"tws_{token_id}…",
            "kind": "service",
            "state": "active",
            "created_by": "operator",
            "created_at": facts.text(facts.now()),
            "calls_total": 0,
        }
        self.tokens.insert(0, made)
        return {**made, "token": f"tws_{token_id}{NEW_SECRET}"}

    def act_on_token(self, rest: list[str], body: Json) -> Json:
        """Change a token's state or fields."""
        token = next(item for item in self.tokens if item["id"] == rest[0])
        if len(rest) == 1:
            token.update(body)
        else:
            token["state"] = {"disable": "disabled", "enable": "active", "revoke": "revoked"}[rest[1]]
        return token

    def blank(self, kind: str) -> Json:
        """Return an object of a kind with nothing set."""
        return {**self.items(kind, stored=True)[0]}

    def items(self, kind: str, *, stored: bool = False) -> list[Json]:
        """Return the objects of a kind."""
        if self.is_fresh and not stored:
            return self.created[kind]
        return [*getattr(self, f"all_{kind}")(), *self.created[kind]]

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

    def read_tokens(self, rest: str, request: web.Request) -> Json | None:
        token_id, _, part = rest.partition("/")
        if part == "life":
            return life_of(token_id)
        if part == "unused":
            return unused_of(token_id)
        if part == "meters":
            return (
                facts.meters() if not self.is_fresh and token_id in {row[0] for row in facts.TOKENS[:3]} else NO_METERS
            )
        if token_id:
            return next((item for item in self.tokens if item["id"] == token_id), None)
        found = [
            item
            for item in self.tokens
            if request.query.get("search", "").lower() in (item["name"] + item["id"]).lower()
        ]
        if state := request.query.get("state"):
            found = [item for item in found if item["state"] == state]
        if application := request.query.get("application_id"):
            found = [item for item in found if item["application_id"] == application]
        at = int(request.query.get("cursor", 0))
        size = min(5, int(request.query.get("limit", 50)))
        return {"items": found[at : at + size], "next_cursor": str(at + size) if at + size < len(found) else None}

    def read_applications(self, rest: str, _request: web.Request) -> Json | None:
        if rest.endswith("/meters"):
            return facts.meters() if rest.startswith("app_shop") else NO_METERS
        return self._list_or_one("applications", rest)

    def read_services(self, rest: str, _request: web.Request) -> Json | None:
        return self._list_or_one("services", rest)

    def read_providers(self, rest: str, _request: web.Request) -> Json | None:
        return self._list_or_one("providers", rest)

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

    def read_models(self, rest: str, _request: web.Request) -> Json:
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
        return {"items": [] if self.is_fresh else items}

    def read_usage(self, _rest: str, request: web.Request) -> Json:
        if not self.is_called:
            return {"items": [], "resolution": "minute", "is_cut": False}
        return usage(request)

    def read_usage_csv(self, _rest: str, _request: web.Request) -> web.Response:
        return web.Response(text="calls\n1\n", content_type="text/csv")

    def read_savings(self, _rest: str, request: web.Request) -> Json:
        since, until = (datetime.fromisoformat(request.query[name]) for name in ("since", "until"))
        cached = 0 if self.is_fresh else round((until - since).total_seconds() * 66)
        return {
            "saved_usd": f"{cached * 0.6 / 1e6:.9f}",
            "cached_input_tokens": cached,
            "unpriced_cached_input_tokens": cached // 25,
        }

    def read_calls(self, rest: str, request: web.Request) -> Json | None:
        if rest:
            number = rest.removeprefix("req_")
            return facts.call(facts.now() - timedelta(minutes=3), int(number)) if number.isdigit() else None
        if not self.is_called:
            return {"items": [], "next_cursor": None}
        at = int(request.query.get("cursor", 0))
        size = int(request.query.get("limit", 50))
        newest = int(facts.now().timestamp()) // 60 * 60
        items = [
            facts.call(datetime.fromtimestamp(newest - 7 * n, UTC), newest // 60 * 1000 - n)
            for n in range(at, at + size)
        ]
        for name, field in (
            ("model", "model"),
            ("token", "token_id"),
            ("outcome", "outcome"),
            ("provider", "provider_id"),
        ):
            if wanted := request.query.get(name):
                items = [item for item in items if item[field] == wanted]
        return {"items": items, "next_cursor": str(at + size) if at < 400 else None}

    def _list_or_one(self, kind: str, rest: str) -> Json | None:
        if rest:
            return next((item for item in self.items(kind) if item["id"] == rest), None)
        return {"items": self.items(kind), "next_cursor": None}


def usage(request: web.Request) -> Json:
    """Return sums over the time asked for, grouped as asked."""
    since = datetime.fromisoformat(request.query["since"])
    until = datetime.fromisoformat(request.query["until"])
    by = [name for name in request.query.get("by", "").split(",") if name]
    interval = request.query.get("interval")
    part = 1.0
    for dimension in ("model", "token", "service", "provider", "application"):
        if wanted := request.query.get(dimension):
            part *= facts.shares(dimension).get(wanted, 0)
    rows: list[Json] = []
    starts: list[tuple[datetime | None, float]] = []
    if interval:
        step, at = STEP[interval], since
        while at < min(until, facts.now()):
            starts.append((at, facts.load(at) * step.total_seconds() / 60))
            at += step
    else:
        starts = [(None, facts.load(since) * (min(until, facts.now()) - since).total_seconds() / 60)]
    groups: list[tuple[dict[str, str], float]] = [({}, part)]
    for dimension in by:
        groups = [
            ({**keys, dimension: key}, share * own)
            for keys, share in groups
            for key, own in facts.shares(dimension).items()
        ]
    for start, calls in starts:
        for index, (keys, share) in enumerate(groups):
            if calls * share >= 0.5:
                seed = int((start or since).timestamp()) + index * 7
                rows.append(facts.usage_row(keys, start, calls=calls * share, seed=seed))
    return {"items": rows, "resolution": interval or "minute", "is_cut": False}


def problem(status: int, code: str, detail: str, errors: list[Json] | None = None) -> web.Response:
    """Answer with a problem document."""
    body = {
        "type": f"/docs/errors#{code}",
        "title": "Refused",
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": "req_000000000000000000000001",
        "errors": errors or [],
    }
    return web.Response(text=json.dumps(body), status=status, content_type="application/problem+json")


@contextmanager
def running(stand_in: StandIn, port: int = 0) -> Iterator[str]:
    """Serve on loopback in a thread of its own; yields the origin."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner = web.AppRunner(stand_in.application(), shutdown_timeout=0.2, handler_cancellation=True)
    asyncio.run_coroutine_threadsafe(_start(runner, port), loop).result(5)
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _start(runner: web.AppRunner, port: int) -> None:
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()


if __name__ == "__main__":
    with running(StandIn(is_fresh="--fresh" in sys.argv), 0) as origin:
        print(origin, flush=True)
        threading.Event().wait()
