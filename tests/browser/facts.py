"""What the stand-in console answers: a small company's gateway, the same at every run but for the clock."""
# ruff: noqa: E501 - a canned answer reads best on one line

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]

MODELS = {
    "gpt-4o-mini": ("prov_openai", 0.15, 0.60, 0.44),
    "gpt-4o": ("prov_openai", 2.50, 10.00, 0.14),
    "claude-sonnet-4-5": ("prov_openrouter", 3.00, 15.00, 0.12),
    "llama-3.3-70b": ("prov_groq", 0.59, 0.79, 0.16),
    "text-embedding-3-small": ("prov_openai", 0.02, 0.0, 0.10),
    "house-model-2": ("prov_local", None, None, 0.04),
}
PROVIDERS = {
    "prov_openai": ("OpenAI", "openai", "https://api.openai.com/v1"),
    "prov_openrouter": ("OpenRouter", "openrouter", "https://openrouter.ai/api/v1"),
    "prov_groq": ("Groq", "groq", "https://api.groq.com/openai/v1"),
    "prov_local": ("Rack 4", "openai-compatible", "http://10.20.0.14:8000/v1"),
}
SERVICES = {
    "svc_orders": ("Orders", "/orders", "https://orders.internal.example"),
    "svc_search": ("Product search", "/search", "https://search.internal.example/v2"),
    "svc_weather": ("Weather", "/weather", "https://api.weather.example"),
}
APPLICATIONS = {"app_shop": "Web shop", "app_support": "Support assistant", "app_reports": "Reports"}
TOKENS = [
    ("4tKq9XbLm2Pz", "shop production", "app_shop", "active", 0.38),
    ("Zp81vQeR7sHn", "support assistant", "app_support", "active", 0.27),
    ("c0GyWd5uTaJ3", "nightly reports", "app_reports", "active", 0.16),
    ("R6nBf2kXoV9e", "Ana's laptop", None, "active", 0.09),
    ("hU3sLj8MwC1t", "load test", "app_shop", "disabled", 0.06),
    ("y7PaEi4DqN0b", "old search indexer", "app_shop", "revoked", 0.02),
    ("K2xTg6FzSr5v", "conference demo", None, "expired", 0.02),
]
REST: Json = {"zone": "UTC", "soft": False, "alert_percents": [80, 100], "models": [], "top_ups": []}
LIMITS: Json = {
    "requests": [
        {"name": "per minute", "requests": 120, "window_seconds": 60},
        {"name": "per day", "requests": 20000, "window_seconds": 86400},
    ],
    "concurrency": {"calls": 16},
    "budgets": [
        {
            "id": "bud_monthly",
            "name": "monthly",
            "limit_usd": "250",
            "limit_tokens": None,
            "period": "month",
            "window_seconds": 0,
            **REST,
        }
    ],
    "unbounded_output": None,
    "limits": [
        {
            "id": "lim_tokens",
            "name": "day",
            "measure": "total_tokens",
            "amount": 5_000_000,
            "amount_usd": None,
            "period": "day",
            "window_seconds": 0,
            **REST,
            "zone": "Europe/Paris",
            "soft": True,
        }
    ],
}
NO_LIMITS: Json = {"requests": [], "concurrency": None, "budgets": [], "unbounded_output": None, "limits": []}


def now() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


def text(instant: datetime) -> str:
    """Write an instant as the API does."""
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def before(**parts: float) -> str:
    """Return an instant so long ago."""
    return text(now() - timedelta(**parts))


def tokens() -> list[Json]:
    """Return the tokens, newest first."""
    made = []
    for index, (token_id, name, application, state, _share) in enumerate(TOKENS):
        made.append(
            {
                "id": token_id,
                "masked": f"tws_{token_id}…",
                "kind": "service",
                "name": name,
                "state": state,
                "application_id": application,
                "application_name": APPLICATIONS.get(application or ""),
                "team_id": "team_default",
                "environment": "live" if index != 4 else "test",
                "owner_id": None,
                "owner_name": None,
                "scopes": [{"permission": "usage.read", "reach": "team"}] if index == 1 else [],
                "models": ["gpt-4o-mini", "gpt-4o"] if index in (0, 4) else None,
                "services": ["svc_orders"] if index == 0 else None,
                "limits": LIMITS if index < 3 else NO_LIMITS,
                "created_at": before(days=40 - index),
                "created_by": "operator",
                "expires_at": None
                if index == 2
                else before(days=3)
                if state == "expired"
                else text(now() + timedelta(days=4 if index == 1 else 50)),
                "revoked_at": before(days=2) if state == "revoked" else None,
                "revoked_reason": "replaced" if state == "revoked" else None,
                "last_used_at": None if index == 3 else before(seconds=4 + index * 190),
                "first_used_at": None if index == 3 else before(days=39 - index),
                "last_address": "10.20.4.7",
                "last_agent": "OpenAI/Python 3.54.0",
                "calls_total": 0 if index == 3 else 120934 // (index + 1),
                "not_before": None,
                "idle_seconds": None,
                "idle_since": None,
                "may_rotate": False,
                "generation": 2 if index == 0 else 1,
                "is_rotating": index == 0,
                "is_compromised": False,
            }
        )
    return made


