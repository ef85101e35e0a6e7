"""Usage as Gemini states it, read into our own counts and written again.

https://ai.google.dev/api/generate-content#UsageMetadata — `promptTokenCount` includes what was cached;
`toolUsePromptTokenCount` (results of the vendor's own tools) comes on top of it and is input;
`thoughtsTokenCount` comes on top of `candidatesTokenCount` and is output.
"""

import re
from typing import Any

import msgspec
from msgspec import structs

from tollway.contract.usage import BYTES_PER_TOKEN, Usage
from tollway.formats.gemini.fields import Fields
from tollway.formats.lenient import COUNT_MAX

_TRAFFIC = {
    "ON_DEMAND": "on_demand",
    "ON_DEMAND_PRIORITY": "priority",
    "ON_DEMAND_FLEX": "flex",
    "ON_DEMAND_OFFPEAK": "offpeak",
    "PROVISIONED_THROUGHPUT": "provisioned_throughput",
}
"""Vertex states a kind of traffic instead of a tier: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference"""

_SEARCHED = re.compile(rb'"web_?[sS]earch_?[qQ]ueries"')
_GENERATION = re.compile(r"gemini-(\d+)")
_TIERS_SHOWN = frozenset({"standard", "flex", "priority"})


class _Modality(msgspec.Struct, gc=False, rename="camel"):
    modality: str = ""
    token_count: int = 0


class _Stated(msgspec.Struct, rename="camel"):
    """`usageMetadata` as it is stated."""

    prompt_token_count: int = 0
    cached_content_token_count: int = 0
    candidates_token_count: int = 0
    tool_use_prompt_token_count: int = 0
    thoughts_token_count: int = 0
    prompt_tokens_details: list[_Modality] = []
    cache_tokens_details: list[_Modality] = []
    candidates_tokens_details: list[_Modality] = []
    tool_use_prompt_tokens_details: list[_Modality] = []
    service_tier: str = ""
    traffic_type: str = ""


_decode_stated = msgspec.json.Decoder(_Stated).decode


def read_usage(raw: bytes) -> Usage | None:
    """Return the usage stated in a whole answer; None when there is none or it cannot be read."""
    answer = Fields.parse(raw)
    return None if answer is None else usage_of(answer)


def usage_of(answer: Fields) -> Usage | None:
    """Return the usage that an answer, or one event of a stream, states; None when it states none."""
    usage = plain_usage(answer.raw("usageMetadata"))
    if usage is None or not _SEARCHED.search(answer.raw("candidates")):
        return usage
    return structs.replace(usage, web_searches=_searches(answer))


def plain_usage(raw: bytes | msgspec.Raw) -> Usage | None:
    """Return the usage that `usageMetadata` states, of an answer without searches; None when it states none.

    Counts are cut to [0, 2^40] and details to their total, so that no statement can make a charge negative.
    """
    stated = _find_stated(raw) or _read_stated(raw)
    if stated is None:
        return None
    thoughts, made_tokens = _cut(stated.thoughts_token_count), _cut(stated.candidates_token_count)
    inputs = _cut(stated.prompt_token_count) + _cut(stated.tool_use_prompt_token_count)
    prompt = _modalities(stated.prompt_tokens_details, stated.tool_use_prompt_tokens_details)
    cached, made = _modalities(stated.cache_tokens_details), _modalities(stated.candidates_tokens_details)
    cached_inputs = min(_cut(stated.cached_content_token_count), inputs)
    audio, images = min(prompt.get("AUDIO", 0), inputs), min(prompt.get("IMAGE", 0), inputs)
    return Usage(
        input_tokens=inputs,
        output_tokens=made_tokens + thoughts,
        cached_input_tokens=cached_inputs,
        reasoning_tokens=thoughts,
        input_audio_tokens=audio,
        output_audio_tokens=min(made.get("AUDIO", 0), made_tokens),
        cached_audio_tokens=min(cached.get("AUDIO", 0), cached_inputs, audio),
        input_image_tokens=images,
        cached_image_tokens=min(cached.get("IMAGE", 0), cached_inputs, images),
        output_image_tokens=min(made.get("IMAGE", 0), made_tokens),
        input_video_tokens=min(prompt.get("VIDEO", 0), inputs),
        output_video_tokens=min(made.get("VIDEO", 0), made_tokens),
        tier=_tier(stated.service_tier, stated.traffic_type),
    )


def _find_stated(raw: bytes | msgspec.Raw) -> _Stated | None:
    """Return a statement that is written as Google writes it, in one step; what is unusual is left to the next."""
    try:
        stated = _decode_stated(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return stated if stated.prompt_token_count or stated.candidates_token_count else None


def _read_stated(raw: bytes | msgspec.Raw) -> _Stated | None:
    """Return a statement in either spelling, with numbers as strings, and without what is none."""
    stated = Fields.parse(raw)
    if stated is None:
        return None
    if not any(name in stated for name in ("promptTokenCount", "candidatesTokenCount", "totalTokenCount")):
        return None
    return _Stated(
        prompt_token_count=stated.count("promptTokenCount"),
        cached_content_token_count=stated.count("cachedContentTokenCount"),
        candidates_token_count=stated.count("candidatesTokenCount"),
        tool_use_prompt_token_count=stated.count("toolUsePromptTokenCount"),
        thoughts_token_count=stated.count("thoughtsTokenCount"),
        prompt_tokens_details=_details_of(stated, "promptTokensDetails"),
        cache_tokens_details=_details_of(stated, "cacheTokensDetails"),
        candidates_tokens_details=_details_of(stated, "candidatesTokensDetails"),
        tool_use_prompt_tokens_details=_details_of(stated, "toolUsePromptTokensDetails"),
        service_tier=stated.text("serviceTier"),
        traffic_type=stated.text("trafficType"),
    )


def _details_of(stated: Fields, name: str) -> list[_Modality]:
    return [_Modality(item.text("modality"), item.count("tokenCount")) for item in stated.children(name)]


def _cut(count: int) -> int:
    return min(count, COUNT_MAX) if count > 0 else 0


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


def _modalities(*details: list[_Modality]) -> dict[str, int]:
    found: dict[str, int] = {}
    for entries in details:
        for entry in entries:
            found[entry.modality] = found.get(entry.modality, 0) + _cut(entry.token_count)
    return found


def _tier(service_tier: str, traffic_type: str) -> str:
    tier = service_tier.lower().removeprefix("service_tier_")
    if tier:
        return "" if tier == "unspecified" else tier
    return _TRAFFIC.get(traffic_type, "")


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
