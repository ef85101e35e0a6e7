"""What a recorded answer costs by `genai-prices` used directly: its own reading of usage, its own sum.

Where the package has no reader for a vendor's form, the counts that kit.facts found are summed by it.
"""

import json
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
USUAL = {None, "", "default", "standard", "on_demand", "auto"}


def expected_usd(recording: Recording, answer: Answer) -> Decimal | None:
    """Return the price in USD, exactly; None when the package has none for this model or tier."""
    assert recording.rule is not None
    provider = {"vertex": "google"}.get(recording.provider, recording.provider)
    flavor = FLAVORS.get((provider, recording.rule.dialect))
    body = whole(recording)
    usage: Any = None
    if flavor is not None:
        try:
            usage = genai_prices.extract_usage(body, provider_id=provider, api_flavor=flavor).usage
        except (LookupError, ValueError):
            return None
    elif answer.use is not None:
        use = answer.use
        usage = Usage(
            input_tokens=use.input, cache_read_tokens=use.cached, cache_write_tokens=use.cache_write,
            output_tokens=use.output, output_reasoning_tokens=use.reasoning,
        )  # fmt: skip
    tier = body.get("service_tier") or (body.get("usage") or {}).get("service_tier")
    tier = tier or (body.get("usageMetadata") or {}).get("serviceTier")
    context = None if tier in USUAL else {"service_tier": tier}
    try:
        found = genai_prices.calc_price(
            usage, model_of(recording), provider_id=provider, genai_request_timestamp=datetime.now(UTC),
            price_context=context,
        )  # fmt: skip
    except (LookupError, ValueError):
        return None
    return found.total_price


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
