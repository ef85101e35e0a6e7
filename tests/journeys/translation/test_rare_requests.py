"""One field at a time, from each dialect to a vendor of another: what the vendor is sent, by the vendors' documents, or
by which of the caller's names it is refused.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from kit.gateway_client import GatewayClient, provider
from kit.instance import Tollway
from kit.replay import Replay

pytestmark = pytest.mark.timeout(120)

VENDORS = {
    # provider: (kind, model)
    "openai": ("openai", "gpt-4o"),
    "thinker": ("openai", "gpt-5"),
    "anthropic": ("anthropic", "claude-sonnet-4-5"),
    "gemini": ("gemini", "gemini-2.5-flash"),
}
HELLO = [{"role": "user", "content": "hello"}]
PARTS = [{"role": "user", "parts": [{"text": "hello"}]}]
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
BASE: dict[str, dict[str, Any]] = {
    "chat": {"messages": HELLO},
    "responses": {"input": "hello"},
    "messages": {"messages": HELLO, "max_tokens": 9_000},
    "gemini": {"contents": PARTS},
}
TOOLS: dict[str, list[Any]] = {
    "chat": [{"type": "function", "function": {"name": "f", "parameters": SCHEMA}}],
    "responses": [{"type": "function", "name": "f", "parameters": SCHEMA, "strict": False}],
    "messages": [{"name": "f", "input_schema": SCHEMA}],
    "gemini": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": SCHEMA}]}],
}
GOOGLES_SCHEMA = {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}
BRIEF = {"parts": [{"text": "Be brief."}]}
AUDIO = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "mp3"}}
SAFETY = [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_LOW_AND_ABOVE"}]
NOT_THERE = "(not there)"
"""A text and no object: it is part of the tests' names, which must be the same in every process."""


def tooled(dialect: str, **fields: Any) -> dict[str, Any]:
    return {"tools": TOOLS[dialect], **fields}


def config(**fields: Any) -> dict[str, Any]:
    return {"generationConfig": fields}


