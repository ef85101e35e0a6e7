"""Writing tools, the choice among them, and the web search for one vendor.

https://platform.openai.com/docs/guides/function-calling, https://platform.openai.com/docs/guides/tools-web-search and
https://openrouter.ai/docs/features/server-tools/web-search
"""

import msgspec

from tollway.formats import hub
from tollway.formats.chat.content_writer import ContentWriter, Object
from tollway.formats.chat.notes import note
from tollway.formats.chat.tool_reader import OPENROUTER_SEARCH
from tollway.formats.chat.vendors import ways_of
from tollway.formats.dialect import Inexpressible, Target
from tollway.formats.strict_mode import fits_strict_mode

_NOTHING = msgspec.Raw(b'{"type":"object","properties":{}}')
_TAKES_NO_SCHEMA = frozenset({"openai", "sandbox"})
"""Who understands a function without `parameters`; Mistral refuses it."""


def write_tools(request: hub.Request, target: Target, notes: list[str]) -> Object:
    """Return `tools`, `tool_choice`, `parallel_tool_calls` and what asks for a search. Raises Inexpressible."""
    tools, choice = _offered(request, target, notes)
    declared = [_tool(tool, target, notes) for tool in tools]
    written: Object = {}
    if (search := request.web_search) is not None:
        found = _search(search, target)
        if target.vendor == "openrouter":
            declared.append({"type": OPENROUTER_SEARCH} | ({"parameters": found} if found else {}))
        else:
            written["web_search_options"] = found
        if target.vendor == "perplexity" and (domains := _domains(search)):
            written["search_domain_filter"] = domains
    if declared:
        written["tools"] = declared
    if choice is not None and (tools or choice.mode not in ("auto", "none")):
        written["tool_choice"] = _choice(choice, target)
    if request.parallel_tool_calls is not None and tools and "parallel_tool_calls" not in ways_of(target.vendor).lacks:
        written["parallel_tool_calls"] = request.parallel_tool_calls
    return written


def can_be_strict(schema: bytes | None, target: Target) -> bool:
    """Whether strictness can be asked for: OpenAI refuses the whole call for a schema that its mode does not take."""
    return target.vendor != "openai" or fits_strict_mode(schema)


def _offered(
    request: hub.Request, target: Target, notes: list[str]
) -> tuple[tuple[hub.Tool, ...], hub.ToolChoice | None]:
    """Return the tools and the choice that can be said: fewer tools where a choice cannot name them."""
    ways = ways_of(target.vendor)
    choice, tools = request.tool_choice, request.tools
    if tools and not ways.has_tools:
        raise Inexpressible("tools", f"{ways.title} calls no tools: leave them out or take another provider")
    if choice is not None and choice.mode not in ways.tool_choices:
        if choice.mode != "none":
            raise Inexpressible("tool_choice", f"{ways.title} knows only `auto`: leave it out")
        if tools:
            note(notes, "tools-omitted")
        return (), None
    if choice is None or not choice.names or _is_named(choice, target):
        return tools, choice
    narrowed = tuple(tool for tool in tools if tool.name in choice.names)
    if len(narrowed) < len(tools):
        note(notes, "tools-narrowed")
    return narrowed, choice


def _is_named(choice: hub.ToolChoice, target: Target) -> bool:
    """Whether the vendor can be told the names beside all tools."""
    return (choice.mode == "tool" and len(choice.names) == 1) or ways_of(target.vendor).has_allowed_tools


def _choice(choice: hub.ToolChoice, target: Target) -> str | Object:
    ways = ways_of(target.vendor)
    if choice.mode == "tool" and len(choice.names) == 1:
        return {"type": "function", "function": {"name": choice.names[0]}}
    if choice.names and ways.has_allowed_tools:
        mode = "auto" if choice.mode == "auto" else "required"
        named = [{"type": "function", "function": {"name": name}} for name in choice.names]
        return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": named}}
    return choice.mode if choice.mode in ("auto", "none") else ways.required_word


def _tool(tool: hub.Tool, target: Target, notes: list[str]) -> Object:
    ways = ways_of(target.vendor)
    function: Object = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    if tool.parameters is not None:
        function["parameters"] = msgspec.Raw(tool.parameters)
    elif target.vendor not in _TAKES_NO_SCHEMA:
        function["parameters"] = _NOTHING
    if tool.strict is not None:
        if ways.has_strict:
            function["strict"] = tool.strict and can_be_strict(tool.parameters, target)
        if tool.strict and not function.get("strict"):
            note(notes, "strict-ignored")
    written: Object = {"type": "function", "function": function}
    if tool.cache is not None:
        if ways.has_cache_marks:
            written |= ContentWriter(target, notes).mark(tool.cache)
        else:
            note(notes, "cache-marks-ignored")
    return written


def _search(search: hub.WebSearch, target: Target) -> Object:
    """Return a search's parameters. OpenAI's chat searches only with models made for it."""
    place = {"country": search.country, "region": search.region, "city": search.city, "timezone": search.timezone}
    stated = {name: value for name, value in place.items() if value is not None}
    size: Object = {} if search.context_size is None else {"search_context_size": search.context_size}
    if target.vendor == "openrouter":
        limits: Object = {
            "max_uses": search.uses_max,
            "allowed_domains": search.allowed_domains,
            "excluded_domains": search.blocked_domains,
        }
        where = {"user_location": {"type": "approximate"} | stated} if stated else {}
        return {name: value for name, value in limits.items() if value} | size | where
    if target.vendor == "perplexity":
        if search.uses_max is not None:
            raise Inexpressible(
                "web_search", "Perplexity searches as often as it likes: leave the limit out", at=search.at
            )
        return size | ({"user_location": stated} if stated else {})
    if target.vendor not in ("openai", "sandbox") or (target.vendor == "openai" and "search" not in target.model):
        title = ways_of(target.vendor).title
        raise Inexpressible("web_search", f"this model of {title} does not search in this dialect: leave it out")
    if search.uses_max is not None or search.allowed_domains or search.blocked_domains:
        advice = "OpenAI's chat searches all domains, as often as it likes: leave the limits out"
        raise Inexpressible("web_search", advice, at=search.at)
    return size | ({"user_location": {"type": "approximate", "approximate": stated}} if stated else {})


def _domains(search: hub.WebSearch) -> list[str]:
    """Return Perplexity's filter: domains to search, and after a minus those not to."""
    return [*search.allowed_domains, *(f"-{domain}" for domain in search.blocked_domains)]
