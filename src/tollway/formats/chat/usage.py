"""Usage as OpenAI-compatible providers state it, read into our own counts.

One lenient shape serves them all; the differences are fields that only some send:
OpenAI https://platform.openai.com/docs/api-reference/chat/object · DeepSeek `prompt_cache_hit_tokens`
https://api-docs.deepseek.com/api/create-chat-completion · Mistral `num_cached_tokens` · Together `cached_tokens` ·
OpenRouter `server_tool_use_details` https://openrouter.ai/docs/use-cases/usage-accounting · Groq `x_groq.usage`.
"""

import msgspec

from tollway.contract.usage import Usage

Count = int | float | None
COUNT_MAX = 2**40
"""More than any call can consume; larger statements are nonsense and are cut to it."""


class InputDetails(msgspec.Struct, gc=False):
    """`prompt_tokens_details`."""

    cached_tokens: Count = None
    cache_write_tokens: Count = None
    audio_tokens: Count = None


class OutputDetails(msgspec.Struct, gc=False):
    """`completion_tokens_details`."""

    reasoning_tokens: Count = None
    audio_tokens: Count = None


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


class WithUsage(msgspec.Struct, gc=False):
    """The part of any answer that states usage."""

    usage: StatedUsage | None = None


_with_usage = msgspec.json.Decoder(WithUsage)


def read_usage(answer: bytes) -> Usage | None:
    """Return the usage stated in a whole answer; None when there is none or it cannot be read."""
    try:
        stated = _with_usage.decode(answer).usage
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return None if stated is None else to_usage(stated)


def to_usage(stated: StatedUsage) -> Usage | None:
    """Turn a statement into counts; None when it names neither input nor output.

    Counts are cut to [0, 2^40] and details to their total, so that no statement can make a charge negative.
    """
    if stated.prompt_tokens is None and stated.completion_tokens is None:
        return None
    inputs = _count(stated.prompt_tokens)
    outputs = _count(stated.completion_tokens)
    cached = stated.prompt_cache_hit_tokens or stated.num_cached_tokens or stated.cached_tokens
    written = audio_in = reasoning = audio_out = searches = 0
    if (details := stated.prompt_tokens_details) is not None:
        cached = details.cached_tokens or cached
        written = _count(details.cache_write_tokens)
        audio_in = _count(details.audio_tokens)
    if (more := stated.completion_tokens_details) is not None:
        reasoning = _count(more.reasoning_tokens)
        audio_out = _count(more.audio_tokens)
    if (tools := stated.server_tool_use_details) is not None:
        searches = _count(tools.web_search_requests)
    return Usage(
        input_tokens=inputs,
        output_tokens=outputs,
        cached_input_tokens=min(_count(cached), inputs),
        cache_write_tokens=min(written, inputs),
        reasoning_tokens=min(reasoning, outputs),
        input_audio_tokens=min(audio_in, inputs),
        output_audio_tokens=min(audio_out, outputs),
        web_searches=searches,
    )


def _count(value: Count) -> int:
    if type(value) is int and 0 <= value <= COUNT_MAX:
        return value
    if not value or value != value or value < 0:  # None, 0, NaN, negative
        return 0
    return COUNT_MAX if value > COUNT_MAX else int(value)
