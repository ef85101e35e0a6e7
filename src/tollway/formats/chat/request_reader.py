"""Reading a whole request of Chat Completions.

https://platform.openai.com/docs/api-reference/chat/create — strict: a field that the hub does not know, or that only
one vendor can serve, is refused by its name. Fields that other speakers of the dialect added are read where the hub
can hold them.
"""

from typing import Any

import msgspec

from tollway.formats import hub
from tollway.formats.asked import Asked, invalid, untranslatable
from tollway.formats.chat.message_reader import read_messages
from tollway.formats.chat.plain_request import NAMES, read_plain_request
from tollway.formats.chat.reasoning_reader import read_reasoning
from tollway.formats.chat.tool_reader import read_tool_choice, read_tools

_ONLY_OPENAI = {
    "audio": "asks for a spoken answer, which only OpenAI's own dialect has: leave it out",
    "moderation": "is OpenAI's own service: leave it out",
    "prediction": "is only for OpenAI's and Mistral's own models: leave it out",
    "prompt_cache_retention": "bounds how long OpenAI keeps a prompt: leave it out",
}
_ONLY_OPENAI_NAMES = frozenset(_ONLY_OPENAI)
_USUAL = frozenset({"modalities", "stream_options", "usage", "prompt_cache_options"})
_SCALARS = frozenset(
    {
        "temperature",
        "top_p",
        "top_k",
        "min_p",
        "frequency_penalty",
        "presence_penalty",
        "logit_bias",
        "logprobs",
        "top_logprobs",
        "n",
        "parallel_tool_calls",
        "verbosity",
        "metadata",
        "service_tier",
        "prompt_cache_key",
        "store",
    }
)
"""The fields that `_scalars` reads."""
_bias: msgspec.json.Decoder[dict[str, float]] = msgspec.json.Decoder(dict[str, float])
_metadata: msgspec.json.Decoder[dict[str, str]] = msgspec.json.Decoder(dict[str, str])


def read_request(raw: bytes, *, model: str, is_stream: bool) -> hub.Request:
    """Return what the body means. Raises request.field_invalid or request.untranslatable."""
    return read_plain_request(raw, model=model, is_stream=is_stream) or read_any_request(
        raw, model=model, is_stream=is_stream
    )


def read_any_request(raw: bytes, *, model: str, is_stream: bool) -> hub.Request:
    """Read the body one field after the other. Raises as `read_request`."""
    body = Asked.parse(raw)
    if body.has_any(_ONLY_OPENAI_NAMES):
        for name, advice in _ONLY_OPENAI.items():
            if name in body:
                untranslatable(body.place(name), advice)
    body.text("model")
    body.flag("stream")
    messages = body.children("messages")
    if not messages:
        invalid("messages", "is required")
    system, turns = read_messages(messages)
    tools, web_search = read_tools(body)
    names = dict(NAMES)
    request = hub.Request(
        model=model,
        turns=turns,
        system=system,
        tools=tools,
        web_search=web_search,
        tool_choice=read_tool_choice(body),
        output=_output(body.child("response_format")),
        reasoning=read_reasoning(body),
        output_tokens_max=_bound(body, names),
        stop=_stop(body),
        seed=_seed(body, names),
        user=_user(body, names),
        is_stream=is_stream,
        names=names,
        **_scalars(body),
    )
    _ignore_what_is_usual(body)
    body.nothing_else()
    return request


def _scalars(body: Asked) -> dict[str, Any]:
    """Return the fields that the hub calls nearly the same; most calls have none of them."""
    if not body.has_any(_SCALARS):
        return {}
    return {
        "temperature": body.number("temperature"),
        "top_p": body.number("top_p"),
        "top_k": body.integer("top_k"),
        "min_p": body.number("min_p"),
        "frequency_penalty": body.number("frequency_penalty"),
        "presence_penalty": body.number("presence_penalty"),
        "logit_bias": _mapping(body, "logit_bias", _bias, "must map tokens to numbers"),
        "logprobs": body.flag("logprobs"),
        "top_logprobs": body.integer("top_logprobs"),
        "choices": body.integer("n"),
        "parallel_tool_calls": body.flag("parallel_tool_calls"),
        "verbosity": body.text("verbosity"),
        "metadata": _mapping(body, "metadata", _metadata, "must map strings to strings"),
        "service_tier": _tier(body.text("service_tier")),
        "prompt_cache_key": body.text("prompt_cache_key"),
        "store": body.flag("store"),
    }


