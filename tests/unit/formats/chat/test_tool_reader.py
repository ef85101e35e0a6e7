"""Tools, the choice among them, and searches, in the words of every speaker."""

import pytest

from kit.chat import read, refused
from kit.translation import meaning
from tollway.formats import hub

FUNCTION = {"type": "function", "function": {"name": "f"}}


def test_a_function_is_read_with_its_schema_byte_for_byte():
    function = {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": True}
    tools = read(tools=[{"type": "function", "function": function, "cache_control": {"type": "ephemeral"}}]).tools
    schema = b'{"type": "object"}'
    expected = hub.Tool(name="f", description="d", parameters=schema, strict=True, cache=hub.CacheMark())
    assert meaning(tools) == (expected,)
    assert tools[0].at == "tools[0]"
    assert read(tools=[{"function": {"name": "g"}}]).tools[0].name == "g"


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", hub.ToolChoice(mode="auto")),
        ("none", hub.ToolChoice(mode="none")),
        ("required", hub.ToolChoice(mode="required")),
        ("any", hub.ToolChoice(mode="required")),
        (FUNCTION, hub.ToolChoice(mode="tool", names=("f",))),
        ({"function": {"name": "f"}}, hub.ToolChoice(mode="tool", names=("f",))),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [FUNCTION]}},
            hub.ToolChoice(mode="required", names=("f",)),
        ),
    ],
)
def test_each_choice_is_read(choice, expected):
    assert read(tools=[FUNCTION], tool_choice=choice).tool_choice == expected


def test_searches_are_read_in_openais_and_openrouters_words():
    place = {"country": "GB", "city": "London"}
    openai = {"search_context_size": "low", "user_location": {"type": "approximate", "approximate": place}}
    expected = hub.WebSearch(context_size="low", country="GB", city="London")
    assert meaning(read(web_search_options=openai).web_search) == expected
    assert meaning(read(web_search_options={}).web_search) == hub.WebSearch()
    limits = {"max_uses": 1, "allowed_domains": ["a.com"], "excluded_domains": ["b.com"]}
    options = limits | {"search_context_size": "low", "user_location": {"type": "approximate"} | place}
    request = read(tools=[FUNCTION, {"type": "openrouter:web_search", "parameters": options}])
    limited = hub.WebSearch(
        uses_max=1,
        allowed_domains=("a.com",),
        blocked_domains=("b.com",),
        context_size="low",
        country="GB",
        city="London",
    )
    assert meaning(request.web_search) == limited and [tool.name for tool in request.tools] == ["f"]
    assert read(tools=[{"type": "openrouter:web_search"}]).web_search is not None


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"functions": [{"name": "f"}]}, "functions"),
        ({"function_call": "auto"}, "function_call"),
        ({"tools": [{"type": "custom", "custom": {"name": "f"}}]}, "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function.name"),
        ({"tools": [{"type": "function", "function": {"name": "f", "odd": 1}}]}, "tools[0].function.odd"),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": []}}]},
            "tools[0].function.parameters",
        ),
        ({"tools": [FUNCTION | {"odd": 1}]}, "tools[0].odd"),
        ({"tool_choice": "odd"}, "tool_choice"),
        ({"tool_choice": {"type": "custom", "custom": {"name": "f"}}}, "tool_choice.type"),
        ({"tool_choice": {"type": "function"}}, "tool_choice.function"),
        ({"tool_choice": {"type": "allowed_tools"}}, "tool_choice.allowed_tools"),
        (
            {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "odd", "tools": []}}},
            "tool_choice.allowed_tools.mode",
        ),
        ({"web_search_options": {"search_context_size": "odd"}}, "web_search_options.search_context_size"),
        ({"web_search_options": {"odd": 1}}, "web_search_options.odd"),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_place(fields, param):
    assert refused(**fields).param == param