def meters() -> Json:
    """Return how full the limits are; moves with the clock."""
    second = int(now().timestamp())
    first = now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return {
        "requests": [
            {
                "name": "per minute",
                "limit": 120,
                "window_seconds": 60,
                "used": 60 + second % 50,
                "resets_in_seconds": 60 - second % 60,
            },
            {
                "name": "per day",
                "limit": 20000,
                "window_seconds": 86400,
                "used": 8123 + second % 100,
                "resets_in_seconds": 86400 - second % 86400,
            },
        ],
        "concurrency": {"limit": 16, "in_flight": second % 7},
        "budgets": [
            {
                "name": "monthly",
                "limit_usd": "250",
                "spent_usd": "212.480193",
                "reserved_usd": "0.41",
                "period": "month",
                "resets_at": text((first + timedelta(days=32)).replace(day=1)),
            }
        ],
        "every": [
            meter("requests", "calls", 120, 60 + second % 50, window_seconds=60, reset=60 - second % 60),
            meter("requests", "calls", 20000, 8123 + second % 100, window_seconds=86400, reset=3600),
            meter("cost", "usd", 250, 212.480193, period="month", budget=True, name="monthly", reserved=0.41),
            meter("concurrency", "calls", 16, second % 7),
            meter("total_tokens", "tokens", 5_000_000, 3_204_118, period="day", soft=True, zone="Europe/Paris"),
        ],
    }


def meter(measure: str, unit: str, amount: float, used: float, *, reset: int = 86_400 * 4, **more: Any) -> Json:
    """Return one limit with its use."""
    return {
        "id": f"lim_{measure}_{amount}",
        "name": "rpm",
        "measure": measure,
        "unit": unit,
        "amount": str(amount),
        "allowed": str(amount),
        "used": str(used),
        "window_seconds": 0,
        "period": None,
        "zone": "UTC",
        "budget": False,
        "soft": False,
        "models": [],
        "resets_at": text(now() + timedelta(seconds=reset)),
        **more,
        "reserved": str(more.get("reserved", 0)),
    }


