"""Builds the console's application from its services: layers outside in, then routes.

Envelope (headers, problems) > host > body limit > refusals (audit) > guard (who, CSRF) > idempotency > routes.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from fastapi import FastAPI
from starlette.middleware import Middleware

from tollway.web import problems
from tollway.web.bodies import BodyLimit
from tollway.web.collecting import router as collecting
from tollway.web.dashboard import mount_files
from tollway.web.dashboard import router as dashboard
from tollway.web.envelope import Envelope
from tollway.web.guard import Guard
from tollway.web.health import router as health
from tollway.web.hosts import HostCheck
from tollway.web.idempotency import Idempotency
from tollway.web.leak_reports import router as leak_reports
from tollway.web.live import LiveFeed
from tollway.web.openapi import build_document
from tollway.web.pages import router as pages
from tollway.web.placing import placed_routes, serve
from tollway.web.refusals import Refusals
from tollway.web.routers import PREFIX
from tollway.web.services import ConsoleServices


def build_console_app(services: ConsoleServices) -> FastAPI:
    """Return the console's application. Nothing is opened; the lifespan ends the live streams."""
    app = FastAPI(
        title="Tollway",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        middleware=[
            Middleware(Envelope, clock=services.clock, is_behind_tls=services.is_behind_tls),
            Middleware(HostCheck, hosts=services.hosts),
            Middleware(BodyLimit),
            Middleware(Refusals, audit=services.audit, clock=services.clock),
            Middleware(Guard, sessions=services.sessions, roles=services.roles, bearers=services.bearers),
            Middleware(Idempotency, keys=services.idempotency, clock=services.clock),
        ],
    )
    app.state.services = services
    app.state.live = LiveFeed(services.live, services.usage.names)
    problems.install(app)
    app.router.routes.extend(placed_routes())
    for router in (health, pages, leak_reports, collecting):
        serve(app, router)
    mount_files(app, services.ui)
    serve(app, dashboard)
    app.openapi = cache(build_document)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    live = app.state.live
    assert isinstance(live, LiveFeed)
    await live.close()
