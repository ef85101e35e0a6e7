"""Requests of OpenAI's Responses: read into facts, and written from them
(https://platform.openai.com/docs/api-reference/responses/create).
"""

import json
from typing import Any

from openai.types.responses.response_create_params import (
    ResponseCreateParamsNonStreaming,
    ResponseCreateParamsStreaming,
)

from kit.facts.answer import parse_arguments
from kit.facts.asked import Asked, Item, Tool, chosen, named, result_value
from kit.facts.typed import faults


def misshapen(body: dict[str, Any]) -> list[str]:
    """Return what OpenAI's own parameter types do not allow.

    Whatever these say, `strict` of a tool may be left out, and so may the id and status of the model's own messages
    (https://platform.openai.com/docs/guides/conversation-state sends back `role` and `content` alone).
    """
    kind = ResponseCreateParamsStreaming if body.get("stream") else ResponseCreateParamsNonStreaming
    given = body.get("input")
    if isinstance(given, list):
        body = body | {"input": [_with_text(item) for item in given]}
    return [fault for fault in faults(body, kind) if not fault.endswith("/strict: missing")]


def _with_text(item: dict[str, Any]) -> dict[str, Any]:
    """Return a model's message of texts and refusals alone with a text in their place; others as they are."""
    content = item.get("content")
    is_own = item.get("role") == "assistant" and isinstance(content, list)
    if is_own and all(part["type"] in ("output_text", "refusal") for part in content):
        return item | {"content": "x"}
    return item


def read(body: dict[str, Any]) -> Asked:
    """Read a body; fields without a fact are left out."""
    asked = Asked(model=body["model"], is_stream=bool(body.get("stream")))
    asked.system = body.get("instructions") or ""
    given, names = body.get("input") or (), {}
    for item in [{"role": "user", "content": given}] if isinstance(given, str) else given:
        _item(asked, item, names)
    lists = [item["tools"] for item in given if isinstance(item, dict) and item.get("type") == "additional_tools"]
    for tool in [*(body.get("tools") or ()), *(tool for tools in lists for tool in tools)]:
        if tool["type"] == "function":
            asked.tools.append(Tool(tool["name"], tool.get("description") or "", tool.get("parameters")))
        asked.web_search |= tool["type"].startswith("web_search")
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        allowed = [tool.get("name") or tool["type"] for tool in choice.get("tools") or ()]
        mode = choice.get("mode") or choice["type"]
        asked.choice = f"tool:{choice['name']}" if choice["type"] == "function" else chosen(mode, allowed)
    else:
        asked.choice = choice
    asked.parallel = body.get("parallel_tool_calls")
    asked.tokens_max = body.get("max_output_tokens")
    asked.temperature, asked.top_p = body.get("temperature"), body.get("top_p")
    form = (body.get("text") or {}).get("format") or {}
    if form.get("type") == "json_schema":
        asked.output = form["schema"]
    elif form.get("type") == "json_object":
        asked.output = "json"
    asked.reasoning = (body.get("reasoning") or {}).get("effort")
    return asked


def _item(asked: Asked, item: dict[str, Any], names: dict[str, str]) -> None:
    match item.get("type", "message"):
        case "message":
            content = item["content"]
            parts = [{"type": "input_text", "text": content}] if isinstance(content, str) else content
            if item["role"] in ("system", "developer"):
                asked.system += "\n\n" + "\n\n".join(part["text"] for part in parts)
                return
            for part in parts:
                _part(asked, item["role"], part)
        case "function_call":
            names[item["call_id"]] = item["name"]
            asked.items.append(Item("assistant", "call", (item["name"], parse_arguments(item["arguments"]))))
        case "function_call_output":
            name, output = names.get(item["call_id"], item["call_id"]), item["output"]
            media = [] if isinstance(output, str) else [part for part in output if part["type"] != "input_text"]
            words = output if isinstance(output, str) else "".join(part.get("text") or "" for part in output)
            asked.items.append(Item("user", "result", (name, result_value(words), False)))
            for part in media:
                _part(asked, "user", part)


def _part(asked: Asked, role: str, part: dict[str, Any]) -> None:
    match part["type"]:
        case "input_text" | "output_text" | "text":
            asked.items.append(Item(role, "text", part["text"]))
        case "refusal":
            asked.items.append(Item(role, "text", part["refusal"]))
        case "input_image":
            asked.items.append(Item(role, "image", _source(part, part.get("image_url"))))
        case "input_file":
            source = part.get("file_data") or part.get("file_url")
            asked.items.append(Item(role, "document", _source(part, source)))


def _source(part: dict[str, Any], url: str | None) -> str:
    return named(url) if url else f"file:{part.get('file_id')}"


def write(asked: Asked) -> dict[str, Any]:
    """Write the simplest body that asks for it."""
    body: dict[str, Any] = {"model": asked.model, "input": _input(asked)}
    if asked.system.strip():
        body["instructions"] = asked.system
    if asked.tools:
        body["tools"] = [
            {
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.schema or {"type": "object", "properties": {}},
                "strict": False,
            }
            for tool in asked.tools
        ]
    if asked.web_search:
        body["tools"] = [*body.get("tools", []), {"type": "web_search"}]
    if asked.choice and asked.tools:
        kind, _, name = asked.choice.partition(":")
        body["tool_choice"] = {"type": "function", "name": name} if kind == "tool" else kind
    if asked.parallel is not None and asked.tools:
        body["parallel_tool_calls"] = asked.parallel
    if asked.tokens_max is not None:
        body["max_output_tokens"] = asked.tokens_max
    for name in ("temperature", "top_p"):
        if getattr(asked, name) is not None:
            body[name] = getattr(asked, name)
    if asked.output == "json":
        body["text"] = {"format": {"type": "json_object"}}
    elif asked.output is not None:
        form = {"type": "json_schema", "name": "answer", "schema": asked.output, "strict": False}
        body["text"] = {"format": form}
    if asked.is_stream:
        body["stream"] = True
    return body


def _input(asked: Asked) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    waiting: list[tuple[str, str]] = []
    for number, item in enumerate(asked.items):
        match item.kind:
            case "text":
                items.append({"role": item.role, "content": item.value})
            case "call":
                waiting.append((item.value[0], f"call_{number}"))
                fields = {"call_id": f"call_{number}", "name": item.value[0], "arguments": json.dumps(item.value[1])}
                items.append({"type": "function_call", **fields})
            case "result":
                at = next(at for at, (name, _) in enumerate(waiting) if name == item.value[0])
                words = item.value[1] if isinstance(item.value[1], str) else json.dumps(item.value[1])
                items.append({"type": "function_call_output", "call_id": waiting.pop(at)[1], "output": words})
    return items
