"""Tools are written as each model takes them; a choice that cannot be made is refused."""

import json

import msgspec
import pytest

from tollway.formats import hub
from tollway.formats.dialect import Inexpressible
from tollway.formats.messages.model import find_model
from tollway.formats.messages.tool_writer import write_choice, write_choice_of_any, write_tools

OPEN = b'{"type":"object","properties":{"a":{"type":"string"}}}'
F, G = hub.Tool(name="f", parameters=OPEN), hub.Tool(name="g", parameters=OPEN)


def request(*tools: hub.Tool, choice: hub.ToolChoice | None = None, **fields: object) -> hub.Request:
    return hub.Request(model="m", turns=(), tools=tools, tool_choice=choice, **fields)


def tools_of(asked: hub.Request, model: str = "claude-sonnet-4-5") -> tuple[list[dict[str, object]], list[str]]:
    notes: list[str] = []
    return json.loads(msgspec.json.encode(write_tools(asked, find_model(model), notes))), notes


def choice_of(asked: hub.Request, model: str = "claude-sonnet-4-5", *, is_thinking: bool = False) -> object:
    return write_choice(asked, find_model(model), is_thinking=is_thinking)


def test_a_function_is_written_with_its_schema_to_the_byte():
    tool = hub.Tool(name="f", description="d", parameters=b'{ "type":"object" }', cache=hub.CacheMark())
    written = msgspec.json.encode(write_tools(request(tool), find_model("claude-sonnet-4-5"), []))
    assert written == (
        b'[{"name":"f","description":"d","input_schema":{ "type":"object" },"cache_control":{"type":"ephemeral"}}]'
    )


def test_a_function_without_parameters_has_an_empty_object():
    schema = {"type": "object", "properties": {}}
    assert tools_of(request(hub.Tool(name="f")))[0] == [{"name": "f", "input_schema": schema}]
    assert tools_of(request(hub.Tool(name="f", parameters=b'{"properties":{}}')))[0][0]["input_schema"] == schema


def test_a_strict_tool_has_a_schema_that_can_be_enforced():
    tools, notes = tools_of(request(hub.Tool(name="f", parameters=OPEN, strict=True)))
    assert tools[0]["strict"] is True and notes == ["schema-closed"]
    assert tools[0]["input_schema"] == json.loads(OPEN) | {"additionalProperties": False}


@pytest.mark.parametrize(
    ("parameters", "model"), [(OPEN, "claude-sonnet-4-0"), (b'{"type":"object"}', "claude-sonnet-4-5")]
)
def test_a_tool_that_cannot_be_strict_may_be_deviated_from(parameters, model):
    tools, notes = tools_of(request(hub.Tool(name="f", parameters=parameters, strict=True)), model)
    assert tools == [{"name": "f", "input_schema": json.loads(parameters)}] and notes == ["strict-ignored"]


@pytest.mark.parametrize(
    ("tool", "model", "advice"),
    [
        (hub.Tool(name="a.b", at="tools[0]"), "claude-sonnet-4-5", "rename the tool"),
        (hub.Tool(name="f", parameters=b'{"type":"array"}', at="tools[0]"), "claude-sonnet-4-5", "must be an object"),
        (hub.Tool(name="f", parameters=b"7", at="tools[0]"), "claude-sonnet-4-5", "must be a schema"),
    ],
)
def test_a_tool_that_cannot_be_offered_is_refused_by_place(tool, model, advice):
    with pytest.raises(Inexpressible, match=advice) as refusal:
        tools_of(request(tool), model)
    assert (refusal.value.field, refusal.value.at) == ("tools", "tools[0]")


def test_web_search_is_written_with_what_was_stated():
    search = hub.WebSearch(uses_max=2, blocked_domains=("e.com",), city="Kiel", context_size="high")
    tools, notes = tools_of(request(web_search=search))
    assert tools == [
        {
            "type": "web_search_20250305",
            "name": "web_search",
            "max_uses": 2,
            "blocked_domains": ["e.com"],
            "user_location": {"type": "approximate", "city": "Kiel"},
        }
    ]
    assert notes == ["web-search-size-ignored"]


def test_web_search_cannot_both_allow_and_block():
    search = hub.WebSearch(allowed_domains=("a",), blocked_domains=("b",), at="tools[1]")
    with pytest.raises(Inexpressible, match="exclude each other") as refusal:
        tools_of(request(web_search=search))
    assert refusal.value.at == "tools[1]"


@pytest.mark.parametrize("mode", ["auto", "required", "tool"])
def test_a_choice_among_some_offers_these_alone(mode):
    tools, notes = tools_of(request(F, G, choice=hub.ToolChoice(mode=mode, names=("f", "h"))))
    assert [tool["name"] for tool in tools] == ["f"] and notes == ["tools-narrowed"]


def test_the_choice_of_one_offers_all():
    tools, notes = tools_of(request(F, G, choice=hub.ToolChoice(mode="tool", names=("f",))))
    assert [tool["name"] for tool in tools] == ["f", "g"] and notes == []


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (request(F), None),
        (request(F, parallel_tool_calls=True), None),
        (request(F, parallel_tool_calls=False), {"type": "auto", "disable_parallel_tool_use": True}),
        (request(F, choice=hub.ToolChoice(mode="auto")), {"type": "auto"}),
        (request(F, choice=hub.ToolChoice(mode="none")), {"type": "none"}),
        (request(F, choice=hub.ToolChoice(mode="required")), {"type": "any"}),
        (request(F, G, choice=hub.ToolChoice(mode="tool", names=("f", "g"))), {"type": "any"}),
        (
            request(F, choice=hub.ToolChoice(mode="tool", names=("f",)), parallel_tool_calls=False),
            {"type": "tool", "name": "f", "disable_parallel_tool_use": True},
        ),
        (request(choice=hub.ToolChoice(mode="auto"), parallel_tool_calls=False), None),
        (request(choice=hub.ToolChoice(mode="none")), None),
        (request(choice=hub.ToolChoice(mode="required"), web_search=hub.WebSearch()), {"type": "any"}),
    ],
)
def test_the_choice_is_written(asked, expected):
    assert choice_of(asked) == expected


@pytest.mark.parametrize(
    ("asked", "model", "is_thinking", "advice"),
    [
        (request(choice=hub.ToolChoice(mode="required")), "claude-sonnet-4-5", False, "no tool is offered"),
        (request(F, choice=hub.ToolChoice(mode="required")), "claude-opus-5-5", False, "cannot be made to call"),
        (request(F, choice=hub.ToolChoice(mode="required")), "claude-sonnet-4-5", True, "exclude each other"),
    ],
)
def test_a_call_that_cannot_be_forced_is_refused(asked, model, is_thinking, advice):
    with pytest.raises(Inexpressible, match=advice) as refusal:
        choice_of(asked, model, is_thinking=is_thinking)
    assert refusal.value.field == "tool_choice"


def test_newer_models_can_be_forced_while_they_think():
    asked = request(F, choice=hub.ToolChoice(mode="required"))
    assert choice_of(asked, "claude-opus-5", is_thinking=True) == {"type": "any"}


def test_one_of_all_may_be_kept_to_one():
    assert write_choice_of_any(request(F)) == {"type": "any"}
    assert write_choice_of_any(request(F, parallel_tool_calls=False)) == {
        "type": "any",
        "disable_parallel_tool_use": True,
    }
