"""Pictures and tools are found wherever a dialect lets them be, and nowhere else."""

import json
from typing import Any

import pytest

from tollway.formats.dialect import DialectName
from tollway.formats.json_object import JSONObject
from tollway.formats.uses import brings_images, brings_tools

PIXEL = "data:image/png;base64,iVBORw0KGgo="
PICTURES: list[tuple[DialectName, dict[str, Any]]] = [
    ("chat", {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": PIXEL}}]}]}),
    ("chat", {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "https://a/b.png"}]}]}),
    ("chat", {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_data": PIXEL}}]}]}),
    ("chat", {"modalities": ["text", "image"], "messages": []}),
    ("responses", {"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "file_1"}]}]}),
    (
        "responses",
        {"input": [{"type": "function_call_output", "output": [{"type": "input_image", "image_url": PIXEL}]}]},
    ),
    ("responses", {"prompt": {"id": "pmpt_1"}, "input": "hello"}),
    ("messages", {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url"}}]}]}),
    (
        "messages",
        {"messages": [{"content": [{"type": "tool_result", "content": [{"type": "image", "source": {}}]}]}]},
    ),
    ("gemini", {"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": "aaaa"}}]}]}),
    ("gemini", {"contents": {"parts": {"inline_data": {"mime_type": "IMAGE/PNG", "data": "aaaa"}}}}),
    ("gemini", {"contents": [{"parts": [{"fileData": {"fileUri": "https://a/b"}}]}]}),
    ("gemini", {"contents": [], "cachedContent": "cachedContents/7"}),
    ("gemini", {"contents": [], "generationConfig": {"responseModalities": ["IMAGE"]}}),
]
PLAIN: list[tuple[DialectName, dict[str, Any]]] = [
    ("chat", {"messages": [{"role": "user", "content": "an image_url is a word"}], "tools": [], "functions": None}),
    ("chat", {"messages": [{"role": "user", "content": [{"type": "text", "text": "data:image/png"}]}]}),
    ("chat", {"messages": [{"tool_calls": [{"function": {"arguments": '{"type": "image"}'}}]}]}),
    ("responses", {"input": [{"type": "function_call", "arguments": '{"type":"image"}'}], "prompt": None}),
    ("messages", {"messages": [{"content": [{"type": "tool_use", "input": {"type": "image"}}]}]}),
    ("messages", {"messages": [{"content": [{"type": "document", "source": {"media_type": "application/pdf"}}]}]}),
    ("gemini", {"contents": [{"parts": [{"functionCall": {"args": {"mimeType": "image/png"}}}]}], "tools": []}),
    ("gemini", {"contents": [{"parts": [{"inlineData": {"mimeType": "audio/wav", "data": "aaaa"}}]}]}),
]
TOOLS: list[tuple[DialectName, dict[str, Any]]] = [
    ("chat", {"tools": [{"type": "function", "function": {"name": "f"}}]}),
    ("chat", {"functions": [{"name": "f"}]}),
    ("chat", {"web_search_options": {"search_context_size": "low"}}),
    ("chat", {"plugins": [{"id": "web"}]}),
    ("responses", {"tools": [{"type": "web_search"}]}),
    ("responses", {"prompt": {"id": "pmpt_1"}}),
    ("responses", {"input": [{"type": "additional_tools", "tools": []}]}),
    ("messages", {"tools": [{"name": "f", "input_schema": {}}]}),
    ("messages", {"mcp_servers": [{"url": "https://a"}]}),
    ("messages", {"container": {"skills": []}}),
    ("gemini", {"tools": [{"googleSearch": {}}]}),
    ("gemini", {"cached_content": "cachedContents/7"}),
]


def body(value: dict[str, Any]) -> JSONObject:
    """Return a body as it would come."""
    return JSONObject.parse(json.dumps(value).encode())


@pytest.mark.parametrize("place", range(len(PICTURES)))
def test_pictures_are_found_in_every_place(place: int) -> None:
    dialect, value = PICTURES[place]
    assert brings_images(dialect, body(value))


@pytest.mark.parametrize("place", range(len(TOOLS)))
def test_tools_are_found_in_every_place(place: int) -> None:
    dialect, value = TOOLS[place]
    assert brings_tools(dialect, body(value))


@pytest.mark.parametrize("place", range(len(PLAIN)))
def test_words_alone_are_neither(place: int) -> None:
    dialect, value = PLAIN[place]
    assert not brings_images(dialect, body(value))
    assert not brings_tools(dialect, body(value))


@pytest.mark.parametrize(
    "raw",
    [
        b'{"messages": [{"content": [{"type": "image_url", "type": "text", "text": "x"}]}]}',
        b'{"messages": [{"content": [{"type": "image\\u005furl"}]}]}',
        b'{"messages": [{"content": [{"ima\\u0067e_url": 1}]}]}',
    ],
    ids=["named-twice", "escaped-value", "escaped-name"],
)
def test_a_picture_cannot_be_hidden_from_one_reader(raw: bytes) -> None:
    assert brings_images("chat", JSONObject.parse(raw))


def test_what_is_nested_too_deep_to_look_into_counts_as_a_picture() -> None:
    deep = b'{"messages": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    try:
        parsed = JSONObject.parse(deep)
    except Exception:  # refused before rights are asked is as good
        return
    assert brings_images("chat", parsed)
