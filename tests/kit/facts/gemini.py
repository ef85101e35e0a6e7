"""Gemini's generateContent, read with google-genai's own types (https://ai.google.dev/api/generate-content).

Its `promptTokenCount` includes cached content; thoughts and the results of its own tools are counted beside the
candidates and the prompt: `totalTokenCount` is the sum of prompt, candidates, tool-use prompt and thoughts.
"""

import json
from typing import Any

from google.genai import types

from kit.facts.answer import Answer, Call, Option, Use, events

STOPS = {
    "STOP": "end",
    "MAX_TOKENS": "length",
    "SAFETY": "filter",
    "RECITATION": "filter",
    "LANGUAGE": "filter",
    "BLOCKLIST": "filter",
    "PROHIBITED_CONTENT": "filter",
    "SPII": "filter",
    "IMAGE_SAFETY": "filter",
    "MODEL_ARMOR": "filter",
}


def read_answer(raw: bytes, *, is_strict: bool) -> Answer:
    """Read a whole answer; strictly, google-genai's own types must accept it."""
    return _answer([json.loads(raw)], is_strict=is_strict)


def read_stream(raw: bytes, *, is_strict: bool) -> Answer:
    """Read a stream; strictly, each event is acceptable and every candidate ends once."""
    bodies = [json.loads(data) for _, data in events(raw)]
    broken = [body["error"] for body in bodies if "error" in body]
    answer = _answer([body for body in bodies if "error" not in body], is_strict=is_strict)
    if broken:
        answer.error = broken[0].get("message") or "error"
    return answer


def _answer(bodies: list[dict[str, Any]], *, is_strict: bool) -> Answer:
    answer = Answer()
    options: dict[int, Option] = {}
    for body in bodies:
        if is_strict:
            types.GenerateContentResponse.model_validate(_without_tier(body))
        answer.id, answer.model = (
            answer.id or body.get("responseId") or "",
            answer.model or body.get("modelVersion") or "",
        )
        answer.use = _use(body.get("usageMetadata")) or answer.use
        for candidate in body.get("candidates") or ():
            option = options.setdefault(candidate.get("index") or 0, Option())
            _grow(option, candidate)
        if (body.get("promptFeedback") or {}).get("blockReason") and not options:
            options[0] = Option(stop="filter")
    for option in options.values():
        if option.stop == "end" and option.calls:
            option.stop = "tool"
    answer.options = [options[index] for index in sorted(options)]
    return answer


def _without_tier(body: dict[str, Any]) -> dict[str, Any]:
    """Return the answer without `serviceTier`, which Google sends and its client's types do not know."""
    usage = body.get("usageMetadata") or {}
    return body | {"usageMetadata": {name: value for name, value in usage.items() if name != "serviceTier"}}


def _grow(option: Option, candidate: dict[str, Any]) -> None:
    for part in (candidate.get("content") or {}).get("parts") or ():
        # Traces of Google's own tools are sealed too, and go to no caller of another dialect.
        if part.get("thoughtSignature") and ("text" in part or "functionCall" in part):
            option.signatures.append(part["thoughtSignature"])
        if "functionCall" in part:
            call = part["functionCall"]
            option.calls.append(Call(call.get("id") or "", call["name"], call.get("args") or {}))
        elif part.get("thought"):
            option.thinking += part.get("text") or ""
        else:
            option.text += part.get("text") or ""
    grounding = candidate.get("groundingMetadata") or {}
    found = [
        chunk.get("web") or chunk.get("retrievedContext") or {} for chunk in grounding.get("groundingChunks") or ()
    ]
    option.urls |= {source["uri"] for source in found if source.get("uri")}
    cited = candidate.get("citationMetadata") or {}
    option.urls |= {
        item["uri"] for item in cited.get("citations") or cited.get("citationSources") or () if item.get("uri")
    }
    for chosen in (candidate.get("logprobsResult") or {}).get("chosenCandidates") or ():
        option.logprobs.append((chosen.get("token") or "", round(chosen["logProbability"], 6)))
    reason = candidate.get("finishReason")
    if reason:
        option.stop = STOPS.get(reason, "error")


def _use(usage: dict[str, Any] | None) -> Use | None:
    if not usage or "promptTokenCount" not in usage:
        return None
    thoughts = usage.get("thoughtsTokenCount") or 0
    return Use(
        input=usage["promptTokenCount"] + (usage.get("toolUsePromptTokenCount") or 0),
        output=(usage.get("candidatesTokenCount") or 0) + thoughts,
        cached=usage.get("cachedContentTokenCount") or 0,
        reasoning=thoughts,
    )
