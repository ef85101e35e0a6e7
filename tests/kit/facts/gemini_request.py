"""Requests of Gemini's generateContent: read into facts, and written from them
(https://ai.google.dev/api/generate-content#request-body). The model and whether it streams are in the path.

Google reads both spellings of each name (protobuf's JSON mapping); `camel` brings a body to one.
"""

import re
from typing import Any

from google.genai import types
from pydantic import ValidationError

from kit.facts.asked import Asked, Item, Tool, chosen, document, result_value

SPELT = {"any_of": "anyOf", "additional_properties": "additionalProperties", "max_items": "maxItems"}
OPAQUE = {"args", "response", "parameters", "parametersJsonSchema", "responseJsonSchema", "responseSchema"}
KNOWN = {
    "contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "safetySettings", "cachedContent",
    "labels", "serviceTier", "store",
}  # fmt: skip
MODES = {"AUTO": "auto", "NONE": "none", "ANY": "required", "VALIDATED": "auto"}
CONFIG = {
    "tokens_max": "maxOutputTokens",
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "seed": "seed",
    "frequency_penalty": "frequencyPenalty",
    "presence_penalty": "presencePenalty",
    "count": "candidateCount",
}


def camel(value: Any) -> Any:
    """Return the body with every field name in camel case; what a caller names itself stays."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name, inner in value.items():
        spelt = re.sub(r"_([a-z])", lambda match: match[1].upper(), name)
        found[spelt] = inner if spelt in OPAQUE else camel(inner)
    return found


def misshapen(body: dict[str, Any]) -> list[str]:
    """Return what google-genai's own types do not allow."""
    found = [f"/{name}: unknown" for name in body if name not in KNOWN]
    checks: list[tuple[str, Any, Any]] = [
        ("/systemInstruction", types.Content, body.get("systemInstruction")),
        ("/toolConfig", types.ToolConfig, body.get("toolConfig")),
        ("/generationConfig", types.GenerationConfig, body.get("generationConfig")),
    ]
    checks += [(f"/contents/{at}", types.Content, item) for at, item in enumerate(body["contents"])]
    checks += [(f"/tools/{at}", types.Tool, item) for at, item in enumerate(body.get("tools") or ())]
    for at, kind, value in checks:
        if value is None:
            continue
        try:
            kind.model_validate(value)
        except ValidationError as wrong:
            found.append(f"{at}: {wrong}")
    return found


def read(body: dict[str, Any]) -> Asked:
    """Read a body; fields without a fact are left out."""
    body = camel(body)
    asked = Asked()
    system = (body.get("systemInstruction") or {}).get("parts") or ()
    asked.system = "\n\n".join(part["text"] for part in ([system] if isinstance(system, dict) else system))
    for content in body["contents"]:
        role = "assistant" if content.get("role") == "model" else "user"
        for part in content.get("parts") or ():
            _part(asked, role, part)
    tools = body.get("tools") or ()
    for tool in [tools] if isinstance(tools, dict) else tools:
        for function in tool.get("functionDeclarations") or ():
            schema = function.get("parametersJsonSchema") or lowered(function.get("parameters"))
            asked.tools.append(Tool(function["name"], function.get("description") or "", schema))
        asked.web_search |= "googleSearch" in tool
    calling = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    if calling:
        names = calling.get("allowedFunctionNames") or ()
        mode = calling.get("mode") or "AUTO"
        asked.choice = chosen(MODES[mode], names)
    config = body.get("generationConfig") or {}
    for name, spelt in CONFIG.items():
        setattr(asked, name, config.get(spelt))
    asked.stop = list(config.get("stopSequences") or ())
    schema = config.get("responseJsonSchema") or lowered(config.get("responseSchema"))
    if schema:
        asked.output = schema
    elif config.get("responseMimeType") == "application/json":
        asked.output = "json"
    thinking = config.get("thinkingConfig") or {}
    budget = thinking.get("thinkingBudget")
    spelt = {None: None, 0: "none"}.get(budget, str(budget))
    asked.reasoning = thinking.get("thinkingLevel") or spelt
    return asked


def lowered(schema: Any) -> Any:
    """Return Google's OpenAPI schema as the JSON schema it means: types in small letters, no order of fields."""
    if isinstance(schema, list):
        return [lowered(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        SPELT.get(name, name): inner.lower() if name == "type" and isinstance(inner, str) else lowered(inner)
        for name, inner in schema.items()
        if name not in ("property_ordering", "propertyOrdering")
    }


def _part(asked: Asked, role: str, part: dict[str, Any]) -> None:
    if part.get("thought"):
        return
    if "text" in part:
        asked.items.append(Item(role, "text", part["text"]))
    elif "functionCall" in part:
        asked.items.append(Item(role, "call", (part["functionCall"]["name"], part["functionCall"].get("args") or {})))
    elif "functionResponse" in part:
        result = part["functionResponse"]
        value = result.get("response") or {}
        asked.items.append(Item(role, "result", (result["name"], result_value(value), list(value) == ["error"])))
        for inner in result.get("parts") or ():
            _media(asked, role, inner)
    else:
        _media(asked, role, part)


def _media(asked: Asked, role: str, part: dict[str, Any]) -> None:
    inline, file = part.get("inlineData"), part.get("fileData")
    if not inline and not file:
        return
    value = document(inline["data"], inline.get("mimeType") or "") if inline else f"url:{file['fileUri']}"
    kind = str((inline or file).get("mimeType") or "").partition("/")[0]
    asked.items.append(Item(role, kind if kind in ("image", "audio", "video") else "document", value))


def write(asked: Asked) -> dict[str, Any]:
    """Write the simplest body that asks for it."""
    body: dict[str, Any] = {"contents": _contents(asked)}
    if asked.system.strip():
        body["systemInstruction"] = {"parts": [{"text": asked.system}]}
    if asked.tools:
        declared = [
            {"name": tool.name, "description": tool.description}
            | ({"parametersJsonSchema": tool.schema} if tool.schema else {})
            for tool in asked.tools
        ]
        body["tools"] = [{"functionDeclarations": declared}]
    if asked.web_search:
        body["tools"] = [*body.get("tools", []), {"googleSearch": {}}]
    if asked.choice and asked.tools:
        kind, _, name = asked.choice.partition(":")
        mode = {"auto": "AUTO", "none": "NONE", "required": "ANY", "tool": "ANY"}[kind]
        body["toolConfig"] = {
            "functionCallingConfig": {"mode": mode} | ({"allowedFunctionNames": [name]} if name else {})
        }
    config = {spelt: getattr(asked, name) for name, spelt in CONFIG.items() if getattr(asked, name) is not None}
    if asked.stop:
        config["stopSequences"] = asked.stop
    if asked.output is not None:
        config["responseMimeType"] = "application/json"
    if isinstance(asked.output, dict):
        config["responseJsonSchema"] = asked.output
    if config:
        body["generationConfig"] = config
    return body


def _contents(asked: Asked) -> list[dict[str, Any]]:
    contents: list[dict[str, Any]] = []
    for item in asked.items:
        part: dict[str, Any] | None = None
        match item.kind:
            case "text":
                part = {"text": item.value}
            case "call":
                part = {"functionCall": {"name": item.value[0], "args": item.value[1]}}
            case "result":
                name, value, has_failed = item.value
                part = {"functionResponse": {"name": name, "response": {"error" if has_failed else "output": value}}}
        role = "model" if item.role == "assistant" else "user"
        if part is None:
            continue
        if contents and contents[-1]["role"] == role:
            contents[-1]["parts"].append(part)
        else:
            contents.append({"role": role, "parts": [part]})
    return contents
