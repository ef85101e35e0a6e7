"""Requests of Chat Completions: read into facts, and written from them
(https://platform.openai.com/docs/api-reference/chat/create).
"""

import itertools
import json
from typing import Any

from mistralai.client.models import (
    AssistantMessage,
    ChatCompletionRequest,
    SystemMessage,
    ToolMessage,
    UserMessage,
)
from openai.types.chat.completion_create_params import (
    CompletionCreateParamsNonStreaming,
    CompletionCreateParamsStreaming,
)
from pydantic import ValidationError

from kit.facts.answer import parse_arguments
from kit.facts.asked import Asked, Item, Tool, chosen, digest, named, result_value
from kit.facts.typed import faults

PLAIN = ("temperature", "top_p", "top_k", "seed", "frequency_penalty", "presence_penalty")
VENDORS_OWN = (
    "max_tokens",
    "reasoning_content",
    "top_k",
    "reasoning",
    "thinking",
    "random_seed",
    "reasoning_format",
    "prefix",
    "index",
    "name",
)
"""Fields of compatible vendors that OpenAI's types do not know."""


def misshapen(body: dict[str, Any]) -> list[str]:
    """Return what OpenAI's own parameter types do not allow."""
    kind = CompletionCreateParamsStreaming if body.get("stream") else CompletionCreateParamsNonStreaming
    return [fault for fault in faults(body, kind) if not any(f"/{name}:" in fault for name in VENDORS_OWN)]


def misshapen_for_mistral(body: dict[str, Any]) -> list[str]:
    """Return what Mistral's own types do not allow, and fields they do not know at the top and in messages."""
    known = {"system": SystemMessage, "user": UserMessage, "assistant": AssistantMessage, "tool": ToolMessage}
    found = [f"/{name}: unknown" for name in body if name not in ChatCompletionRequest.model_fields]
    for at, message in enumerate(body["messages"]):
        if message["role"] not in known:
            found.append(f"/messages/{at}/role: {message['role']}")
            continue
        fields = known[message["role"]].model_fields
        found += [f"/messages/{at}/{name}: unknown" for name in message if name not in fields]
    try:
        ChatCompletionRequest.model_validate(body)
    except ValidationError as wrong:
        found.append(str(wrong))
    roles = [message["role"] for message in body["messages"]]
    if ("tool", "user") in itertools.pairwise(roles):
        found.append("/messages: Mistral answers 400 to a user message right after a tool's")
    return found


def read(body: dict[str, Any]) -> Asked:
    """Read a body; fields without a fact are left out."""
    asked = Asked(model=body["model"], is_stream=bool(body.get("stream")))
    names: dict[str, str] = {}
    for message in body["messages"]:
        _message(asked, message, names)
    for tool in body.get("tools") or ():
        if tool.get("type", "function") == "function":
            function = tool.get("function") or tool
            asked.tools.append(Tool(function["name"], function.get("description") or "", function.get("parameters")))
        asked.web_search |= tool.get("type", "").endswith(":web_search")
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        allowed = choice.get("allowed_tools") or {}
        names = [tool["function"]["name"] for tool in allowed.get("tools") or ()]
        is_one = "function" in choice
        asked.choice = f"tool:{choice['function']['name']}" if is_one else chosen(allowed.get("mode", "auto"), names)
    elif choice:
        asked.choice = "required" if choice == "any" else choice
    asked.parallel = body.get("parallel_tool_calls")
    asked.tokens_max = body.get("max_completion_tokens") or body.get("max_tokens")
    for name in PLAIN:
        setattr(asked, name, body.get(name))
    asked.seed = asked.seed if asked.seed is not None else body.get("random_seed")
    stop = body.get("stop")
    asked.stop = [stop] if isinstance(stop, str) else list(stop or ())
    asked.count = body.get("n")
    asked.web_search |= "web_search_options" in body
    form = body.get("response_format") or {}
    if form.get("type") == "json_schema":
        asked.output = form["json_schema"].get("schema")
    elif form.get("type") == "json_object":
        asked.output = "json"
    asked.reasoning = body.get("reasoning_effort") or (body.get("reasoning") or {}).get("effort")
    return asked


