"""Whole requests are read field by field; what only Anthropic serves is refused by its name."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.json_values import VALUES, objects
from kit.translation import meaning
from tollway.formats import hub
from tollway.formats.messages.request_reader import NAMES, read_request
from tollway.kernel.errors import TollwayError

LEAST: dict[str, Any] = {
    "model": "claude-opus-5",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "hi"}],
}
FIELDS = (
    *LEAST,
    *("system", "tools", "tool_choice", "thinking", "output_config", "output_format", "metadata", "service_tier"),
    *("stop_sequences", "temperature", "top_p", "top_k", "stream", "cache_control", "container", "speed", "unknown"),
)
TURNS = (hub.Turn(role="user", parts=(hub.Text(text="hi"),)),)


def read(**fields: Any) -> hub.Request:
    return read_request(json.dumps(LEAST | fields).encode(), model="alias", is_stream=False)


def refusal(**fields: Any) -> TollwayError:
    with pytest.raises(TollwayError) as caught:
        read(**fields)
    return caught.value


def test_the_least_request_states_nothing_else():
    assert meaning(read()) == meaning(hub.Request(model="alias", turns=TURNS, output_tokens_max=64))


def test_every_field_is_read():
    schema = {"type": "object"}
    request = read(
        system="be kind",
        temperature=0.5,
        top_p=0.9,
        top_k=7,
        stop_sequences=["END"],
        stream=True,
        metadata={"user_id": "u-1"},
        service_tier="standard_only",
        speed="standard",
        thinking={"type": "adaptive", "display": "summarized"},
        output_config={"effort": "high", "format": {"type": "json_schema", "schema": schema}},
        tool_choice={"type": "any", "disable_parallel_tool_use": True},
        tools=[{"name": "f", "input_schema": schema}, {"type": "web_search_20250305", "name": "web_search"}],
    )
    assert meaning(request) == meaning(
        hub.Request(
            model="alias",
            turns=TURNS,
            system=(hub.Text(text="be kind"),),
            tools=(hub.Tool(name="f", parameters=b'{"type": "object"}'),),
            web_search=hub.WebSearch(),
            tool_choice=hub.ToolChoice(mode="required"),
            parallel_tool_calls=False,
            output=hub.Output(kind="json_schema", schema=b'{"type": "object"}', strict=True),
            reasoning=hub.Reasoning(effort="high", is_adaptive=True, wants_text=True),
            output_tokens_max=64,
            temperature=0.5,
            top_p=0.9,
            top_k=7,
            stop=("END",),
            user="u-1",
            service_tier="default",
        )
    )


def test_every_field_has_the_callers_own_name():
    assert read().names == NAMES
    assert NAMES.keys() <= set(hub.Request.__struct_fields__)


def test_the_older_place_of_the_schema_is_read():
    form = {"type": "json_schema", "schema": {"type": "object"}}
    assert read(output_format=form).output == read(output_config={"format": form}).output
    assert refusal(output_format=form, output_config={"format": form}).param == "output_format"


def test_effort_without_thinking_is_about_words():
    request = read(thinking={"type": "disabled"}, output_config={"effort": "low"})
    assert request.reasoning == hub.Reasoning(effort="none") and request.verbosity == "low"


def test_the_bodys_own_cache_marker_is_on_the_last_part():
    assert read(cache_control={"type": "ephemeral", "ttl": "1h"}).turns[0].parts[0] == hub.Text(
        text="hi", cache=hub.CacheMark(ttl="1h"), at="messages[0].content"
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("container", "container_1"),
        ("mcp_servers", [{"type": "url", "url": "https://e.com", "name": "e"}]),
        ("inference_geo", "us"),
        ("diagnostics", {"previous_message_id": "msg_1"}),
        ("user_profile_id", "p"),
        ("speed", "fast"),
        ("max_tokens", 0),
        ("hologram", 1),
    ],
)
def test_what_only_anthropic_serves_is_refused_by_its_name(field, value):
    error = refusal(**{field: value})
    assert (error.code.name, error.param) == ("request.untranslatable", field)


@pytest.mark.parametrize(
    ("field", "value", "param"),
    [
        ("output_config", {"task_budget": {"type": "tokens", "total": 9}}, "output_config.task_budget"),
        ("metadata", {"team": "x"}, "metadata.team"),
        ("context_management", {"edits": [{"type": "compact_20260112"}]}, "context_management.edits[0]"),
        ("context_management", {"edits": [], "mode": "x"}, "context_management.mode"),
    ],
)
def test_what_only_anthropic_knows_within_a_field_is_refused_by_place(field, value, param):
    error = refusal(**{field: value})
    assert (error.code.name, error.param) == ("request.untranslatable", param)


@pytest.mark.parametrize(
    ("field", "value", "param"),
    [
        ("max_tokens", None, "max_tokens"),
        ("max_tokens", -1, "max_tokens"),
        ("max_tokens", "many", "max_tokens"),
        ("messages", [], "messages"),
        ("messages", None, "messages"),
        ("messages", "hi", "messages"),
        ("service_tier", "first", "service_tier"),
        ("temperature", "hot", "temperature"),
        ("stop_sequences", "END", "stop_sequences"),
        ("output_config", {"format": {"type": "xml"}}, "output_config.format.type"),
        ("output_config", {"format": {"type": "json_schema"}}, "output_config.format.schema"),
        ("output_config", {"effort": "none"}, "output_config.effort"),
        ("thinking", "yes", "thinking"),
        ("stream", "yes", "stream"),
    ],
)
def test_a_wrong_form_is_refused_by_place(field, value, param):
    error = refusal(**{field: value})
    assert (error.code.name, error.param) == ("request.field_invalid", param)


def test_clearing_thoughts_changes_nothing_for_other_vendors():
    edits = [{"type": "clear_thinking_20251015", "keep": "all"}]
    assert meaning(read(context_management={"edits": edits})) == meaning(read())


def test_what_says_nothing_is_as_if_it_were_not_there():
    empty = {"container": None, "mcp_servers": [], "context_management": {}, "metadata": None, "speed": None}
    assert meaning(read(**empty, stop_sequences=[], tools=[], system="")) == meaning(read())


@given(objects(*FIELDS) | objects(*FIELDS).map(lambda fields: LEAST | fields))
def test_any_body_is_read_or_refused(body):
    try:
        read_request(json.dumps(body).encode(), model="alias", is_stream=False)
    except TollwayError as error:
        assert error.code.name in ("request.field_invalid", "request.untranslatable") and error.param


@given(st.sampled_from(["text", "image", "document", "tool_use", "tool_result", "thinking"]), st.data())
def test_any_block_is_read_or_refused(kind, data):
    names = ("text", "source", "id", "name", "input", "tool_use_id", "content", "citations", "cache_control", "title")
    block = data.draw(objects(*names)) | {"type": kind}
    if data.draw(st.booleans()):
        block["source"] = {"type": data.draw(st.sampled_from(["base64", "url", "file", "text", "content"]))} | {
            "data": data.draw(VALUES),
            "content": data.draw(VALUES),
        }
    role = data.draw(st.sampled_from(["user", "assistant"]))
    body = LEAST | {"messages": [{"role": role, "content": [block]}]}
    try:
        read_request(json.dumps(body).encode(), model="alias", is_stream=False)
    except TollwayError as error:
        assert error.param


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b'{"messages":[{"role":"user","content":"\xff"}]}'])
def test_what_is_no_object_is_refused(raw):
    with pytest.raises(TollwayError):
        read_request(raw, model="alias", is_stream=False)
