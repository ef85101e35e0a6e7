"""Usage as OpenAI-compatible providers state it, read into our own counts, and written in OpenAI's shape.

One lenient shape serves them all; the differences are fields that only some send:
OpenAI https://platform.openai.com/docs/api-reference/chat/object · DeepSeek `prompt_cache_hit_tokens`
https://api-docs.deepseek.com/api/create-chat-completion · Mistral `num_cached_tokens` · Together `cached_tokens` ·
OpenRouter `server_tool_use_details` https://openrouter.ai/docs/use-cases/usage-accounting · Groq `x_groq.usage`.
Google's compatible endpoint and xAI leave thinking out of `completion_tokens` and have it in `total_tokens` only
(https://ai.google.dev/gemini-api/docs/openai, https://docs.x.ai/docs/guides/reasoning): what is in the total and not
in the prompt is output.
"""

from typing import Annotated, Any, Literal

import msgspec

from tollway.contract.usage import Usage
from tollway.formats.lenient import Fields

Count = int | float | None
COUNT_MAX = 2**40
"""More than any call can consume; larger statements are nonsense and are cut to it."""


class InputDetails(msgspec.Struct, gc=False):
    """`prompt_tokens_details`."""

    cached_tokens: Count = None
    cache_write_tokens: Count = None
    audio_tokens: Count = None
    image_tokens: Count = None
    video_tokens: Count = None


class OutputDetails(msgspec.Struct, gc=False):
    """`completion_tokens_details`."""

    reasoning_tokens: Count = None
    audio_tokens: Count = None
    image_tokens: Count = None


class ServerTools(msgspec.Struct, gc=False):
    """`server_tool_use_details`."""

    web_search_requests: Count = None


class StatedUsage(msgspec.Struct, gc=False):
    """The `usage` object of an answer or of a stream's last event."""

    prompt_tokens: Count = None
    completion_tokens: Count = None
    total_tokens: Count = None
    prompt_tokens_details: InputDetails | None = None
    completion_tokens_details: OutputDetails | None = None
    prompt_cache_hit_tokens: Count = None
    num_cached_tokens: Count = None
    cached_tokens: Count = None
    server_tool_use_details: ServerTools | None = None
    service_tier: str | None = None


class WithUsage(msgspec.Struct, gc=False):
    """The part of any answer that states usage."""

    usage: StatedUsage | None = None
    service_tier: str | None = None


Plain = Annotated[int, msgspec.Meta(ge=0, le=COUNT_MAX)]


