"""Usage as Gemini states it, read into our own counts and written again.

https://ai.google.dev/api/generate-content#UsageMetadata — `promptTokenCount` includes what was cached;
`toolUsePromptTokenCount` (results of the vendor's own tools) comes on top of it and is input;
`thoughtsTokenCount` comes on top of `candidatesTokenCount` and is output.
"""

import re
from typing import Any

from msgspec import structs

from tollway.contract.usage import Usage
from tollway.formats.gemini.fields import Fields

BYTES_PER_TOKEN = 4
"""Of English text in current vocabularies; used for estimates only."""

_TRAFFIC = {
    "ON_DEMAND": "on_demand",
    "ON_DEMAND_PRIORITY": "priority",
    "ON_DEMAND_FLEX": "flex",
    "ON_DEMAND_OFFPEAK": "offpeak",
    "PROVISIONED_THROUGHPUT": "provisioned_throughput",
}
"""Vertex states a kind of traffic instead of a tier: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference"""

_GENERATION = re.compile(r"gemini-(\d+)")
_TIERS_SHOWN = frozenset({"standard", "flex", "priority"})


def read_usage(raw: bytes) -> Usage | None:
    """Return the usage stated in a whole answer; None when there is none or it cannot be read."""
    answer = Fields.parse(raw)
    return None if answer is None else usage_of(answer)


def usage_of(answer: Fields) -> Usage | None:
    """Return the usage that an answer, or one event of a stream, states; None when it states none.

    Counts are cut to [0, 2^40] and details to their total, so that no statement can make a charge negative.
    """
    stated = answer.child("usageMetadata")
    if stated is None:
        return None
    if not any(name in stated for name in ("promptTokenCount", "candidatesTokenCount", "totalTokenCount")):
        return None
    thoughts = stated.count("thoughtsTokenCount")
    inputs = stated.count("promptTokenCount") + stated.count("toolUsePromptTokenCount")
    outputs = stated.count("candidatesTokenCount") + thoughts
    prompt, tools = _modalities(stated, "promptTokensDetails"), _modalities(stated, "toolUsePromptTokensDetails")
    cached, made = _modalities(stated, "cacheTokensDetails"), _modalities(stated, "candidatesTokensDetails")
    cached_inputs = min(stated.count("cachedContentTokenCount"), inputs)
    audio = min(prompt.get("AUDIO", 0) + tools.get("AUDIO", 0), inputs)
    images = min(prompt.get("IMAGE", 0) + tools.get("IMAGE", 0), inputs)
    return Usage(
        input_tokens=inputs,
        output_tokens=outputs,
        cached_input_tokens=cached_inputs,
        reasoning_tokens=thoughts,
        input_audio_tokens=audio,
        output_audio_tokens=min(made.get("AUDIO", 0), outputs - thoughts),
        web_searches=_searches(answer),
        cached_audio_tokens=min(cached.get("AUDIO", 0), cached_inputs, audio),
        input_image_tokens=images,
        cached_image_tokens=min(cached.get("IMAGE", 0), cached_inputs, images),
        output_image_tokens=min(made.get("IMAGE", 0), outputs - thoughts),
        input_video_tokens=min(prompt.get("VIDEO", 0) + tools.get("VIDEO", 0), inputs),
        output_video_tokens=min(made.get("VIDEO", 0), outputs - thoughts),
        tier=_tier(stated),
    )


def merge_usage(earlier: Usage | None, later: Usage | None) -> Usage | None:
    """Return the later statement of a stream, with the searches that only an earlier one named."""
    if earlier is None or later is None:
        return later or earlier
    if earlier.web_searches <= later.web_searches:
        return later
    return structs.replace(later, web_searches=earlier.web_searches)


def estimate_usage(raw: bytes, input_tokens_estimate: int) -> Usage:
    """Estimate what an answer without stated usage consumed, from the length of what was made."""
    answer = Fields.parse(raw)
    made = 0 if answer is None else text_bytes(answer)
    return Usage(input_tokens=input_tokens_estimate, output_tokens=-(-made // BYTES_PER_TOKEN), is_estimated=True)


def text_bytes(answer: Fields) -> int:
    """Return how many bytes of generated text and arguments an answer, or one event, carries."""
    total = 0
    for candidate in answer.children("candidates"):
        content = candidate.child("content")
        for part in content.children("parts") if content is not None else ():
            total += len(part.text("text").encode("utf-8", "surrogatepass"))
            call = part.child("functionCall")
            total += len(call.raw("args")) if call is not None else 0
    return total


def write_usage(usage: Usage) -> dict[str, Any]:
    """Return `usageMetadata`. Cache writes have no field of their own: they are in the prompt's count."""
    written: dict[str, Any] = {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": usage.output_tokens - usage.reasoning_tokens,
        "totalTokenCount": usage.input_tokens + usage.output_tokens,
    }
    if usage.cached_input_tokens:
        written["cachedContentTokenCount"] = usage.cached_input_tokens
    if usage.reasoning_tokens:
        written["thoughtsTokenCount"] = usage.reasoning_tokens
    prompt = (usage.input_audio_tokens, usage.input_image_tokens, usage.input_video_tokens)
    cached = (usage.cached_audio_tokens, usage.cached_image_tokens, 0)
    made = (usage.output_audio_tokens, usage.output_image_tokens, usage.output_video_tokens)
    written |= _details("promptTokensDetails", usage.input_tokens, prompt)
    written |= _details("cacheTokensDetails", usage.cached_input_tokens, cached)
    written |= _details("candidatesTokensDetails", usage.output_tokens - usage.reasoning_tokens, made)
    if usage.tier in _TIERS_SHOWN:
        written["serviceTier"] = usage.tier
    return written


def _details(name: str, total: int, media: tuple[int, int, int]) -> dict[str, Any]:
    """Return what a total is made of; {} where no vendor said that anything but text is in it."""
    if not any(media):
        return {}
    audio, image, video = media
    counts = {"TEXT": max(0, total - sum(media)), "AUDIO": audio, "IMAGE": image, "VIDEO": video}
    return {name: [{"modality": modality, "tokenCount": count} for modality, count in counts.items() if count]}


def _modalities(stated: Fields, name: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in stated.children(name):
        modality = item.text("modality")
        found[modality] = found.get(modality, 0) + item.count("tokenCount")
    return found


def _tier(stated: Fields) -> str:
    tier = stated.text("serviceTier").lower().removeprefix("service_tier_")
    if tier:
        return "" if tier == "unspecified" else tier
    return _TRAFFIC.get(stated.text("trafficType"), "")


def _searches(answer: Fields) -> int:
    """Return the billed searches: from Gemini 3 on each query, before it each grounded answer.

    https://ai.google.dev/gemini-api/docs/google-search#pricing
    """
    queries = 0
    for candidate in answer.children("candidates"):
        grounding = candidate.child("groundingMetadata")
        queries += sum(1 for query in grounding.texts("webSearchQueries") if query) if grounding is not None else 0
    generation = _GENERATION.search(answer.text("modelVersion"))
    is_per_answer = generation is not None and int(generation.group(1)) < 3
    return min(queries, 1) if is_per_answer else queries
