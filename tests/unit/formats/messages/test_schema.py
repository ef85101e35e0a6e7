"""Schemas become what Anthropic enforces, and lose nothing that the model cannot read."""

import json

import msgspec
import pytest
from hypothesis import given

from kit.json_values import VALUES
from tollway.formats.dialect import Inexpressible
from tollway.formats.messages.schema import DEPTH_MAX, enforceable


def enforced(schema: object) -> tuple[object, list[str]]:
    notes: list[str] = []
    written = enforceable(json.dumps(schema).encode(), "output", notes)
    return json.loads(bytes(written)), notes


def test_a_schema_that_is_within_bounds_keeps_its_bytes():
    raw = b'{ "type" : "object","properties":{"a":{"type":"integer"}}, "additionalProperties":false }'
    notes: list[str] = []
    assert bytes(enforceable(raw, "output", notes)) == raw and notes == []


def test_open_objects_are_closed_in_all_depths():
    inner = {"type": "object", "properties": {"b": {"type": ["object", "null"], "properties": {}}}}
    schema = {"type": "object", "properties": {"a": {"type": "array", "items": inner}}, "$defs": {"d": inner}}
    found, notes = enforced(schema)
    assert notes == ["schema-closed"]
    assert json.dumps(found).count('"additionalProperties": false') == 5


def test_constraints_that_are_not_enforced_become_description():
    schema = {
        "type": "object",
        "properties": {
            "n": {"type": "integer", "minimum": 1, "maximum": 9, "description": "A number."},
            "s": {"type": "string", "format": "color", "minLength": 2},
            "d": {"type": "string", "format": "date"},
            "l": {"type": "array", "minItems": 2, "items": {"type": "string", "pattern": "^a$"}},
        },
        "additionalProperties": False,
    }
    found, notes = enforced(schema)
    assert notes == ["schema-constraints-as-description"]
    assert isinstance(found, dict) and found["properties"] == {
        "n": {"type": "integer", "description": "A number.\n\n{minimum: 1, maximum: 9}"},
        "s": {"type": "string", "description": '{format: "color", minLength: 2}'},
        "d": {"type": "string", "format": "date"},
        "l": {"type": "array", "items": {"type": "string", "pattern": "^a$"}, "description": "{minItems: 2}"},
    }


def test_alternatives_are_one_kind():
    found, notes = enforced({"oneOf": [{"type": "string"}, {"type": "object", "properties": {}}]})
    assert found == {
        "anyOf": [{"type": "string"}, {"type": "object", "properties": {}, "additionalProperties": False}],
        "description": '{oneOf: "exactly one of these"}',
    }
    assert notes == ["schema-closed", "schema-constraints-as-description"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": "object", "additionalProperties": True},
        {"type": "object", "properties": {}, "additionalProperties": {"type": "string"}},
    ],
)
def test_objects_of_any_keys_are_refused(schema):
    with pytest.raises(Inexpressible) as refusal:
        enforceable(json.dumps(schema).encode(), "tools", [], at="tools[0]")
    assert (refusal.value.field, refusal.value.at) == ("tools", "tools[0]")
    assert "list of pairs" in refusal.value.advice


def test_a_schema_nested_beyond_all_bounds_is_refused():
    schema: dict[str, object] = {"type": "string"}
    for _ in range(DEPTH_MAX + 2):
        schema = {"type": "array", "items": schema}
    with pytest.raises(Inexpressible, match="nested"):
        enforceable(json.dumps(schema).encode(), "output", [])


@given(VALUES)
def test_anything_is_converted_or_refused(value):
    try:
        msgspec.json.decode(enforceable(json.dumps(value).encode(), "output", []))
    except Inexpressible as refusal:
        assert refusal.field == "output"


def test_what_is_no_json_is_refused():
    with pytest.raises(Inexpressible):
        enforceable(b"{", "output", [])
