"""Reading `tools` and `tool_choice`.

https://platform.openai.com/docs/api-reference/responses/create#responses_create-tools — functions and web search have
a counterpart elsewhere; every other tool runs at OpenAI and is refused by its name.
"""

from typing import Literal, cast

from msgspec import structs

from tollway.formats import hub
from tollway.formats.asked import Asked, invalid, untranslatable

_SEARCHES = ("web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11")
_SIZES = ("low", "medium", "high")
_MODES = ("auto", "none", "required")


def read_tools(body: Asked, added: list[Asked]) -> tuple[tuple[hub.Tool, ...], hub.WebSearch | None]:
    """Return the functions, and the web search if there is one. `added` are those of items in the conversation."""
    tools: dict[str, hub.Tool] = {}
    search: hub.WebSearch | None = None
    for declared in (*body.children("tools"), *added):
        kind = declared.text("type") or invalid(declared.place("type"), "is required")
        if kind == "function":
            function = _function(declared)
            known = tools.setdefault(function.name, function)
            if structs.replace(known, at=function.at) != function:
                invalid(declared.place("name"), "is declared twice, and not the same")
        elif kind in _SEARCHES:
            search = _search(declared)
        else:
            untranslatable(
                declared.place("type"), f"`{kind}` is a tool that only OpenAI has: leave it out or declare a function"
            )
        declared.nothing_else()
    calls_max = body.integer("max_tool_calls")
    if calls_max is not None and search is not None:
        # It counts the calls of built-in tools only, and web search is the only one that is read.
        search = structs.replace(search, uses_max=calls_max)
    return tuple(tools.values()), search


def _function(declared: Asked) -> hub.Tool:
    return hub.Tool(
        name=declared.text("name") or invalid(declared.place("name"), "is required"),
        description=declared.text("description"),
        parameters=declared.document("parameters"),
        strict=declared.flag("strict"),
        at=declared.at,
    )


def _search(declared: Asked) -> hub.WebSearch:
    size = declared.text("search_context_size")
    if size is not None and size not in _SIZES:
        invalid(declared.place("search_context_size"), "must be `low`, `medium` or `high`")
    if declared.flag("external_web_access") is False:
        untranslatable(declared.place("external_web_access"), "can only be true: others search the web itself")
    for kind in declared.texts("search_content_types"):
        if kind != "text":
            untranslatable(declared.place("search_content_types"), "can only be `text`")
    filters = declared.child("filters") or Asked({}, declared.place("filters"))
    place = declared.child("user_location") or Asked({}, declared.place("user_location"))
    place.text("type")
    search = hub.WebSearch(
        allowed_domains=filters.texts("allowed_domains"),
        blocked_domains=filters.texts("blocked_domains"),
        country=place.text("country"),
        region=place.text("region"),
        city=place.text("city"),
        timezone=place.text("timezone"),
        context_size=cast('Literal["low", "medium", "high"] | None', size),
        at=declared.at,
    )
    filters.nothing_else()
    place.nothing_else()
    return search


def read_tool_choice(body: Asked) -> hub.ToolChoice | None:
    """Return the choice; None when there is none."""
    raw = body.raw("tool_choice")
    if raw is None:
        return None
    if raw.startswith(b'"'):
        mode = body.text("tool_choice")
        if mode not in _MODES:
            invalid("tool_choice", "must be `auto`, `none`, `required` or an object")
        return hub.ToolChoice(mode=cast('Literal["auto", "none", "required"]', mode))
    choice = body.child("tool_choice") or invalid("tool_choice", "must be a string or an object")
    found = _named_choice(choice)
    choice.nothing_else()
    return found


def _named_choice(choice: Asked) -> hub.ToolChoice:
    match choice.text("type"):
        case "function":
            name = choice.text("name") or invalid(choice.place("name"), "is required")
            return hub.ToolChoice(mode="tool", names=(name,))
        case "allowed_tools":
            mode = choice.text("mode")
            if mode not in ("auto", "required"):
                invalid(choice.place("mode"), "must be `auto` or `required`")
            names = tuple(_allowed(tool) for tool in choice.children("tools"))
            return hub.ToolChoice(mode=cast('Literal["auto", "required"]', mode), names=names)
        case kind:
            untranslatable(choice.place("type"), f"`{kind}` is a tool that only OpenAI has: name a function")


def _allowed(tool: Asked) -> str:
    if (kind := tool.text("type")) != "function":
        untranslatable(tool.place("type"), f"`{kind}` cannot be named to another vendor: name functions")
    name = tool.text("name") or invalid(tool.place("name"), "is required")
    tool.nothing_else()
    return name