def call(at: datetime, seed: int) -> Json:
    """Return one call; the same seed gives the same call."""
    pick = random.Random(seed)
    is_rest = pick.random() < 0.12
    model = "" if is_rest else pick.choices(list(MODELS), [row[3] for row in MODELS.values()])[0]
    token = pick.choices(TOKENS[:4], [row[4] for row in TOKENS[:4]])[0]
    kind = pick.choices(["ok", "limited", "bad", "failed", "truncated"], [92, 4, 2, 1.5, 0.5])[0]
    status = {"ok": 200, "limited": 429, "bad": 400, "failed": 502, "truncated": 200}[kind]
    code = {"limited": "limit.requests", "bad": "request.field_invalid", "failed": "upstream.timeout"}.get(kind, "")
    provider = MODELS[model][0] if model else ""
    service = pick.choice(list(SERVICES)) if is_rest else ""
    is_sent = kind in ("ok", "failed", "truncated")
    upstream = int(pick.lognormvariate(13.2, 0.6)) if is_sent else 0
    tokens_in = pick.randint(40, 3000) if model and is_sent else 0
    tokens_out = pick.randint(20, 700) if model and kind != "failed" and is_sent else 0
    price_in, price_out = MODELS[model][1:3] if model else (0.0, 0.0)
    cost = (
        None
        if price_in is None or price_out is None
        else f"{(tokens_in * price_in + tokens_out * price_out) / 1e6:.9f}"
    )
    overhead = pick.randint(160, 420)
    attempts = []
    if is_sent and not is_rest:
        if kind == "failed" or pick.random() < 0.06:
            attempts.append(_attempt(provider, model, 290, upstream // 3, 503, "upstream.unreachable"))
            attempts.append(
                _attempt(provider, model, 300 + upstream // 3, upstream * 2 // 3, 0 if kind == "failed" else 200, code)
            )
        else:
            attempts.append(_attempt(provider, model, 290, upstream, 200, ""))
    return {
        "request_id": f"req_{seed:024d}",
        "started_at": text(at),
        "duration_us": upstream + overhead,
        "method": "GET" if is_rest and seed % 2 else "POST",
        "route": SERVICES[service][0]
        if service
        else "/v1/embeddings"
        if "embedding" in model
        else "/v1/chat/completions",
        "operation": "http" if is_rest else "embeddings" if "embedding" in model else "chat",
        "status": status,
        "outcome": {"limited": "refused", "bad": "refused", "failed": "failed", "truncated": "truncated"}.get(
            kind, "ok"
        ),
        "code": code,
        "token_id": token[0],
        "token_name": token[1],
        "application_id": token[2] or "",
        "application_name": APPLICATIONS.get(token[2] or ""),
        "team_id": "team_default",
        "team_name": "Default",
        "environment": "live",
        "service_id": service,
        "service_name": SERVICES[service][0] if service else None,
        "model": model,
        "provider_id": provider,
        "provider_name": PROVIDERS[provider][0] if provider else None,
        "upstream_model": model,
        "is_stream": pick.random() < 0.5,
        "was_opened": is_sent,
        "first_byte_us": upstream // 2 if is_sent else overhead,
        "upstream_us": upstream,
        "overhead_us": overhead,
        "stages_us": {
            "authenticate": 41,
            "body": 22,
            "resolve": 18,
            "admit": 60,
            "upstream": upstream // 2,
            "respond": upstream - upstream // 2 + 90,
        },
        "request_bytes": 260 + tokens_in * 4,
        "response_bytes": 900 + tokens_out * 4,
        "usage": {
            "input_tokens": tokens_in,
            "output_tokens": tokens_out,
            "cached_input_tokens": tokens_in // 3,
            "cache_write_tokens": 0,
            "reasoning_tokens": 0,
            "input_audio_tokens": 0,
            "output_audio_tokens": 0,
            "web_searches": 0,
            "is_estimated": kind == "truncated",
        },
        "cost_usd": cost,
        "price_source": "genai-prices" if cost else "",
        "charges": [],
        "attempts": attempts,
        "client_address": "10.20.4.7",
        "client_agent": "OpenAI/Python 3.54.0",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    }


def _attempt(provider: str, model: str, started: int, duration: int, status: int, code: str) -> Json:
    return {
        "provider_id": provider,
        "provider_name": PROVIDERS[provider][0],
        "upstream_model": model,
        "key_id": "key_1",
        "started_us": started,
        "duration_us": duration,
        "status": status,
        "code": code,
        "upstream_request_id": "req_up_7Yt2",
    }


def usage_row(keys: dict[str, str], start: datetime | None, *, calls: float, seed: int) -> Json:
    """Return one group's sums over `calls` calls."""
    pick = random.Random(seed)
    total = max(1, round(calls))
    limited = round(total * 0.03 * pick.random() * 2)
    model = keys.get("model", "gpt-4o-mini")
    _provider, price_in, price_out, _share = MODELS.get(model, ("", 0.6, 2.0, 0))
    tokens_in, tokens_out = total * 820, total * 210
    jitter = 0.85 + 0.3 * pick.random()
    return {
        "keys": keys,
        "labels": {name: label(name, key) for name, key in keys.items()},
        "start": text(start) if start else None,
        "calls": total,
        "refused": limited,
        "client_errors": limited + round(total * 0.012),
        "server_errors": round(total * 0.02 * pick.random()),
        "limited": limited,
        "input_tokens": tokens_in,
        "output_tokens": tokens_out,
        "cached_input_tokens": tokens_in // 3,
        "cost_usd": f"{0 if price_in is None or price_out is None else (tokens_in * price_in + tokens_out * price_out) / 1e6:.9f}",
        "unpriced_calls": total if price_in is None else 0,
        "estimated_calls": 0,
        "duration_p50_ms": 430 * jitter,
        "duration_p95_ms": 1310 * jitter,
        "duration_p99_ms": 2480 * jitter,
        "first_byte_p50_ms": 210 * jitter,
        "first_byte_p95_ms": 540 * jitter,
        "overhead_p50_ms": 0.21 * jitter,
        "overhead_p95_ms": 0.38 * jitter,
    }


def shares(dimension: str) -> dict[str, float]:
    """Return the keys of a dimension with their part of all calls."""
    if dimension == "model":
        return {name: row[3] for name, row in MODELS.items()}
    if dimension == "provider":
        return {"prov_openai": 0.68, "prov_groq": 0.16, "prov_openrouter": 0.12, "prov_local": 0.04}
    if dimension == "service":
        return {"svc_orders": 0.5, "svc_search": 0.35, "svc_weather": 0.15}
    if dimension == "token":
        return {row[0]: row[4] for row in TOKENS}
    if dimension == "application":
        return {"app_shop": 0.46, "app_support": 0.27, "app_reports": 0.16, "": 0.11}
    if dimension == "outcome":
        return {"ok": 0.94, "refused": 0.04, "failed": 0.015, "truncated": 0.005}
    if dimension == "status":
        return {"200": 0.94, "429": 0.035, "400": 0.01, "502": 0.015}
    return {"": 1.0}


def label(dimension: str, key: str) -> str:
    """Return the name shown for a key."""
    if dimension == "provider":
        return PROVIDERS[key][0] if key in PROVIDERS else key
    if dimension == "service":
        return SERVICES[key][0] if key in SERVICES else key
    if dimension == "token":
        return next((row[1] for row in TOKENS if row[0] == key), key)
    if dimension == "application":
        return APPLICATIONS.get(key, key)
    return key


def load(at: datetime) -> float:
    """Return calls a minute at an instant: a working day's curve with some noise."""
    minute = at.timestamp() / 60
    day = 0.55 + 0.45 * math.sin((minute % 1440) / 1440 * 2 * math.pi - 1.7)
    return 90 * day * (0.8 + 0.4 * random.Random(int(minute)).random())
