"""Reading `tools`, `tool_choice` and the vendors' ways of asking for a web search.

https://platform.openai.com/docs/api-reference/chat/create and
https://openrouter.ai/docs/features/server-tools/web-search
"""

from typing import Literal, cast

from msgspec import structs

from tollway.formats import hub
from tollway.formats.asked import Asked, invalid, untranslatable
from tollway.formats.chat.content_reader import read_cache_mark

OPENROUTER_SEARCH = "openrouter:web_search"

_SIZES = ("low", "medium", "high")
_MODES: dict[str, Literal["auto", "none", "required"]] = {
    "auto": "auto",
    "none": "none",
    "required": "required",
    "any": "required",
}


def read_tools(body: Asked) -> tuple[tuple[hub.Tool, ...], hub.WebSearch | None]:
    """Return the functions, and the search when one is asked for. Raises request.field_invalid or untranslatable."""
    for name in ("functions", "function_call"):
        if name in body:
            untranslatable(body.place(name), "is OpenAI's older way: send `tools` and `tool_choice`")
    options = body.child("web_search_options")
    web_search = None if options is None else _search_options(options)
    tools: list[hub.Tool] = []
    for item in body.children("tools"):
        kind = item.text("type") or "function"
        if kind == OPENROUTER_SEARCH:
            web_search = _server_search(item)
        elif kind != "function":
            untranslatable(item.place("type"), f"`{kind[:40]}` is a tool that no other vendor has: declare a function")
        else:
            tools.append(_tool(item))
        item.nothing_else()
    return tuple(tools), web_search


def read_tool_choice(body: Asked) -> hub.ToolChoice | None:
    """Read `tool_choice`, in OpenAI's words or Mistral's. Raises request.field_invalid or untranslatable."""
    if body.first("tool_choice") == b'"':
        mode = body.text("tool_choice") or ""
        return hub.ToolChoice(
            mode=_MODES.get(mode) or invalid(body.place("tool_choice"), "must be `auto`, `none` or `required`")
        )
    choice = body.child("tool_choice")
    if choice is None:
        return None
    kind = choice.text("type") or "function"
    if kind == "allowed_tools":
        found = _allowed(choice)
    elif kind == "function":
        found = hub.ToolChoice(mode="tool", names=(_named(choice),))
    else:
        untranslatable(choice.place("type"), "can only be `function` or `allowed_tools`")
    choice.nothing_else()
    return found


def _tool(item: Asked) -> hub.Tool:
    function = item.child("function") or invalid(item.place("function"), "is required")
    tool = hub.Tool(
        name=function.text("name") or invalid(function.place("name"), "is required"),
        description=function.text("description"),
        parameters=function.document("parameters"),
        strict=function.flag("strict"),
        cache=read_cache_mark(item),
        at=item.at,
    )
    function.nothing_else()
    return tool


def _named(choice: Asked) -> str:
    function = choice.child("function") or invalid(choice.place("function"), "is required")
    name = function.text("name") or invalid(function.place("name"), "is required")
    function.nothing_else()
    return name


def _allowed(choice: Asked) -> hub.ToolChoice:
    allowed = choice.child("allowed_tools") or invalid(choice.place("allowed_tools"), "is required")
    mode = allowed.text("mode") or "auto"
    if mode not in ("auto", "required"):
        invalid(allowed.place("mode"), "must be `auto` or `required`")
    names: list[str] = []
    for item in allowed.children("tools"):
        item.text("type")
        names.append(_named(item))
        item.nothing_else()
    allowed.nothing_else()
    return hub.ToolChoice(mode=_MODES[mode], names=tuple(names))


def _search_options(options: Asked) -> hub.WebSearch:
    location = options.child("user_location")
    search = _search(options, None if location is None else location.child("approximate"))
    if location is not None:
        location.text("type")
        location.nothing_else()
    options.nothing_else()
    return search


def _server_search(item: Asked) -> hub.WebSearch:
    options = item.child("parameters") or Asked({}, item.place("parameters"))
    place = options.child("user_location")
    if place is not None:
        place.text("type")
    search = structs.replace(
        _search(options, place),
        uses_max=options.integer("max_uses"),
        allowed_domains=options.texts("allowed_domains"),
        blocked_domains=options.texts("excluded_domains"),
    )
    options.nothing_else()
    return search


def _search(options: Asked, place: Asked | None) -> hub.WebSearch:
    size = options.text("search_context_size")
    if size not in (None, *_SIZES):
        invalid(options.place("search_context_size"), "must be `low`, `medium` or `high`")
    place = place or Asked({})
    search = hub.WebSearch(
        country=place.text("country"),
        region=place.text("region"),
        city=place.text("city"),
        timezone=place.text("timezone"),
        context_size=cast("Literal['low', 'medium', 'high'] | None", size),
        at=options.at,
    )
    place.nothing_else()
    return search
