"""Writing `tools` and `tool_choice`.

https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools — a choice that is limited to some of the
tools is made by offering these alone.
"""

import re
from typing import Any

import msgspec

from tollway.formats import hub
from tollway.formats.dialect import Inexpressible
from tollway.formats.messages.cache import write_cache
from tollway.formats.messages.model import Model
from tollway.formats.messages.notes import note
from tollway.formats.messages.schema import enforceable

Written = dict[str, Any]

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_NO_PARAMETERS = msgspec.Raw(b'{"type":"object","properties":{}}')


def write_tools(request: hub.Request, model: Model, notes: list[str]) -> list[Written]:
    """Return the tools. Raises Inexpressible."""
    names = request.tool_choice.names if request.tool_choice is not None else ()
    offered = [tool for tool in request.tools if not names or tool.name in names]
    if len(offered) != len(request.tools) and not _forces_one(request.tool_choice):
        note(notes, "tools-narrowed")
    else:
        offered = list(request.tools)
    tools = [_function(tool, model, notes) for tool in offered]
    if request.web_search is not None:
        tools.append(_web_search(request.web_search, notes))
    return tools


def write_choice(request: hub.Request, model: Model, *, is_thinking: bool) -> Written | None:
    """Return `tool_choice`; None when the default is meant. Raises Inexpressible."""
    choice = request.tool_choice or hub.ToolChoice(mode="auto")
    if not request.tools and request.web_search is None:
        if _is_forced(choice):
            raise Inexpressible("tool_choice", "no tool is offered that could be called: leave it out")
        return None
    if _is_forced(choice):
        _check_force(model, is_thinking=is_thinking)
        return (_one(choice) if _forces_one(choice) else {"type": "any"}) | _single(request)
    if choice.mode == "none":
        return {"type": "none"}
    single = _single(request)
    return {"type": "auto"} | single if single or request.tool_choice is not None else None


def write_choice_of_any(request: hub.Request) -> Written:
    """Return the choice that makes the model call one of what is offered."""
    return {"type": "any"} | _single(request)


def _single(request: hub.Request) -> Written:
    return {"disable_parallel_tool_use": True} if request.parallel_tool_calls is False else {}


def _is_forced(choice: hub.ToolChoice) -> bool:
    return choice.mode in ("required", "tool")


def _forces_one(choice: hub.ToolChoice | None) -> bool:
    return choice is not None and _is_forced(choice) and len(choice.names) == 1


def _one(choice: hub.ToolChoice) -> Written:
    return {"type": "tool", "name": choice.names[0]}


def _check_force(model: Model, *, is_thinking: bool) -> None:
    if not model.can_force_tools:
        raise Inexpressible("tool_choice", "this model cannot be made to call a tool: take `auto` and ask for it")
    if is_thinking and not model.can_force_while_thinking:
        advice = "a forced call and thinking exclude each other: take `auto`, or ask for no thinking"
        raise Inexpressible("tool_choice", advice)


def _function(tool: hub.Tool, model: Model, notes: list[str]) -> Written:
    if not _NAME.fullmatch(tool.name):
        advice = "Claude takes names of up to 128 letters, digits, `_` and `-`: rename the tool"
        raise Inexpressible("tools", advice, at=tool.at)
    written: Written = {"name": tool.name}
    if tool.description is not None:
        written["description"] = tool.description
    written["input_schema"] = _NO_PARAMETERS if tool.parameters is None else _parameters(tool, tool.parameters)
    if tool.strict:
        written |= _strict(tool, bytes(written["input_schema"]), model, notes)
    return written | write_cache(tool.cache)


def _strict(tool: hub.Tool, schema: bytes, model: Model, notes: list[str]) -> Written:
    """Return the schema to be kept to; {} where the model keeps to none, or not to this one."""
    noted: list[str] = []
    try:
        enforced = enforceable(schema, "tools", noted, at=tool.at) if model.has_schemas else None
    except Inexpressible:
        enforced = None
    if enforced is None:
        note(notes, "strict-ignored")
        return {}
    for name in noted:
        note(notes, name)
    return {"input_schema": enforced, "strict": True}


def _parameters(tool: hub.Tool, schema: bytes) -> msgspec.Raw:
    """Return the schema; one that names no type gets the only one that there can be."""
    try:
        fields = msgspec.json.decode(schema, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Inexpressible("tools", "a tool's parameters must be a schema", at=tool.at) from error
    kind = bytes(fields.get("type", b""))
    if kind == b'"object"':
        return msgspec.Raw(schema)
    if kind:
        raise Inexpressible("tools", "a tool's parameters must be an object", at=tool.at)
    return msgspec.Raw(msgspec.json.encode({"type": "object", **fields}))


def _web_search(search: hub.WebSearch, notes: list[str]) -> Written:
    """Write the search that every model has; https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool"""
    if search.allowed_domains and search.blocked_domains:
        raise Inexpressible("web_search", "allowed and blocked domains exclude each other: give one", at=search.at)
    if search.context_size not in (None, "medium"):
        note(notes, "web-search-size-ignored")
    stated: Written = {
        "max_uses": search.uses_max,
        "allowed_domains": search.allowed_domains or None,
        "blocked_domains": search.blocked_domains or None,
    }
    place = {"city": search.city, "region": search.region, "country": search.country, "timezone": search.timezone}
    known = {name: value for name, value in place.items() if value is not None}
    if known:
        stated["user_location"] = {"type": "approximate", **known}
    written: Written = {"type": "web_search_20250305", "name": "web_search"}
    return written | {name: value for name, value in stated.items() if value is not None}