SENT: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    # caller, fields, vendor, what stands where in the vendor's body
    ("chat", {"stop": "x"}, "anthropic", {"stop_sequences": ["x"]}),
    ("chat", {"max_completion_tokens": 7}, "anthropic", {"max_tokens": 7}),
    ("chat", {"top_p": 0.5}, "anthropic", {"top_p": 0.5}),
    ("chat", {"user": "u1"}, "anthropic", {"metadata.user_id": "u1"}),
    ("chat", {"seed": None, "n": 1, "logprobs": False}, "anthropic", {"seed": NOT_THERE, "n": NOT_THERE}),
    ("chat", tooled("chat", tool_choice="required"), "anthropic", {"tool_choice.type": "any"}),
    ("chat", tooled("chat", tool_choice="none"), "anthropic", {"tool_choice.type": "none"}),
    ("chat", tooled("chat", parallel_tool_calls=False), "anthropic", {"tool_choice.disable_parallel_tool_use": True}),
    (
        "chat",
        tooled("chat", tool_choice={"type": "function", "function": {"name": "f"}}),
        "anthropic",
        {"tool_choice.type": "tool", "tool_choice.name": "f"},
    ),
    (
        "chat",
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}},
        "anthropic",
        {"output_config.format.type": "json_schema", "output_config.format.schema": SCHEMA},
    ),
    ("chat", {"n": 2}, "gemini", {"generationConfig.candidateCount": 2}),
    ("chat", {"stop": ["x", "y"]}, "gemini", {"generationConfig.stopSequences": ["x", "y"]}),
    ("chat", {"seed": 3, "presence_penalty": 0.5}, "gemini", {"generationConfig.seed": 3}),
    ("chat", tooled("chat", tool_choice="required"), "gemini", {"toolConfig.functionCallingConfig.mode": "ANY"}),
    (
        "chat",
        tooled("chat", tool_choice={"type": "function", "function": {"name": "f"}}),
        "gemini",
        {"toolConfig.functionCallingConfig.allowedFunctionNames": ["f"]},
    ),
    (
        "chat",
        {"response_format": {"type": "json_object"}},
        "gemini",
        {"generationConfig.responseMimeType": "application/json", "generationConfig.responseJsonSchema": NOT_THERE},
    ),
    ("messages", {"stop_sequences": ["x"]}, "openai", {"stop": ["x"]}),
    ("messages", {"max_tokens": 7}, "openai", {"max_completion_tokens": 7}),
    ("messages", tooled("messages", tool_choice={"type": "any"}), "openai", {"tool_choice": "required"}),
    (
        "messages",
        tooled("messages", tool_choice={"type": "auto", "disable_parallel_tool_use": True}),
        "openai",
        {"parallel_tool_calls": False},
    ),
    ("messages", {"system": [{"type": "text", "text": "Be brief."}]}, "openai", {"messages.0.content": "Be brief."}),
    ("messages", {"top_k": 5}, "gemini", {"generationConfig.topK": 5}),
    (
        "messages",
        {"thinking": {"type": "enabled", "budget_tokens": 4_096}},
        "gemini",
        {"generationConfig.thinkingConfig.thinkingBudget": 4_096},
    ),
    ("gemini", config(stopSequences=["x"], maxOutputTokens=7), "anthropic", {"stop_sequences": ["x"], "max_tokens": 7}),
    ("gemini", config(candidateCount=2), "openai", {"n": 2}),
    (
        "gemini",
        config(
            responseMimeType="application/json",
            responseSchema={"type": "OBJECT", "properties": {"a": {"type": "STRING"}}},
        ),
        "openai",
        {"response_format.json_schema.schema.properties.a.type": "string"},
    ),
    (
        "gemini",
        {"systemInstruction": BRIEF},
        "openai",
        {"messages.0.content": "Be brief."},
    ),
    ("responses", {"instructions": "Be brief.", "max_output_tokens": 50}, "anthropic", {"max_tokens": 50}),
    (
        "responses",
        tooled("responses", parallel_tool_calls=False),
        "anthropic",
        {"tool_choice.disable_parallel_tool_use": True},
    ),
    ("responses", {"tools": [{"type": "web_search"}]}, "gemini", {"tools.0.googleSearch": {}}),
    ("responses", {"tools": [{"type": "web_search"}]}, "anthropic", {"tools.0.name": "web_search"}),
    ("responses", {"store": False, "truncation": "disabled"}, "anthropic", {"store": NOT_THERE}),
    ("messages", {"thinking": {"type": "enabled", "budget_tokens": 4_096}}, "thinker", {"reasoning_effort": "medium"}),
]
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    # caller, fields, vendor, the caller's name for what cannot be said
    ("chat", {"n": 2}, "anthropic", "n"),
    ("chat", {"temperature": 1.5}, "anthropic", "temperature"),
    ("chat", {"presence_penalty": 0.5}, "anthropic", "presence_penalty"),
    ("chat", {"frequency_penalty": 0.5}, "anthropic", "frequency_penalty"),
    ("chat", {"logit_bias": {"50256": -100}}, "anthropic", "logit_bias"),
    ("chat", {"logit_bias": {"50256": -100}}, "gemini", "logit_bias"),
    ("chat", AUDIO, "anthropic", "audio"),
    ("chat", {"unheard_of": 1}, "anthropic", "unheard_of"),
    ("responses", {"truncation": "auto"}, "anthropic", "truncation"),
    ("responses", {"background": True}, "gemini", "background"),
    ("responses", {"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}]}, "gemini", "tools[0].type"),
    ("messages", {"mcp_servers": [{"type": "url", "url": "https://e.com", "name": "n"}]}, "openai", "mcp_servers"),
    ("messages", {"unheard_of": 1}, "gemini", "unheard_of"),
    ("gemini", {"cachedContent": "cachedContents/x"}, "anthropic", "cachedContent"),
    ("gemini", config(candidateCount=2), "anthropic", "generationConfig.candidateCount"),
    ("gemini", {"unheardOf": 1}, "openai", "unheardOf"),
]
EITHER: list[tuple[str, dict[str, Any], str, str]] = [
    # caller, fields, vendor, the field that is either refused by name or admitted to be left out
    ("messages", {"top_k": 5}, "openai", "top_k"),
    ("gemini", config(topK=5), "openai", "topK"),
    ("chat", {"seed": 3}, "anthropic", "seed"),
    ("chat", {"metadata": {"a": "b"}}, "anthropic", "metadata"),
    ("chat", {"verbosity": "low"}, "gemini", "verbosity"),
    ("chat", tooled("chat", parallel_tool_calls=False), "gemini", "parallel_tool_calls"),
    (
        "gemini",
        {"safetySettings": SAFETY},
        "openai",
        "safetySettings",
    ),
]


@pytest.fixture(scope="module")
def client(tollway: Tollway, upstream: Replay) -> Iterator[GatewayClient]:
    """A caller of a gateway in front of the vendors, which refuse whatever reaches them."""
    root = f"http://127.0.0.1:{upstream.port}"
    listed = "".join(provider(name, kind, root) for name, (kind, _) in VENDORS.items())
    tollway.apply(f"version: 1\nproviders:\n{listed}")
    upstream.status, upstream.content_type, upstream.answer = (
        418,
        "application/json",
        b'{"error": {"message": "teapot"}}',
    )
    client = GatewayClient(tollway.gateway_url, tollway.token())
    yield client
    client.close()


def ask(client: GatewayClient, upstream: Replay, caller: str, fields: dict[str, Any], vendor: str) -> tuple[Any, Any]:
    """Send a request; return what came back and the body that reached the vendor, None when none did."""
    upstream.seen.clear()
    told = client.ask(caller, BASE[caller] | fields, model=f"{vendor}/{VENDORS[vendor][1]}", is_stream=False)
    return told, json.loads(upstream.seen[-1].body) if upstream.seen else None


def find(body: Any, place: str) -> Any:
    """Return what stands at a place; NOT_THERE when nothing does."""
    for step in place.split("."):
        try:
            body = body[int(step)] if isinstance(body, list) else body[step]
        except (LookupError, TypeError, ValueError):
            return NOT_THERE
    return body


def name_of(value: object) -> str:
    return json.dumps(value, default=str)[:60] if isinstance(value, dict) else str(value)


@pytest.mark.parametrize(("caller", "fields", "vendor", "expected"), SENT, ids=name_of)
def test_a_field_is_said_in_the_vendors_words(client, upstream, caller, fields, vendor, expected):
    told, body = ask(client, upstream, caller, fields, vendor)
    assert body is not None, told.body
    assert {place: find(body, place) for place in expected} == expected, (body, told.notes)


@pytest.mark.parametrize(("caller", "fields", "vendor", "name"), REFUSED, ids=name_of)
def test_a_field_that_cannot_be_said_is_refused_by_its_name(client, upstream, caller, fields, vendor, name):
    told, body = ask(client, upstream, caller, fields, vendor)
    assert body is None and told.status == 400, (told.status, body)
    error = json.loads(told.body)["error"]
    assert f"`{name}`" in error["message"], error
    if caller in ("chat", "responses"):
        assert (error["code"], error["param"]) == ("request.untranslatable", name)


@pytest.mark.parametrize(("caller", "fields", "vendor", "name"), EITHER, ids=name_of)
def test_nothing_is_left_out_in_silence(client, upstream, caller, fields, vendor, name):
    told, body = ask(client, upstream, caller, fields, vendor)
    if body is None:
        assert told.status == 400 and name in json.loads(told.body)["error"]["message"], told.body
    else:
        assert told.notes, f"{name} was left out of {body}"
