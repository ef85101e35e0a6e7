"""/healthz, /readyz and /metrics of the console port. Details are for this machine: loopback or the local socket."""

import ipaddress
from math import isfinite

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.responses import PlainTextResponse, Response

from tollway.kernel.errors import TollwayError
from tollway.web.asking import services_of
from tollway.web.identity import Scope, is_local, source_of
from tollway.web.ports import Stat

router = APIRouter(include_in_schema=False)

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_PREFIX = "tollway_"
_PROXIED = frozenset({b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via"})
"""A proxy in front, often on this machine, adds one of these: the request came from elsewhere."""


@router.get("/healthz")
async def show_health() -> Response:
    """Say that this process answers."""
    return PlainTextResponse("ok\n", headers={"cache-control": "no-store"})


@router.get("/readyz")
def show_readiness(request: Request) -> Response:
    """Say whether every part is ready; which is not, and why, on this machine only."""
    checks = services_of(request).readiness.checks()
    is_ready = all(check.is_ready for check in checks)
    body: dict[str, object] = {"ready": is_ready}
    if is_from_here(request.scope):
        body["checks"] = [{"name": one.name, "ready": one.is_ready, "detail": one.detail} for one in checks]
    return JSONResponse(body, status_code=200 if is_ready else 503, headers={"cache-control": "no-store"})


@router.get("/metrics")
def show_metrics(request: Request) -> Response:
    """Show counters and gauges in the OpenMetrics text format, on this machine only."""
    if not is_from_here(request.scope):
        raise TollwayError("management.forbidden", public="Metrics are shown on the gateway's own machine only.")
    text = write_openmetrics(list(services_of(request).stats.read()))
    return Response(text, media_type=OPENMETRICS, headers={"cache-control": "no-store"})


def is_from_here(scope: Scope) -> bool:
    """Return whether the request was made on this machine: by the local socket, or over loopback and by no proxy."""
    if is_local(scope):
        return True
    if any(name in _PROXIED for name, _ in scope["headers"]):
        return False
    try:
        return ipaddress.ip_address(source_of(scope)).is_loopback
    except ValueError:
        return False


def write_openmetrics(stats: list[Stat]) -> str:
    """Write numbers as OpenMetrics 1.0: families together, in order of their names; counters end in `_total`."""
    lines: list[str] = []
    family = ""
    for stat in sorted(stats, key=lambda one: (_family(one), one.labels)):
        if not isfinite(stat.value):
            continue
        name = _PREFIX + _family(stat)
        if name != family:
            family = name
            lines += [f"# TYPE {name} {stat.kind}", f"# HELP {name} {_escape(stat.help)}"]
        labels = ",".join(f'{key}="{_escape(value)}"' for key, value in stat.labels)
        sample = name + ("_total" if stat.kind == "counter" else "")
        lines.append(f"{sample}{{{labels}}} {stat.value}" if labels else f"{sample} {stat.value}")
    return "\n".join([*lines, "# EOF", ""])


def _family(stat: Stat) -> str:
    return stat.name.removesuffix("_total") if stat.kind == "counter" else stat.name


def _escape(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