def _message(asked: Asked, message: dict[str, Any], names: dict[str, str]) -> None:
    role, content = message["role"], message.get("content")
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else list(content or ())
    if role in ("system", "developer"):
        asked.system += "\n\n".join(part["text"] for part in parts) + "\n\n"
        return
    if role == "tool":
        words = "".join(part.get("text") or "" for part in parts)
        name = names.get(message["tool_call_id"], message["tool_call_id"])
        asked.items.append(Item("user", "result", (name, result_value(words), False)))
        for part in parts:
            if part["type"] != "text":
                _part(asked, "user", part)
        return
    for part in parts:
        _part(asked, role, part)
    if message.get("refusal"):
        asked.items.append(Item(role, "text", message["refusal"]))
    for call in message.get("tool_calls") or ():
        names[call["id"]] = call["function"]["name"]
        arguments = parse_arguments(call["function"]["arguments"])
        asked.items.append(Item(role, "call", (call["function"]["name"], arguments)))


def _part(asked: Asked, role: str, part: dict[str, Any]) -> None:
    match part["type"]:
        case "text" | "refusal":
            asked.items.append(Item(role, "text", part.get("text") or part.get("refusal") or ""))
        case "image_url":
            url = part["image_url"]
            asked.items.append(Item(role, "image", named(url if isinstance(url, str) else url["url"])))
        case "file" if "file_data" in part["file"]:
            asked.items.append(Item(role, "document", named(part["file"]["file_data"])))
        case "file":
            asked.items.append(Item(role, "document", f"file:{part['file'].get('file_id')}"))
        case "input_audio":
            audio = part["input_audio"]
            value = named(audio) if isinstance(audio, str) else digest(audio["data"])
            asked.items.append(Item(role, "audio", value))
        case "document_url":
            asked.items.append(Item(role, "document", named(part["document_url"])))


def write(asked: Asked) -> dict[str, Any]:
    """Write the simplest body that asks for it."""
    body: dict[str, Any] = {"model": asked.model, "messages": _messages(asked)}
    if asked.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {"name": tool.name, "description": tool.description}
                | ({"parameters": tool.schema} if tool.schema else {}),
            }
            for tool in asked.tools
        ]
    if asked.choice and asked.tools:
        kind, _, name = asked.choice.partition(":")
        body["tool_choice"] = {"type": "function", "function": {"name": name}} if kind == "tool" else kind
    for name in ("temperature", "top_p", "seed", "frequency_penalty", "presence_penalty"):
        if getattr(asked, name) is not None:
            body[name] = getattr(asked, name)
    if asked.parallel is not None and asked.tools:
        body["parallel_tool_calls"] = asked.parallel
    if asked.tokens_max is not None:
        body["max_completion_tokens"] = asked.tokens_max
    if asked.stop:
        body["stop"] = asked.stop
    if asked.web_search:
        body["web_search_options"] = {}
    if asked.output == "json":
        body["response_format"] = {"type": "json_object"}
    elif asked.output is not None:
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": asked.output}}
    if asked.is_stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    return body


def _messages(asked: Asked) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = [{"role": "system", "content": asked.system}] if asked.system.strip() else []
    waiting: list[tuple[str, str]] = []
    for number, item in enumerate(asked.items):
        match item.kind:
            case "text":
                messages.append({"role": item.role, "content": item.value})
            case "call":
                identifier = f"call_{number}"
                waiting.append((item.value[0], identifier))
                function = {"name": item.value[0], "arguments": json.dumps(item.value[1])}
                call = {"id": identifier, "type": "function", "function": function}
                if messages and messages[-1]["role"] == "assistant":
                    messages[-1].setdefault("tool_calls", []).append(call)
                else:
                    messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
            case "result":
                at = next(at for at, (name, _) in enumerate(waiting) if name == item.value[0])
                words = item.value[1] if isinstance(item.value[1], str) else json.dumps(item.value[1])
                messages.append({"role": "tool", "tool_call_id": waiting.pop(at)[1], "content": words})
    return messages
