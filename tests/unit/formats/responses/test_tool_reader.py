"""Functions and web search are read; every other tool is refused by its name."""

import json
from typing import Any

import pytest

from kit.translation import meaning
from tollway.formats import hub
from tollway.formats.asked import Asked
from tollway.formats.responses.tool_reader import read_tool_choice, read_tools
from tollway.kernel.errors import TollwayError

FUNCTION = {"type": "function", "name": "f", "description": "d", "parameters": {"a": 1}, "strict": True}


def asked(**fields: Any) -> Asked:
    return Asked.parse(json.dumps(fields).encode())


def tools(*declared: dict[str, Any], **more: Any) -> object:
    return meaning(read_tools(asked(tools=declared, **more), []))


def test_functions() -> None:
    assert tools(FUNCTION, {"type": "function", "name": "g", "parameters": None, "defer_loading": False}) == (
        (
            hub.Tool(name="f", description="d", parameters=b'{"a": 1}', strict=True),
            hub.Tool(name="g"),
        ),
        None,
    )


def test_those_of_the_conversation_come_after() -> None:
    added = Asked.parse(json.dumps(FUNCTION | {"name": "g"}).encode(), "input[0].tools[0]")
    found, _ = read_tools(asked(tools=[FUNCTION]), [added, Asked.parse(json.dumps(FUNCTION).encode())])
    assert [tool.name for tool in found] == ["f", "g"]


@pytest.mark.parametrize("kind", ["web_search", "web_search_2025_08_26", "web_search_preview"])
def test_web_search(kind: str) -> None:
    declared = {
        "type": kind,
        "search_context_size": "high",
        "filters": {"allowed_domains": ["a.com"], "blocked_domains": ["b.com"]},
        "user_location": {"type": "approximate", "country": "DE", "city": "Bonn", "region": "NRW", "timezone": "t"},
        "external_web_access": True,
        "search_content_types": ["text"],
    }
    assert tools(declared, max_tool_calls=3) == (
        (),
        hub.WebSearch(
            uses_max=3,
            allowed_domains=("a.com",),
            blocked_domains=("b.com",),
            country="DE",
            city="Bonn",
            region="NRW",
            timezone="t",
            context_size="high",
        ),
    )


def test_a_bound_of_built_in_tools_says_nothing_without_any() -> None:
    assert tools(max_tool_calls=3) == ((), None)


@pytest.mark.parametrize(
    ("declared", "param", "code"),
    [
        ({"name": "f"}, "tools[0].type", "request.field_invalid"),
        ({"type": "function"}, "tools[0].name", "request.field_invalid"),
        ({"type": "function", "name": "f", "defer_loading": True}, "tools[0].defer_loading", "request.untranslatable"),
        ({"type": "code_interpreter"}, "tools[0].type", "request.untranslatable"),
        ({"type": "custom", "name": "c"}, "tools[0].type", "request.untranslatable"),
        ({"type": "web_search", "search_context_size": "x"}, "tools[0].search_context_size", "request.field_invalid"),
        (
            {"type": "web_search", "external_web_access": False},
            "tools[0].external_web_access",
            "request.untranslatable",
        ),
        (
            {"type": "web_search", "search_content_types": ["image"]},
            "tools[0].search_content_types",
            "request.untranslatable",
        ),
        ({"type": "web_search", "filters": {"x": 1}}, "tools[0].filters.x", "request.untranslatable"),
    ],
)
def test_refusals_name_the_place(declared: dict[str, Any], param: str, code: str) -> None:
    with pytest.raises(TollwayError) as caught:
        tools(declared)
    assert (caught.value.param, caught.value.code.name) == (param, code)


def test_one_name_is_one_function() -> None:
    with pytest.raises(TollwayError) as caught:
        tools(FUNCTION, FUNCTION | {"description": "other"})
    assert caught.value.param == "tools[1].name"


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, None),
        ("auto", hub.ToolChoice(mode="auto")),
        ("none", hub.ToolChoice(mode="none")),
        ("required", hub.ToolChoice(mode="required")),
        ({"type": "function", "name": "f"}, hub.ToolChoice(mode="tool", names=("f",))),
        (
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]},
            hub.ToolChoice(mode="auto", names=("f",)),
        ),
    ],
)
def test_choices(choice: object, expected: hub.ToolChoice | None) -> None:
    assert read_tool_choice(asked(tool_choice=choice)) == expected


@pytest.mark.parametrize(
    ("choice", "param"),
    [
        ("any", "tool_choice"),
        ({"type": "web_search_preview"}, "tool_choice.type"),
        ({"type": "function"}, "tool_choice.name"),
        ({"type": "allowed_tools", "mode": "none"}, "tool_choice.mode"),
        ({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "mcp"}]}, "tool_choice.tools[0].type"),
        ({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function"}]}, "tool_choice.tools[0].name"),
    ],
)
def test_choices_that_are_refused(choice: object, param: str) -> None:
    with pytest.raises(TollwayError) as caught:
        read_tool_choice(asked(tool_choice=choice))
    assert caught.value.param == param
