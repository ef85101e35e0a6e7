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
from pathlib import Path

from aiohttp import web

sys.path.insert(0, str(Path(__file__).resolve().parent))

import facts
from facts import Json
from figures import FigureReads
from home import HomeReads
from life import LifeReads, life_of, unused_of
from limits import NO_METERS, PLANS, LimitReads
from many import act_on_many
from notices import NoticeReads
from people import PeopleReads
from rights import RightsReads
from security import SecurityReads

UI = Path(__file__).resolve().parents[2] / "src" / "tollway" / "_ui"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
NEW_TOKEN = "NewT0kenAbCd"
NEW_SECRET = "9hJ2kLmN4pQrS6tUvWxYz8aBcDeF"


class StandIn(HomeReads, FigureReads, PeopleReads, NoticeReads, SecurityReads, RightsReads, LimitReads, LifeReads):
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
        # As the console does: the names of files under assets change with their content.
        kept = "public, max-age=31536000, immutable" if path.parent.name == "assets" else "no-store"
        return web.Response(body=path.read_bytes(), content_type=content_type, headers={"Cache-Control": kept})

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
            return web.json_response({"ok": True, "detail": "taken"} if rest else {"server": None, "waiting": 0})
        if kind == "webhooks":
            return web.json_response(self.act_on_webhook(rest, body))
        if kind == "limits":
            return web.json_response(self.change_limits(rest, body), headers={"ETag": self.etag})
        if kind == "alerts":
            return web.json_response(self.act_on_alerts(rest, body))
        if path == "tokens/revoke-all":
            return web.json_response({"revoked": 3})
        if kind == "token-jobs":
            return web.json_response(self.act_on_jobs(rest, body), status=201)
        if rest[:1] == ["acts"] and kind in ("users", "service-accounts"):
            return web.json_response(act_on_many(kind, body))
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
        if kind == "tokens" and rest[1:] == ["replace"]:
            return web.json_response(self.replace(rest[0], body), status=201)
        if kind == "security":
            return web.json_response({})
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

    def replace(self, token_id: str, body: Json) -> Json:
        """Make a token like another, which stays as it is unless it is to be revoked."""
        old = next(item for item in self.tokens if item["id"] == token_id)
        copied = {name: old[name] for name in ("name", "application_id", "models", "services", "limits")}
        if body["revoke"]:
            old["state"] = "revoked"
        return self.issue(copied)

    def act_on_token(self, rest: list[str], body: Json) -> Json:
        """Change a token's state or fields."""
        token = next(item for item in self.tokens if item["id"] == rest[0])
        if len(rest) == 1:
            token.update(body)
        else:
            token["state"] = {"disable": "disabled", "enable": "active", "revoke": "revoked"}[rest[1]]
        return token

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
        asyncio.run_coroutine_threadsafe(_stop(runner), loop).result(5)
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


async def _stop(runner: web.AppRunner) -> None:
    """End what is open, read or not, and then what a browser had just opened when that began: it may come late."""
    server = runner.server
    assert server is not None
    transports = _transports(server)
    await runner.cleanup()
    for _ in range(5):
        await asyncio.sleep(0.05)
        transports += _transports(server)
        await server.shutdown(0.1)
    for transport in transports:
        # A stream that nobody reads any more would be closed once it is written, which is never.
        transport.abort()
    await asyncio.sleep(0.01)


def _transports(server: web.Server) -> list[asyncio.Transport]:
    return [one.transport for one in server.connections if one.transport is not None]