class PlainInput(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """`prompt_tokens_details` of nearly all answers."""

    cached_tokens: Plain = 0
    audio_tokens: Literal[0] = 0


class PlainOutput(msgspec.Struct, gc=False):
    """`completion_tokens_details` of nearly all answers."""

    reasoning_tokens: Plain = 0
    audio_tokens: Literal[0] = 0
    image_tokens: Literal[0] = 0


class PlainUsage(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A `usage` object of OpenAI's own fields, whose counts need no care one by one."""

    prompt_tokens: Plain
    completion_tokens: Plain
    total_tokens: Plain
    prompt_tokens_details: PlainInput | None = None
    completion_tokens_details: PlainOutput | None = None


class WithPlainUsage(msgspec.Struct, gc=False):
    """The part of nearly any answer that states usage."""

    usage: PlainUsage
    service_tier: str | None = None


_decode_plain = msgspec.json.Decoder(WithPlainUsage).decode
_with_usage = msgspec.json.Decoder(WithUsage)
_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens", "prompt_cache_hit_tokens", "num_cached_tokens")
_NO_INPUT, _NO_OUTPUT = InputDetails(), OutputDetails()
_UNSTATED_TIERS = frozenset({"", "auto", "provisioned"})
"""`provisioned` is OpenRouter's word for how Google serves a call: it costs as usual (its own `usage.cost` says so)."""


def read_usage(answer: bytes) -> Usage | None:
    """Return the usage stated in a whole answer; None when there is none or it cannot be read.

    It is nearly always among the last fields, so that all before it need not be read: from the last key of that name
    on an object is read that ends where the answer does, or it was a key of another object and everything is read.
    """
    at = answer.rfind(b'"usage"')
    if at < 0 or answer.find(b'"service_tier"', 0, at) >= 0:
        return _read_any(answer)
    try:
        usual = _decode_plain(b"{" + answer[at:])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _read_any(answer)
    return _plain(usual.usage, usual.service_tier) or _read_any(answer)


def _plain(stated: PlainUsage, tier: str | None) -> Usage | None:
    """Return what a statement of the usual kind says, as `to_usage` does; None when it takes more to read it."""
    inputs, outputs = stated.prompt_tokens, stated.completion_tokens
    details, more = stated.prompt_tokens_details, stated.completion_tokens_details
    cached = 0 if details is None else details.cached_tokens
    reasoning = 0 if more is None else more.reasoning_tokens
    if cached > inputs or reasoning > outputs or stated.total_tokens > inputs + outputs:
        return None
    if not tier or tier in _UNSTATED_TIERS:
        return Usage(inputs, outputs, cached, 0, reasoning)
    return Usage(inputs, outputs, cached, 0, reasoning, tier=tier)


def _read_any(answer: bytes) -> Usage | None:
    try:
        found = _with_usage.decode(answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        fields = Fields.parse(answer)
        return None if fields is None else usage_of(fields)
    return None if found.usage is None else to_usage(found.usage, found.service_tier)


def usage_of(answer: Fields) -> Usage | None:
    """Return the usage that an answer or event states, whatever kinds its details have; None when it states none."""
    stated = answer.child("usage")
    if stated is None:
        extra = answer.child("x_groq")
        stated = None if extra is None else extra.child("usage")
    if stated is None:
        return None
    counts: dict[str, Any] = {name: stated.number(name) for name in (*_COUNTS, "cached_tokens")}
    details: dict[str, Any] = {
        name: _details(stated.child(name), kind)
        for name, kind in (
            ("prompt_tokens_details", InputDetails),
            ("completion_tokens_details", OutputDetails),
            ("server_tool_use_details", ServerTools),
        )
    }
    tier = stated.text("service_tier") or answer.text("service_tier")
    return to_usage(StatedUsage(**counts, **details), tier)


def to_usage(stated: StatedUsage, service_tier: str | None = None) -> Usage | None:
    """Turn a statement into counts; None when it names neither input nor output.

    Counts are cut to [0, 2^40] and details to their total, so that no statement can make a charge negative.
    `service_tier` is that of the answer, where the statement has none of its own.
    """
    if stated.prompt_tokens is None and stated.completion_tokens is None:
        return None
    inputs = _count(stated.prompt_tokens)
    made = outputs = _count(stated.completion_tokens)
    if stated.total_tokens and stated.completion_tokens is not None:
        outputs = max(made, _count(stated.total_tokens) - inputs)
    cached = stated.prompt_cache_hit_tokens or stated.num_cached_tokens or stated.cached_tokens
    details = stated.prompt_tokens_details or _NO_INPUT
    more = stated.completion_tokens_details or _NO_OUTPUT
    cached = _part(_count(details.cached_tokens) or cached, inputs)
    tools = stated.server_tool_use_details
    tier = stated.service_tier or service_tier or ""
    if details is _NO_INPUT and more is _NO_OUTPUT and tools is None and made == outputs:
        return Usage(inputs, outputs, cached, tier="" if tier in _UNSTATED_TIERS else tier)
    return Usage(
        input_tokens=inputs,
        output_tokens=outputs,
        cached_input_tokens=cached,
        cache_write_tokens=_part(details.cache_write_tokens, inputs - cached),
        reasoning_tokens=min(_count(more.reasoning_tokens) or outputs - made, outputs),
        input_audio_tokens=_part(details.audio_tokens, inputs),
        output_audio_tokens=_part(more.audio_tokens, outputs),
        web_searches=0 if tools is None else _count(tools.web_search_requests),
        input_image_tokens=_part(details.image_tokens, inputs),
        output_image_tokens=_part(more.image_tokens, outputs),
        input_video_tokens=_part(details.video_tokens, inputs),
        tier="" if tier in _UNSTATED_TIERS else tier,
    )


def write_usage(usage: Usage) -> dict[str, Any]:
    """Return `usage` in OpenAI's shape; images and films as OpenRouter counts them."""
    prompt: dict[str, Any] = {
        "cached_tokens": usage.cached_input_tokens,
        "audio_tokens": usage.input_audio_tokens,
    }
    for name, count in (
        ("cache_write_tokens", usage.cache_write_tokens),
        ("image_tokens", usage.input_image_tokens),
        ("video_tokens", usage.input_video_tokens),
    ):
        if count:
            prompt[name] = count
    completion: dict[str, Any] = {
        "reasoning_tokens": usage.reasoning_tokens,
        "audio_tokens": usage.output_audio_tokens,
        "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
    }
    if usage.output_image_tokens:
        completion["image_tokens"] = usage.output_image_tokens
    written: dict[str, Any] = {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": prompt,
        "completion_tokens_details": completion,
    }
    if usage.web_searches:
        written["server_tool_use_details"] = {"web_search_requests": usage.web_searches}
    return written


def _details(fields: Fields | None, kind: type[msgspec.Struct]) -> Any:
    return None if fields is None else kind(**{name: fields.number(name) for name in kind.__struct_fields__})


def _part(value: Count, most: int) -> int:
    """Return a detail's count, at most its total."""
    return min(_count(value), most) if value else 0


def _count(value: Count) -> int:
    if type(value) is int and 0 <= value <= COUNT_MAX:
        return value
    if not value or value != value or value < 0:  # None, 0, NaN, negative
        return 0
    return COUNT_MAX if value > COUNT_MAX else int(value)
