"""JSON answers go by Anthropic's own field where there is one, else by a tool that must be called."""

import json

import msgspec
import pytest

from tollway.formats.dialect import Inexpressible
from tollway.formats.hub import Output
from tollway.formats.messages.model import find_model
from tollway.formats.messages.output import OUTPUT_TOOL, write_format, write_output_tool

SCHEMA = b'{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}'
WITH_SCHEMA = Output(kind="json_schema", schema=SCHEMA, name="n", strict=True)
ANY = Output(kind="json")


def test_a_schema_goes_into_the_field_of_the_models_that_have_it():
    notes: list[str] = []
    written = write_format(WITH_SCHEMA, find_model("claude-sonnet-4-5"), notes)
    assert msgspec.json.encode(written) == b'{"type":"json_schema","schema":%b}' % SCHEMA and notes == []


def test_a_description_of_the_whole_is_noted():
    notes: list[str] = []
    output = Output(kind="json_schema", schema=SCHEMA, description="d")
    assert write_format(output, find_model("claude-opus-5"), notes) and notes == ["schema-description-ignored"]


@pytest.mark.parametrize("output", [None, Output(kind="text"), ANY])
def test_a_free_form_needs_no_field(output):
    assert write_format(output, find_model("claude-sonnet-4-5"), []) is None


@pytest.mark.parametrize("output", [None, Output(kind="text")])
def test_a_free_form_needs_no_tool(output):
    assert write_output_tool(output, find_model("claude-sonnet-4-0"), [], is_thinking=False) is None


def test_an_older_model_answers_by_calling_a_tool():
    notes: list[str] = []
    model = find_model("claude-sonnet-4-0")
    tool = write_output_tool(WITH_SCHEMA, model, notes, is_thinking=False)
    assert tool is not None and write_format(WITH_SCHEMA, model, notes) is None
    assert tool["name"] == OUTPUT_TOOL and bytes(tool["input_schema"]) == SCHEMA
    assert notes == ["json-output-by-tool"]


def test_a_schema_that_cannot_be_enforced_goes_by_a_tool_where_one_can_be_forced():
    output, notes = Output(kind="json_schema", schema=b'{"type":"object"}', description="d"), []
    model = find_model("claude-sonnet-4-5")
    assert write_format(output, model, notes) is None and notes == []
    tool = write_output_tool(output, model, notes, is_thinking=False)
    assert tool is not None and tool["description"] == "d" and notes == ["json-output-by-tool"]
    with pytest.raises(Inexpressible, match="any keys"):
        write_format(output, find_model("claude-opus-5-5"), notes)


def test_json_of_any_form_goes_by_a_tool_too():
    tool = write_output_tool(ANY, find_model("claude-opus-5"), [], is_thinking=False)
    assert tool is not None
    assert json.loads(bytes(tool["input_schema"])) == {"type": "object", "additionalProperties": True}


@pytest.mark.parametrize(
    ("output", "model", "is_thinking", "advice"),
    [
        (ANY, "claude-opus-5-5", False, "send `json_schema`"),
        (ANY, "claude-sonnet-4-5", True, "send `json_schema`"),
        (WITH_SCHEMA, "claude-3-7-sonnet", True, "exclude each other"),
        (Output(kind="json_schema", schema=b'{"type":"array"}'), "claude-sonnet-4-0", False, "must be an object"),
        (Output(kind="json_schema", schema=b"7"), "claude-sonnet-4-0", False, "must be a JSON object"),
    ],
)
def test_what_no_tool_can_give_is_refused(output, model, is_thinking, advice):
    with pytest.raises(Inexpressible, match=advice) as refusal:
        write_output_tool(output, find_model(model), [], is_thinking=is_thinking)
    assert refusal.value.field == "output"
