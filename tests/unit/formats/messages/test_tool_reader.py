"""Tools and the choice among them are read; those that only Anthropic provides are refused by place."""

import json

import pytest

from tollway.formats import hub
from tollway.formats.asked import Asked
from tollway.formats.messages.tool_reader import Offered, read_choice, read_offered
from tollway.kernel.errors import TollwayError

FUNCTION = {"name": "f", "input_schema": {"type": "object"}}


def offered(*tools: object) -> Offered:
    return read_offered(Asked.parse(json.dumps({"tools": tools}).encode()))


def choice(value: object) -> tuple[hub.ToolChoice | None, bool | None]:
    return read_choice(Asked.parse(json.dumps({"tool_choice": value}).encode()))


def test_a_function_is_read_with_its_schema_to_the_byte():
    raw = b'{"tools":[{"name":"f","type":"custom","description":"d","input_schema":{ "type":"object" },"strict":true,'
    raw += b'"eager_input_streaming":true,"allowed_callers":["direct"],"cache_control":{"type":"ephemeral"}}]}'
    assert read_offered(Asked.parse(raw)).functions == (
        hub.Tool(
            name="f",
            description="d",
            parameters=b'{ "type":"object" }',
            strict=True,
            cache=hub.CacheMark(),
            at="tools[0]",
        ),
    )


@pytest.mark.parametrize("version", ["web_search_20250305", "web_search_20260209", "web_search_20260318"])
def test_web_search_is_read_in_every_version(version):
    search = {
        "type": version,
        "name": "web_search",
        "max_uses": 3,
        "allowed_domains": ["e.com"],
        "blocked_domains": None,
        "user_location": {
            "type": "approximate",
            "city": "Kiel",
            "country": "DE",
            "region": "SH",
            "timezone": "Europe/Berlin",
        },
    }
    assert offered(search) == Offered(
        (),
        hub.WebSearch(
            uses_max=3,
            allowed_domains=("e.com",),
            city="Kiel",
            country="DE",
            region="SH",
            timezone="Europe/Berlin",
            at="tools[0]",
        ),
    )


@pytest.mark.parametrize(
    ("tool", "param"),
    [
        ({"type": "bash_20250124", "name": "bash"}, "tools[0]"),
        ({"type": "code_execution_20260120", "name": "code_execution"}, "tools[0]"),
        (FUNCTION | {"defer_loading": True}, "tools[0].defer_loading"),
        (FUNCTION | {"input_examples": [{"a": 1}]}, "tools[0].input_examples"),
        (FUNCTION | {"allowed_callers": ["code_execution_20260120"]}, "tools[0].allowed_callers"),
        (
            {"type": "web_search_20260318", "name": "web_search", "response_inclusion": "excluded"},
            "tools[0].response_inclusion",
        ),
        (
            {"type": "web_search_20250305", "name": "web_search", "cache_control": {"type": "ephemeral"}},
            "tools[0].cache_control",
        ),
    ],
)
def test_what_only_anthropic_offers_is_refused_by_place(tool, param):
    with pytest.raises(TollwayError) as refusal:
        offered(tool)
    assert (refusal.value.code.name, refusal.value.param) == ("request.untranslatable", param)


@pytest.mark.parametrize(
    ("tool", "param"),
    [
        ({"input_schema": {}}, "tools[0].name"),
        ({"name": "f"}, "tools[0].input_schema"),
        ({"name": "f", "input_schema": "any"}, "tools[0].input_schema"),
        (7, "tools[0]"),
    ],
)
def test_a_wrong_form_is_refused_by_place(tool, param):
    with pytest.raises(TollwayError) as refusal:
        offered(tool)
    assert (refusal.value.code.name, refusal.value.param) == ("request.field_invalid", param)


def test_what_says_nothing_is_as_if_it_were_not_there():
    tool = FUNCTION | {"defer_loading": False, "input_examples": [], "cache_control": None, "type": None}
    assert offered(tool) == offered(FUNCTION)
    assert read_offered(Asked.parse(b"{}")) == Offered()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, (None, None)),
        ({"type": "auto"}, (hub.ToolChoice(mode="auto"), None)),
        ({"type": "auto", "disable_parallel_tool_use": True}, (hub.ToolChoice(mode="auto"), False)),
        ({"type": "any", "disable_parallel_tool_use": False}, (hub.ToolChoice(mode="required"), True)),
        ({"type": "none"}, (hub.ToolChoice(mode="none"), None)),
        ({"type": "tool", "name": "f"}, (hub.ToolChoice(mode="tool", names=("f",)), None)),
    ],
)
def test_the_choice_is_read(value, expected):
    assert choice(value) == expected


@pytest.mark.parametrize(
    ("value", "param"),
    [
        ({"type": "tool"}, "tool_choice.name"),
        ({"type": "some"}, "tool_choice.type"),
        ({}, "tool_choice.type"),
        ("auto", "tool_choice"),
        ({"type": "auto", "mood": "good"}, "tool_choice.mood"),
    ],
)
def test_what_is_no_choice_is_refused_by_place(value, param):
    with pytest.raises(TollwayError) as refusal:
        choice(value)
    assert refusal.value.param == param
