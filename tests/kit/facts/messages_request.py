"""Requests of Anthropic's Messages: read into facts, and written from them
(https://docs.anthropic.com/en/api/messages).
"""

import json
from typing import Any

from anthropic.types.message_create_params import MessageCreateParamsNonStreaming, MessageCreateParamsStreaming

from kit.facts.answer import squeeze
from kit.facts.asked import Asked, Item, Tool, document, named, result_value
from kit.facts.typed import faults

CHOICES = {"auto": "auto", "any": "required", "none": "none"}
SAMPLING = ("temperature", "top_p", "top_k")
"""Taken by version 2023-06-01, refused by 2026-10-21 (https://platform.claude.com/docs/en/api/migration-2026-10-21)."""

TOKENS_MAX = 4_096
"""What the writer asks for where nothing is stated: Anthropic insists on a bound."""


def misshapen(body: dict[str, Any]) -> list[str]:
    """Return what Anthropic's own parameter types do not allow; the sampling fields are those of version 2023-06-01."""
    kind = MessageCreateParamsStreaming if body.get("stream") else MessageCreateParamsNonStreaming
    return faults({name: value for name, value in body.items() if name not in SAMPLING}, kind)


def read(body: dict[str, Any]) -> Asked:
    """Read a body; fields without a fact are left out."""
    asked = Asked(model=body["model"], is_stream=bool(body.get("stream")), tokens_max=body["max_tokens"])
    system = body.get("system") or ""
    asked.system = system if isinstance(system, str) else "\n\n".join(part["text"] for part in system)
    names: dict[str, str] = {}
    for message in body["messages"]:
        content = message["content"]
        if message["role"] == "system":
            asked.system += content if isinstance(content, str) else "".join(part.get("text") or "" for part in content)
            continue
        for part in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            _part(asked, message["role"], part, names)
    for tool in body.get("tools") or ():
        if tool.get("type") in (None, "custom"):
            asked.tools.append(Tool(tool["name"], tool.get("description") or "", tool["input_schema"]))
        asked.web_search |= (tool.get("type") or "").startswith("web_search")
    choice = body.get("tool_choice")
    if choice:
        asked.choice = f"tool:{choice['name']}" if choice["type"] == "tool" else CHOICES[choice["type"]]
        if choice.get("disable_parallel_tool_use") is not None:
            asked.parallel = not choice["disable_parallel_tool_use"]
    for name in SAMPLING:
        setattr(asked, name, body.get(name))
    asked.stop = list(body.get("stop_sequences") or ())
    config = body.get("output_config") or {}
    form = config.get("format") or body.get("output_format") or {}
    asked.output = form.get("schema")
    thinking = body.get("thinking") or {}
    asked.reasoning = config.get("effort") or (thinking.get("type") if thinking.get("type") != "disabled" else None)
    return asked


def _part(asked: Asked, role: str, part: dict[str, Any], names: dict[str, str]) -> None:
    match part["type"]:
        case "text":
            asked.items.append(Item(role, "text", part["text"]))
        case "image" | "document":
            asked.items.append(Item(role, part["type"], _source(part["source"])))
        case "tool_use":
            names[part["id"]] = part["name"]
            asked.items.append(Item(role, "call", (part["name"], part["input"])))
        case "tool_result":
            content = part.get("content") or ""
            parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
            words = "".join(one["text"] for one in parts if one["type"] == "text")
            name = names.get(part["tool_use_id"], part["tool_use_id"])
            asked.items.append(Item(role, "result", (name, result_value(words), bool(part.get("is_error")))))
            for one in parts:
                if one["type"] in ("image", "document"):
                    _part(asked, role, one, names)


def _source(source: dict[str, Any]) -> str:
    match source["type"]:
        case "base64":
            return document(source["data"], source["media_type"])
        case "url":
            return named(source["url"])
        case "text":
            return "text:" + squeeze(source["data"])
    return f"file:{source.get('file_id')}"


def write(asked: Asked) -> dict[str, Any]:
    """Write the simplest body that asks for it."""
    tokens_max = asked.tokens_max or TOKENS_MAX
    body: dict[str, Any] = {"model": asked.model, "max_tokens": tokens_max, "messages": _messages(asked)}
    if asked.system.strip():
        body["system"] = asked.system
    if asked.tools:
        body["tools"] = [
            {
                "name": tool.name,
                "description": tool.description,
                "input_schema": tool.schema or {"type": "object", "properties": {}},
            }
            for tool in asked.tools
        ]
    if asked.web_search:
        body["tools"] = [*body.get("tools", []), {"type": "web_search_20250305", "name": "web_search"}]
    if asked.choice and asked.tools:
        kind, _, name = asked.choice.partition(":")
        spelt = {"auto": "auto", "required": "any", "none": "none", "tool": "tool"}[kind]
        body["tool_choice"] = {"type": spelt} | ({"name": name} if name else {})
        if asked.parallel is not None and spelt != "none":
            body["tool_choice"]["disable_parallel_tool_use"] = not asked.parallel
    for name in SAMPLING:
        if getattr(asked, name) is not None:
            body[name] = getattr(asked, name)
    if asked.stop:
        body["stop_sequences"] = asked.stop
    if isinstance(asked.output, dict):
        body["output_config"] = {"format": {"type": "json_schema", "schema": asked.output}}
    if asked.is_stream:
        body["stream"] = True
    return body


def _messages(asked: Asked) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    waiting: list[tuple[str, str]] = []
    for number, item in enumerate(asked.items):
        part: dict[str, Any] | None = None
        match item.kind:
            case "text":
                part = {"type": "text", "text": item.value}
            case "call":
                waiting.append((item.value[0], f"toolu_{number}"))
                part = {"type": "tool_use", "id": f"toolu_{number}", "name": item.value[0], "input": item.value[1]}
            case "result":
                name, value, has_failed = item.value
                at = next(at for at, (waits, _) in enumerate(waiting) if waits == name)
                words = value if isinstance(value, str) else json.dumps(value)
                part = {
                    "type": "tool_result",
                    "tool_use_id": waiting.pop(at)[1],
                    "content": words,
                    "is_error": has_failed,
                }
        if part is None:
            continue
        if messages and messages[-1]["role"] == item.role:
            messages[-1]["content"].append(part)
        else:
            messages.append({"role": item.role, "content": [part]})
    return messages