def _tier(tier: str | None) -> str | None:
    """Return the tier; Groq's `on_demand` and Mistral's `standard_only` are what the hub and OpenAI call `default`."""
    return "default" if tier in ("on_demand", "standard", "standard_only") else tier


def _mapping(body: Asked, name: str, decoder: msgspec.json.Decoder[Any], rule: str) -> Any:
    raw = body.raw(name)
    if raw is None:
        return None
    try:
        return decoder.decode(raw) or None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        invalid(body.place(name), rule)


def _bound(body: Asked, names: dict[str, str]) -> int | None:
    """Return the output's bound; of both fields the newer one counts, as for OpenAI."""
    newer, older = body.integer("max_completion_tokens"), body.integer("max_tokens")
    if newer is None and older is not None:
        names["output_tokens_max"] = "max_tokens"
    bound = older if newer is None else newer
    if bound is not None and bound < 1:
        invalid(names["output_tokens_max"], "must be a positive integer")
    return bound


def _stop(body: Asked) -> tuple[str, ...]:
    if body.first("stop") == b'"':
        stop = body.text("stop")
        return (stop,) if stop else ()
    return body.texts("stop")


def _seed(body: Asked, names: dict[str, str]) -> int | None:
    seed, mistral = body.integer("seed"), body.integer("random_seed")
    if seed is None and mistral is not None:
        names["seed"] = "random_seed"
        return mistral
    return seed


def _user(body: Asked, names: dict[str, str]) -> str | None:
    """Return the end user, whom OpenAI calls `safety_identifier` now and called `user` before."""
    older, newer = body.text("user") or None, body.text("safety_identifier") or None
    if older is not None and newer is not None and older != newer:
        untranslatable("user", "differs from `safety_identifier`, and other dialects have one of them: send one")
    if newer is not None:
        names["user"] = "safety_identifier"
    return newer or older


def _output(form: Asked | None) -> hub.Output | None:
    if form is None:
        return None
    kind = form.text("type") or invalid(form.place("type"), "is required")
    match kind:
        case "text":
            output = hub.Output(kind="text")
        case "json_object":
            output = hub.Output(kind="json")
        case "json_schema":
            output = _schema(form)
        case _:
            untranslatable(form.place("type"), "can only be `text`, `json_object` or `json_schema`")
    form.nothing_else()
    return output


def _schema(form: Asked) -> hub.Output:
    stated = form.child("json_schema") or invalid(form.place("json_schema"), "is required")
    output = hub.Output(
        kind="json_schema",
        name=stated.text("name"),
        description=stated.text("description"),
        schema=stated.document("schema"),
        strict=stated.flag("strict"),
    )
    stated.nothing_else()
    return output


def _ignore_what_is_usual(body: Asked) -> None:
    """Take what means the same as its absence, and refuse it otherwise."""
    if not body.has_any(_USUAL):
        return
    for modality in body.texts("modalities"):
        if modality != "text":
            untranslatable(body.place("modalities"), "can only be `text`")
    options = body.child("stream_options")
    if options is not None:
        options.flag("include_usage")
        options.flag("include_obfuscation")
        options.nothing_else()
    if (usage := body.child("usage")) is not None:  # OpenRouter's way of asking for what is always stated here.
        usage.flag("include")
        usage.nothing_else()
    if (caching := body.child("prompt_cache_options")) is not None:
        # Whether OpenAI sets marks of its own beside the caller's: nobody else does. Its only `ttl` is its default.
        caching.text("mode")
        if caching.text("ttl") not in (None, "30m"):
            untranslatable(caching.place("ttl"), "can only be `30m`")
        caching.nothing_else()
