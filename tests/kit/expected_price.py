"""What a recorded answer costs by `genai-prices` used directly: its own reading of usage, its own sum.

Where the package has no reader for a vendor's form, the counts that kit.facts found are summed by it.
"""

import json
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import genai_prices
from genai_prices.types import Usage

from kit.facts.answer import Answer, events
from kit.recordings import Recording

FLAVORS = {
    ("openai", "chat"): "chat",
    ("openai", "responses"): "responses",
    ("azure", "chat"): "chat",
    ("anthropic", "messages"): "default",
    ("google", "gemini"): "default",
    ("google", "chat"): "chat",
    ("groq", "chat"): "default",
    ("mistral", "chat"): "default",
    ("deepseek", "chat"): "chat",
    ("openrouter", "chat"): "chat",
    ("cerebras", "chat"): "chat",
    ("zai", "chat"): "chat",
}
PRICES = {
    "web_searches": "web_searches_kcount",
    "storage_searches": "storage_searches_kcount",
    "code_executions": "code_executions_kcount",
}
USUAL = {None, "", "default", "standard", "on_demand", "auto"}


def expected_usd(recording: Recording, answer: Answer) -> Decimal | None:
    """Return the price in USD, exactly; None when the package has none for the model, the tier or a tool it used."""
    assert recording.rule is not None
    provider = {"vertex": "google"}.get(recording.provider, recording.provider)
    body = whole(recording)
    usage = _usage(recording, provider, body, answer)
    if usage is None or recording.rule.kind == "openai-compatible":
        return None
    tools = _tools(recording, body)
    for name, count in tools.items():
        setattr(usage, name, count)
    try:
        found = genai_prices.calc_price(
            usage, model_of(recording), provider_id=provider, genai_request_timestamp=datetime.now(UTC),
            price_context=_context(body),
        )  # fmt: skip
    except (LookupError, ValueError):
        return None
    # The package falls back on OpenAI's list for Azure's models; the gateway takes nobody else's list.
    if found.model.id not in {model.id for model in found.provider.models}:
        return None
    prices = found.model_price
    if prices.input_mtok is None or any(
        count and not getattr(prices, PRICES[name], None) for name, count in tools.items()
    ):
        return None
    return found.total_price


def _usage(recording: Recording, provider: str, body: dict[str, Any], answer: Answer) -> Any:
    """Return the counts as the package reads them, or as they are documented where it has no reader for them."""
    assert recording.rule is not None
    flavor = FLAVORS.get((provider, recording.rule.dialect))
    if answer.use is None:
        return None
    # Mistral says `num_cached_tokens`, which cost a tenth; the package does not look for it yet
    # (https://docs.mistral.ai/studio-api/conversations/advanced/prompt-caching).
    if flavor is None or "num_cached_tokens" in (body.get("usage") or {}):
        use = answer.use
        return Usage(
            input_tokens=use.input, cache_read_tokens=use.cached, cache_write_tokens=use.cache_write,
            output_tokens=use.output, output_reasoning_tokens=use.reasoning,
        )  # fmt: skip
    name = model_of(recording)
    try:
        named = body | ({"modelVersion": name} if "modelVersion" in body else {"model": name})
        return genai_prices.extract_usage(named, provider_id=provider, api_flavor=flavor).usage
    except (LookupError, ValueError):
        return None


def _tools(recording: Recording, body: dict[str, Any]) -> dict[str, int]:
    """Count the calls of a vendor's own tools that it bills, beside those that its usage states.

    OpenAI bills each search action and each file search (https://platform.openai.com/docs/pricing#built-in-tools),
    Gemini 2 a grounded answer and Gemini 3 each query (https://ai.google.dev/gemini-api/docs/pricing), OpenRouter
    what it counts.
    """
    items = body.get("output") or ()
    counts = Counter(item["type"] for item in items if (item.get("action") or {}).get("type", "search") == "search")
    found = {
        "web_searches": counts["web_search_call"],
        "storage_searches": counts["file_search_call"],
        "code_executions": counts["code_interpreter_call"],
    }
    for candidate in body.get("candidates") or ():
        queries = (candidate.get("groundingMetadata") or {}).get("webSearchQueries") or ()
        is_by_query = model_of(recording).startswith("gemini-3")
        found["web_searches"] += len(queries) if is_by_query else bool(queries)
    stated = (body.get("usage") or {}).get("server_tool_use_details") or {}
    found["web_searches"] += stated.get("web_search_requests") or 0
    return {name: count for name, count in found.items() if count}


def _context(body: dict[str, Any]) -> dict[str, str] | None:
    tier = body.get("service_tier") or (body.get("usage") or {}).get("service_tier")
    tier = tier or (body.get("usageMetadata") or {}).get("serviceTier")
    return None if tier in USUAL else {"service_tier": tier}


def model_of(recording: Recording) -> str:
    """Return the model that was asked for."""
    if recording.rule is not None and recording.rule.dialect == "gemini":
        return recording.path.rpartition("/")[2].partition(":")[0]
    return str(recording.request["model"])


def whole(recording: Recording) -> dict[str, Any]:
    """Return the answer's body; of a stream what says the usage, as in a whole answer."""
    if not recording.is_stream:
        return dict(recording.response)
    bodies = [json.loads(data) for _, data in events(recording.answer) if data != "[DONE]"]
    found: dict[str, Any] = {}
    for body in bodies:
        inner = body.get("message") or body.get("response") or body
        usage = inner.get("usage") or (inner.get("x_groq") or {}).get("usage")
        stated = {name: value for name, value in (usage or {}).items() if value is not None}
        if recording.rule is not None and recording.rule.dialect == "messages":
            found = {**inner, **found, "usage": {**found.get("usage", {}), **stated}}
        elif usage or inner.get("usageMetadata"):
            found = {**found, **inner}
    return found
