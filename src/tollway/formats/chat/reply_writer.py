"""Writing whole answers for callers of Chat Completions.

https://platform.openai.com/docs/api-reference/chat/object — OpenAI's chat shows no thinking; it is written as its many
speakers do, in `reasoning_content`, and with its seals in `reasoning_details`, so that callers can hand it back.
Pictures that a model made are written as OpenRouter does, in `images`.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from tollway.formats import hub
from tollway.formats.chat.media import write_address
from tollway.formats.chat.seal import write_call_seal
from tollway.formats.chat.thinking import write_details
from tollway.formats.chat.usage import write_usage
from tollway.formats.dialect import Shown

Object = dict[str, Any]

_TIERS = {"standard": "default", "on_demand": "default"} | {
    tier: tier for tier in ("auto", "default", "flex", "scale", "priority", "fast")
}
"""All that OpenAI's clients know; other vendors' tiers are left out."""


def write_reply(reply: hub.Reply, shown: Shown) -> bytes:
    """Write a whole answer."""
    answer = envelope(reply.id, reply.created_seconds, shown) | {"object": "chat.completion"}
    answer["choices"] = [_choice(choice, index) for index, choice in enumerate(reply.choices)]
    if reply.usage is not None:
        answer["usage"] = write_usage(reply.usage)
    tier = write_tier(reply.service_tier or (reply.usage.tier if reply.usage is not None else ""))
    if tier is not None:
        answer["service_tier"] = tier
    return msgspec.json.encode(answer)


def envelope(reply_id: str, created_seconds: int | None, shown: Shown) -> Object:
    """Return the fields that an answer and each event of a stream begin with."""
    return {
        "id": reply_id or f"chatcmpl-{shown.request_id}",
        "object": "chat.completion.chunk",
        "created": created_seconds or shown.created_seconds,
        "model": shown.model,
    }


def write_tier(tier: str) -> str | None:
    """Return the service tier as OpenAI's clients know it, None for none."""
    return _TIERS.get(tier)


def write_stop(stop: hub.StopReason | None, *, has_calls: bool, has_refusal: bool) -> str:
    """Return the finish reason. A whole answer must have one, also where the vendor gave none."""
    match stop:
        case "length" | "pause":  # What is to be continued is not done, and OpenAI has no other word for it.
            return "length"
        case "content_filter":
            return "content_filter"
        case "refusal":
            return "stop" if has_refusal else "content_filter"
        case "tool_calls":
            return "tool_calls" if has_calls else "stop"
    return "tool_calls" if has_calls else "stop"


def write_logprobs(logprobs: Iterable[hub.TokenLogprob], *, is_refusal: bool = False) -> Object:
    """Return `logprobs`; those of a refusal have a place of their own."""
    written = [_logprob(item) | {"top_logprobs": [_logprob(other) for other in item.top]} for item in logprobs]
    return {"content": None, "refusal": written} if is_refusal else {"content": written, "refusal": None}


def write_citation(citation: hub.Citation) -> Object:
    """Return one of `annotations`, which are of addresses alone; OpenAI's clients want all fields."""
    cited: Object = {
        "url": citation.url,
        "title": citation.title or "",
        "start_index": citation.start or 0,
        "end_index": citation.end or 0,
    }
    return {"type": "url_citation", "url_citation": cited | ({"content": citation.quote} if citation.quote else {})}


def write_call(call: hub.ToolCall) -> Object:
    """Return one of `tool_calls`."""
    function = {"name": call.name, "arguments": call.arguments or "{}"}
    written: Object = {"id": call.id, "type": "function", "function": function}
    if call.signature is not None:
        written["extra_content"] = write_call_seal(call.signature)
    return written


def _choice(choice: hub.Choice, index: int) -> Object:
    texts = [part for part in choice.parts if isinstance(part, hub.Text)]
    refusals = [part.text for part in choice.parts if isinstance(part, hub.Refusal)]
    thoughts = [part for part in choice.parts if isinstance(part, hub.Thinking)]
    calls = [write_call(part) for part in choice.parts if isinstance(part, hub.ToolCall)]
    message: Object = {
        "role": "assistant",
        "content": "".join(text.text for text in texts) if texts else None,
        "refusal": "".join(refusals) if refusals else None,
    }
    message |= _thinking(thoughts)
    if annotations := _annotations(texts):
        message["annotations"] = annotations
    if images := [_image(part.source) for part in choice.parts if isinstance(part, hub.Image)]:
        message["images"] = images
    if calls:
        message["tool_calls"] = calls
    return {
        "index": index,
        "message": message,
        "logprobs": _all_logprobs(choice, has_refusal=bool(refusals)),
        "finish_reason": write_stop(choice.stop, has_calls=bool(calls), has_refusal=bool(refusals)),
    }


def _thinking(thoughts: list[hub.Thinking]) -> Object:
    if not thoughts:
        return {}
    text = "\n\n".join(thought.text for thought in thoughts if thought.text)
    plain = {"reasoning_content": text} if text else {}
    is_plain = len(thoughts) == 1 and thoughts[0].signature is None and thoughts[0].id is None
    return plain if is_plain else plain | {"reasoning_details": write_details(thoughts)}


def _annotations(texts: list[hub.Text]) -> list[Object]:
    """Return the citations of all texts, whose places count from the first one's beginning.

    Annotations lead to addresses: what is cited from a document is in none.
    """
    found: list[Object] = []
    before = 0
    for text in texts:
        for citation in text.citations:
            if citation.url is None:
                continue
            start, end = citation.start, citation.end
            if start is not None and end is not None:
                citation = msgspec.structs.replace(citation, start=start + before, end=end + before)
            found.append(write_citation(citation))
        before += len(text.text)
    return found


def _all_logprobs(choice: hub.Choice, *, has_refusal: bool) -> Object | None:
    if not choice.logprobs:
        return None
    has_text = any(isinstance(part, hub.Text) and part.text for part in choice.parts)
    return write_logprobs(choice.logprobs, is_refusal=has_refusal and not has_text)


def _logprob(item: hub.TokenLogprob) -> Object:
    return {"token": item.token, "logprob": item.logprob, "bytes": item.bytes}


def _image(source: hub.Source) -> Object:
    url = write_address(source) if isinstance(source, hub.Base64 | hub.Link) else ""
    return {"type": "image_url", "image_url": {"url": url}}
