"""Reading a whole request of the Messages API.

https://platform.claude.com/docs/en/api/messages/create — strict: a field that the hub does not know, or that only
Anthropic can serve, is refused by its name.
"""

from tollway.formats import hub
from tollway.formats.asked import Asked, invalid, untranslatable
from tollway.formats.messages.cache import mark_last, read_cache
from tollway.formats.messages.content_reader import read_system, read_turns
from tollway.formats.messages.thinking import read_reasoning
from tollway.formats.messages.tool_reader import read_choice, read_offered

NAMES = {
    "turns": "messages",
    "system": "system",
    "tools": "tools",
    "web_search": "tools",
    "tool_choice": "tool_choice",
    "parallel_tool_calls": "tool_choice.disable_parallel_tool_use",
    "output": "output_config.format",
    "reasoning": "thinking",
    "verbosity": "output_config.effort",
    "output_tokens_max": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "stop": "stop_sequences",
    "user": "metadata.user_id",
    "service_tier": "service_tier",
}
"""What callers of this dialect call the hub's fields."""

_ONLY_ANTHROPIC = {
    "container": "names a container of Anthropic's: leave it out",
    "mcp_servers": "lets Anthropic call these servers itself: call them yourself and declare their tools",
    "compaction": "edits the conversation as only Anthropic can: shorten it yourself",
    "inference_geo": "chooses among Anthropic's places: leave it out",
    "diagnostics": "asks about Anthropic's cache: leave it out",
    "user_profile_id": "names a profile at Anthropic: leave it out",
    "fallbacks": "names models of Anthropic's: leave it out",
}
_TIERS = {"auto": "auto", "standard_only": "default"}


def read_request(raw: bytes, *, model: str, is_stream: bool) -> hub.Request:
    """Return what the body means. Raises request.field_invalid or request.untranslatable."""
    body = Asked.parse(raw)
    bound = body.integer("max_tokens")
    if bound is None or bound < 0:
        invalid("max_tokens", "must be a positive integer")
    if bound == 0:
        untranslatable("max_tokens", "can be 0 with Anthropic alone, to fill its cache: ask for at least 1")
    body.flag("stream")
    return read_body(body, model=model, is_stream=is_stream, output_tokens_max=bound)


def read_body(body: Asked, *, model: str, is_stream: bool, output_tokens_max: int | None) -> hub.Request:
    """Return what the rest of a body means, of a request or of a count; all of it must be understood."""
    _check_context(body)
    for name, advice in _ONLY_ANTHROPIC.items():
        if name in body and body.raw(name) not in (b"[]", b"{}", b'""'):
            untranslatable(name, advice)
    body.text("model")
    offered = read_offered(body)
    choice, is_parallel = read_choice(body)
    output, reasoning, verbosity = _output_config(body)
    request = hub.Request(
        model=model,
        turns=_turns(body),
        system=read_system(body),
        tools=offered.functions,
        web_search=offered.web_search,
        tool_choice=choice,
        parallel_tool_calls=is_parallel,
        output=output,
        reasoning=reasoning,
        verbosity=verbosity,
        output_tokens_max=output_tokens_max,
        temperature=body.number("temperature"),
        top_p=body.number("top_p"),
        top_k=body.integer("top_k"),
        stop=body.texts("stop_sequences"),
        user=_user(body),
        service_tier=_service_tier(body),
        is_stream=is_stream,
        names=NAMES,
    )
    if body.text("speed") not in (None, "standard"):
        untranslatable("speed", "can only be `standard` with another vendor")
    body.nothing_else()
    return request


def _check_context(body: Asked) -> None:
    """Refuse edits of the conversation, but for those of thoughts: no other vendor is sent Anthropic's."""
    context = body.child("context_management")
    if context is None:
        return
    for edit in context.children("edits"):
        if not (edit.text("type") or "").startswith("clear_thinking_"):
            untranslatable(edit.at, "edits the conversation as only Anthropic can: shorten it yourself")
    context.nothing_else()


def _turns(body: Asked) -> tuple[hub.Turn, ...]:
    messages = body.children("messages")
    if not messages:
        invalid("messages", "is required")
    return mark_last(read_turns(messages), read_cache(body))


def _output_config(body: Asked) -> tuple[hub.Output | None, hub.Reasoning | None, str | None]:
    config = body.child("output_config")
    older = body.child("output_format")
    if config is None:
        reasoning, verbosity = read_reasoning(body, None, "")
        return _output(older), reasoning, verbosity
    reasoning, verbosity = read_reasoning(body, config.text("effort"), config.place("effort"))
    stated = config.child("format")
    if stated is not None and older is not None:
        invalid("output_format", "is given twice, also as `output_config.format`")
    output = _output(older if stated is None else stated)
    config.nothing_else()
    return output, reasoning, verbosity


def _output(stated: Asked | None) -> hub.Output | None:
    """Read the form of the text. Anthropic keeps every answer to the schema, so it is strict."""
    if stated is None:
        return None
    if stated.text("type") != "json_schema":
        invalid(stated.place("type"), "must be `json_schema`")
    schema = stated.document("schema")
    if schema is None:
        invalid(stated.place("schema"), "is required")
    stated.nothing_else()
    return hub.Output(kind="json_schema", schema=schema, strict=True)


def _user(body: Asked) -> str | None:
    metadata = body.child("metadata")
    if metadata is None:
        return None
    user = metadata.text("user_id")
    metadata.nothing_else("is not known to Anthropic: it takes `user_id` alone")
    return user


def _service_tier(body: Asked) -> str | None:
    """Return the tier in the hub's words, where the usual one is `default`."""
    tier = body.text("service_tier")
    if tier is None:
        return None
    if tier not in _TIERS:
        invalid("service_tier", "must be `auto` or `standard_only`")
    return _TIERS[tier]
