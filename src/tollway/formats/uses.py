"""Whether a request brings pictures or tools, in each dialect: what rights may forbid.

Read from the body as it came, also where it is passed through without being understood whole. Law: what cannot be
looked into (a prompt or content that the vendor keeps) counts as bringing both, since it could.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from tollway.formats.dialect import DialectName
from tollway.formats.json_object import JSONObject

_TOOLS: Final[dict[DialectName, tuple[str, ...]]] = {
    # `plugins` are OpenRouter's, `functions` OpenAI's before there were tools.
    "chat": ("tools", "functions", "web_search_options", "plugins"),
    "responses": ("tools", "prompt"),
    "messages": ("tools", "mcp_servers", "container"),
    "gemini": ("tools", "cachedContent", "cached_content"),
}
"""Fields that give a model tools, or may."""
_CONTENT: Final[dict[DialectName, tuple[str, ...]]] = {
    "chat": ("messages", "modalities"),
    "responses": ("input", "prompt"),
    "messages": ("messages", "system"),
    "gemini": ("contents", "systemInstruction", "system_instruction", "generationConfig", "generation_config"),
}
"""Fields that pictures can be in, or be asked for."""
_KEPT_CONTENT = ("cachedContent", "cached_content")
_PICTURE_TYPES = frozenset(
    {"image", "image_url", "input_image", "image_file", "computer_screenshot", "image_generation_call"}
)
_MEDIA_TYPES = frozenset({"mimeType", "mime_type", "media_type"})
_ADDRESSED = frozenset({"fileData", "file_data", "inlineData", "inline_data"})
_OPAQUE = frozenset({"args", "response", "arguments", "schema", "responseSchema", "response_schema"})
"""Values of the caller's own making, in which the same words mean nothing."""
_NOTHING: tuple[Any, ...] = (None, False, [], (), "", 0)

Pairs = tuple[tuple[str, Any], ...]


def brings_tools(dialect: DialectName, body: JSONObject) -> bool:
    """Whether the request gives the model tools: functions, the vendor's own, or servers of tools."""
    if any(_load(body, name) not in _NOTHING for name in _TOOLS[dialect]):
        return True
    return dialect == "responses" and any(("type", "additional_tools") in pairs for pairs in _objects(body, "input"))


def brings_images(dialect: DialectName, body: JSONObject) -> bool:
    """Whether the request holds a picture, by bytes, by address or by id, or asks for one."""
    if any(_load(body, name) not in _NOTHING for name in _KEPT_CONTENT) or (
        dialect == "responses" and _load(body, "prompt") not in _NOTHING
    ):
        return True
    return any(_is_picture(pairs) for name in _CONTENT[dialect] for pairs in _objects(body, name))


def _is_picture(pairs: Pairs) -> bool:
    """Judge every value of a name that is given twice: two readers may see two."""
    for name, value in pairs:
        if name == "image_url" or (name == "type" and isinstance(value, str) and value in _PICTURE_TYPES):
            return True
        if _is_text(value, "image/" if name in _MEDIA_TYPES else "data:image/") and name != "text":
            return True
        if name in _ADDRESSED and isinstance(value, tuple) and not any(key in _MEDIA_TYPES for key, _ in value):
            return True  # Gemini finds out itself what it is.
        if name in ("modalities", "responseModalities", "response_modalities") and isinstance(value, list):
            return any(_is_text(each, "image") for each in value)
    return False


def _objects(body: JSONObject, field: str) -> Iterator[Pairs]:
    """Yield every object below a field, and the field itself as one."""
    waiting: list[Any] = [((field, _load(body, field)),)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, tuple):
            yield value
            is_call = any(name == "type" and each in ("tool_use", "server_tool_use") for name, each in value)
            waiting += [each for name, each in value if name not in _OPAQUE and not (is_call and name == "input")]


def _is_text(value: object, start: str) -> bool:
    return isinstance(value, str) and value.lower().startswith(start)


def _load(body: JSONObject, name: str) -> Any:
    """Return a field with objects as pairs, None when it is absent. What cannot be read is passed on as it is."""
    raw = body.raw(name)
    try:
        return json.loads(raw, object_pairs_hook=tuple) if raw else None
    except (ValueError, RecursionError):
        # JSONObject saw that it is JSON; nested beyond what can be looked into it may hold anything.
        return (("type", "image"),)
