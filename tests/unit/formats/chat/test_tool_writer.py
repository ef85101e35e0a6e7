"""Tools and choices are written in each vendor's words; limits that it lacks are kept in another way or refused."""

import json

import pytest
from msgspec import structs

from kit.chat import hello, inexpressible, write, written
from tollway.formats import hub

CLOSED = b'{"type":"object","properties":{},"additionalProperties":false}'
F = hub.Tool(name="f", description="d", parameters=CLOSED, strict=True, cache=hub.CacheMark())
G = hub.Tool(name="g")


def asking(choice=None, **fields):
    return hello(tools=(F, G), tool_choice=choice, **fields)


def test_functions_are_written_with_what_the_vendor_takes():
    f = {"name": "f", "description": "d", "parameters": json.loads(CLOSED), "strict": True}
    assert write(asking())["tools"] == [
        {"type": "function", "function": f},
        {"type": "function", "function": {"name": "g"}},
    ]
    mistral = write(asking(), "mistral")["tools"][1]["function"]
    assert mistral == {"name": "g", "parameters": {"type": "object", "properties": {}}}
    deepseek = written(asking(), "deepseek")
    assert b"strict" not in deepseek.body and deepseek.notes == ("strict-ignored", "cache-marks-ignored")
    assert write(asking(), "openrouter")["tools"][0]["cache_control"] == {"type": "ephemeral"}


def test_openai_is_not_asked_to_enforce_a_schema_it_would_refuse_the_call_for():
    request = hello(tools=(structs.replace(F, parameters=b'{"type":"object"}', cache=None),))
    openai, mistral = written(request), written(request, "mistral")
    assert json.loads(openai.body)["tools"][0]["function"]["strict"] is False and openai.notes == ("strict-ignored",)
    assert json.loads(mistral.body)["tools"][0]["function"]["strict"] is True and mistral.notes == ()


@pytest.mark.parametrize(
    ("choice", "vendor", "expected"),
    [
        (hub.ToolChoice(mode="auto"), "openai", "auto"),
        (hub.ToolChoice(mode="none"), "groq", "none"),
        (hub.ToolChoice(mode="required"), "openai", "required"),
        (hub.ToolChoice(mode="required"), "mistral", "any"),
        (hub.ToolChoice(mode="tool", names=("f",)), "mistral", {"type": "function", "function": {"name": "f"}}),
        (
            hub.ToolChoice(mode="auto", names=("f",)),
            "openai",
            {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]},
            },
        ),
    ],
)
def test_each_choice_is_written(choice, vendor, expected):
    body = write(asking(choice), vendor)
    assert body["tool_choice"] == expected and len(body["tools"]) == 2


def test_limits_to_names_become_fewer_tools():
    for mode in ("required", "tool"):
        request = hello(tools=(F, G, hub.Tool(name="h")), tool_choice=hub.ToolChoice(mode=mode, names=("f", "g")))
        body = write(request, "groq")
        assert [tool["function"]["name"] for tool in body["tools"]] == ["f", "g"]
        assert body["tool_choice"] == "required" and "tools-narrowed" in written(request, "groq").notes


def test_a_vendor_without_choice_gets_no_tools_for_none_and_refuses_the_rest():
    found = written(asking(hub.ToolChoice(mode="none")), "ollama")
    assert b"tools" not in found.body and found.notes == ("tools-omitted",)
    assert inexpressible(asking(hub.ToolChoice(mode="required")), "zai").field == "tool_choice"
    assert "tool_choice" in write(asking(hub.ToolChoice(mode="auto")), "ollama")


def test_parallel_calls_are_only_spoken_of_with_tools():
    assert write(asking(parallel_tool_calls=False))["parallel_tool_calls"] is False
    assert "parallel_tool_calls" not in write(hello(parallel_tool_calls=False))
    assert inexpressible(asking(parallel_tool_calls=False), "ollama").field == "parallel_tool_calls"
    assert "parallel_tool_calls" not in write(asking(parallel_tool_calls=True), "ollama")


def test_searches_are_asked_for_where_there_are_any():
    search = hub.WebSearch(context_size="low", city="London", at="x")
    place = {"type": "approximate", "approximate": {"city": "London"}}
    body = write(hello(web_search=search), "openai", "gpt-4o-search-preview")
    assert body["web_search_options"] == {"search_context_size": "low", "user_location": place}
    limited = hub.WebSearch(uses_max=2, allowed_domains=("a.com",), blocked_domains=("b.com",), city="London", at="x")
    parameters = {"max_uses": 2, "allowed_domains": ["a.com"], "excluded_domains": ["b.com"]}
    place = {"user_location": {"type": "approximate", "city": "London"}}
    tool = {"type": "openrouter:web_search", "parameters": parameters | place}
    assert write(hello(web_search=limited), "openrouter")["tools"] == [tool]
    assert write(hello(web_search=hub.WebSearch()), "openrouter")["tools"] == [{"type": "openrouter:web_search"}]
    assert inexpressible(hello(web_search=limited), "openai", "gpt-4o-search-preview").at == "x"
    for vendor in ("openai", "groq", "mistral"):
        assert inexpressible(hello(web_search=search), vendor).field == "web_search"


def test_perplexity_searches_and_calls_no_tools():
    search = hub.WebSearch(allowed_domains=("a.com",), blocked_domains=("b.com",), country="GB", context_size="high")
    body = write(hello(web_search=search), "perplexity", "sonar")
    assert body["search_domain_filter"] == ["a.com", "-b.com"]
    assert body["web_search_options"] == {"search_context_size": "high", "user_location": {"country": "GB"}}
    assert inexpressible(asking(), "perplexity").field == "tools"
    assert inexpressible(hello(web_search=hub.WebSearch(uses_max=1)), "perplexity").field == "web_search"
