"""Reading a whole request of Responses.

https://platform.openai.com/docs/api-reference/responses/create — strict: a field that the hub does not know, or that
only OpenAI can serve, is refused by its name. What names an earlier response was resolved before (`state.py`).
"""

from typing import get_args

from tollway.formats import hub
from tollway.formats.asked import Asked, invalid, untranslatable
from tollway.formats.responses.item_reader import ItemReader
from tollway.formats.responses.tool_reader import read_tool_choice, read_tools

LOGPROBS = "message.output_text.logprobs"

NAMES = {
    "turns": "input",
    "system": "instructions",
    "tools": "tools",
    "web_search": "tools",
    "tool_choice": "tool_choice",
    "parallel_tool_calls": "parallel_tool_calls",
    "output": "text.format",
    "reasoning": "reasoning",
    "verbosity": "text.verbosity",
    "output_tokens_max": "max_output_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "logprobs": "include",
    "top_logprobs": "top_logprobs",
    "user": "safety_identifier",
    "metadata": "metadata",
    "service_tier": "service_tier",
    "prompt_cache_key": "prompt_cache_key",
    "store": "store",
}
"""What callers of this dialect call the hub's fields."""

_KEPT_ELSEWHERE = {
    "previous_response_id": "names a response that is not kept here: send the whole conversation as `input`",
    "conversation": "names a conversation that only OpenAI keeps: send its items as `input`",
    "prompt": "names a prompt that only OpenAI keeps: send its text",
}
_HARMLESS_INCLUDES = ("reasoning.encrypted_content", "message.input_image.image_url")
"""The first is always given; the second adds to what a listing of the input shows, where it always is."""
_SIZES = ("low", "medium", "high")
_SUMMARIES = ("auto", "concise", "detailed")
_EFFORTS = get_args(hub.Effort)


def read_request(raw: bytes, *, model: str, is_stream: bool) -> hub.Request:
    """Return what the body means. Raises request.field_invalid or request.untranslatable."""
    body = Asked.parse(raw)
    for name, advice in _KEPT_ELSEWHERE.items():
        if name in body:
            untranslatable(name, advice)
    items = _items(body)
    text = body.child("text") or Asked({}, "text")
    tools, search = read_tools(body, items.tools)
    instructions = body.text("instructions")
    logprobs = _wants_logprobs(body)
    top_logprobs = body.integer("top_logprobs")
    system = [hub.Text(text=instructions, at="instructions")] if instructions else []
    _check(body)
    request = hub.Request(
        model=model,
        turns=tuple(items.turns),
        system=(*system, *items.system),
        tools=tools,
        web_search=search,
        tool_choice=read_tool_choice(body),
        parallel_tool_calls=body.flag("parallel_tool_calls"),
        output=_output(text.child("format")),
        reasoning=_reasoning(body.child("reasoning")),
        verbosity=_one_of(text, "verbosity", _SIZES),
        output_tokens_max=body.integer("max_output_tokens"),
        temperature=body.number("temperature"),
        top_p=body.number("top_p"),
        logprobs=logprobs,
        top_logprobs=top_logprobs if top_logprobs or logprobs else None,
        user=_user(body),
        metadata=_metadata(body),
        service_tier=body.text("service_tier") or None,
        prompt_cache_key=body.text("prompt_cache_key") or None,
        store=body.flag("store"),
        is_stream=is_stream,
        names=NAMES,
    )
    text.nothing_else()
    body.nothing_else()
    return request


def _items(body: Asked) -> ItemReader:
    reader = ItemReader()
    raw = body.raw("input")
    if raw is None:
        invalid("input", "is required")
    if raw.startswith(b'"'):
        text = hub.Text(text=body.text("input") or "", at="input")
        reader.turns.append(hub.Turn(role="user", parts=(text,), at="input"))
    else:
        reader.read(body.children("input"))
    return reader


def _check(body: Asked) -> None:
    """Take the fields that mean nothing elsewhere in their usual values, and refuse the others."""
    body.text("model")
    body.flag("stream")
    if (options := body.child("stream_options")) is not None:
        options.flag("include_obfuscation")  # Blanks against eavesdroppers, which no client reads.
        options.nothing_else()
    if body.flag("background"):
        untranslatable("background", "needs a vendor that keeps responses itself: leave it out")
    if body.text("truncation") not in (None, "disabled"):
        untranslatable("truncation", "can only be `disabled`: leave out old items yourself")
    if body.text("prompt_cache_retention") not in (None, "in_memory"):
        untranslatable("prompt_cache_retention", "is about OpenAI's own cache: leave it out")
    if (options := body.child("prompt_cache_options")) is not None:
        options.text("mode")
        if options.text("ttl") not in (None, "30m"):
            untranslatable(options.place("ttl"), "is about OpenAI's own cache: leave it out")
        options.nothing_else()


def _wants_logprobs(body: Asked) -> bool | None:
    wants = None
    for index, name in enumerate(body.texts("include")):
        if name == LOGPROBS:
            wants = True
        elif name not in _HARMLESS_INCLUDES:
            untranslatable(f"include[{index}]", f"`{name}` is about a tool that only OpenAI has: leave it out")
    return wants


def _output(form: Asked | None) -> hub.Output | None:
    if form is None:
        return None
    kind = form.text("type")
    match kind:
        case "text":
            found = hub.Output(kind="text")
        case "json_object":
            found = hub.Output(kind="json")
        case "json_schema":
            found = hub.Output(
                kind="json_schema",
                name=form.text("name") or invalid(form.place("name"), "is required"),
                description=form.text("description"),
                schema=form.document("schema") or invalid(form.place("schema"), "is required"),
                strict=form.flag("strict"),
            )
        case _:
            untranslatable(form.place("type"), "can only be `text`, `json_object` or `json_schema`")
    form.nothing_else()
    return found


def _reasoning(asked: Asked | None) -> hub.Reasoning | None:
    """Read `reasoning`. A summary is how OpenAI shows thinking at all: asking for one is asking to see it."""
    if asked is None:
        return None
    effort = _one_of(asked, "effort", _EFFORTS)
    summary = _one_of(asked, "summary", _SUMMARIES) or _one_of(asked, "generate_summary", _SUMMARIES)
    # Everything that was sent is handed on, which is what all turns mean.
    if asked.text("context") not in (None, "auto", "all_turns"):
        untranslatable(asked.place("context"), "cannot leave thoughts out: send the reasoning items that count")
    if asked.text("mode") not in (None, "standard"):
        untranslatable(asked.place("mode"), "can only be `standard`: ask for more `effort`")
    asked.nothing_else()
    if effort is None and summary is None:
        return None
    return hub.Reasoning(effort=effort, summary=summary, wants_text=None if summary is None else True)  # type: ignore[arg-type]  # one of _EFFORTS


def _user(body: Asked) -> str | None:
    """Read the end user's id, which has two names; two ids are more than others take."""
    user, identifier = body.text("user"), body.text("safety_identifier")
    if user and identifier and user != identifier:
        untranslatable("user", "is not `safety_identifier`, and others take one id: leave one out")
    return identifier or user or None


def _metadata(body: Asked) -> dict[str, str] | None:
    asked = body.child("metadata")
    if asked is None:
        return None
    return {name: asked.text(name) or "" for name in asked.others()} or None


def _one_of(asked: Asked, name: str, known: tuple[str, ...]) -> str | None:
    value = asked.text(name)
    if value is not None and value not in known:
        invalid(asked.place(name), "must be one of " + ", ".join(f"`{item}`" for item in known))
    return value
