"""A schema in Google's dialect means the same as JSON Schema."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.formats.gemini.schema import to_json_schema
from tollway.kernel.errors import TollwayError

NAMES = [
    *("type", "properties", "items", "anyOf", "any_of", "enum", "nullable", "propertyOrdering", "maxItems", "x"),
    *("defs", "ref", "additionalProperties", "format", "example", "required"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.sampled_from(["OBJECT", "ARRAY", "a", "3"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


def converted(schema):
    return json.loads(to_json_schema(json.dumps(schema).encode(), "parameters"))


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "STRING"}, {"type": "string"}),
        ({"type": "STRING", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "NULL", "nullable": True}, {"type": "null"}),
        ({"type": "INTEGER", "format": "int64", "maximum": 9}, {"type": "integer", "maximum": 9}),
        ({"type": "STRING", "format": "date-time"}, {"type": "string", "format": "date-time"}),
        ({"type": "ARRAY", "min_items": "2", "items": {"type": "NUMBER"}},
         {"type": "array", "minItems": 2, "items": {"type": "number"}}),
        ({"type": "STRING", "format": "enum", "enum": ["A", "B"]}, {"type": "string", "enum": ["A", "B"]}),
        ({"type": "STRING", "enum": ["A"], "nullable": True}, {"type": ["string", "null"], "enum": ["A", None]}),
        ({"type": "INTEGER", "format": "enum", "enum": ["101", "201"]}, {"type": "integer", "enum": [101, 201]}),
        ({"type": "NUMBER", "enum": ["1.5", "x"]}, {"type": "number", "enum": [1.5, "x"]}),
        ({"anyOf": [{"type": "STRING"}], "nullable": True}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ({"type": "OBJECT", "additionalProperties": False}, {"type": "object", "additionalProperties": False}),
        ({"type": "OBJECT", "additional_properties": {"type": "STRING"}},
         {"type": "object", "additionalProperties": {"type": "string"}}),
        ({"ref": "#/defs/Pet", "defs": {"Pet": {"type": "OBJECT"}}},
         {"$ref": "#/$defs/Pet", "$defs": {"Pet": {"type": "object"}}}),
        ({"type": "STRING", "example": "Rex"}, {"type": "string", "examples": ["Rex"]}),
        ({"type": "STRING", "description": None}, {"type": "string"}),
    ],
)  # fmt: skip
def test_each_field_is_said_as_json_schema_says_it(schema, expected):
    assert converted(schema) == expected


def test_the_order_of_properties_is_the_order_they_are_made_in():
    properties = {"a": {"type": "STRING"}, "b": {"type": "STRING"}, "c": {"type": "STRING"}}
    found = converted({"type": "OBJECT", "properties": properties, "propertyOrdering": ["c", "a", "nowhere"]})
    assert list(found["properties"]) == ["c", "a", "b"]
    assert "propertyOrdering" not in found


@pytest.mark.parametrize("ordering", [[{}], [1, "b"], "ba", 3, None])
def test_an_order_that_is_none_changes_nothing(ordering):
    properties = {"a": {"type": "STRING"}, "b": {"type": "STRING"}}
    found = converted({"type": "OBJECT", "properties": properties, "propertyOrdering": ordering})
    assert list(found["properties"]) == ["a", "b"]


def test_the_name_of_a_property_is_no_name_of_a_field():
    """A property called `max_items` or `type` keeps its name."""
    found = converted({"type": "OBJECT", "properties": {"max_items": {"type": "STRING"}, "type": {"type": "STRING"}}})
    assert list(found["properties"]) == ["max_items", "type"]


@pytest.mark.parametrize(
    ("schema", "code", "place"),
    [
        ({"properties": {"a": {"oneOf": []}}}, "request.untranslatable", "parameters.properties.a.oneOf"),
        ({"type": 3}, "request.field_invalid", "parameters.type"),
        ({"type": "TYPE_UNSPECIFIED"}, "request.field_invalid", "parameters.type"),
        ({"properties": []}, "request.field_invalid", "parameters.properties"),
        ({"anyOf": {}}, "request.field_invalid", "parameters.anyOf"),
        ({"anyOf": [{"type": "STRING"}, 3]}, "request.field_invalid", "parameters.anyOf[1]"),
        ({"maxItems": "many"}, "request.field_invalid", "parameters.maxItems"),
        ({"ref": 1}, "request.field_invalid", "parameters.ref"),
        ([], "request.field_invalid", "parameters"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_refused_by_its_place(schema, code, place):
    with pytest.raises(TollwayError) as caught:
        converted(schema)
    assert (caught.value.code.name, caught.value.param) == (code, place)


def test_a_schema_that_is_nested_without_end_is_refused():
    schema = {"type": "STRING"}
    for _ in range(70):
        schema = {"type": "ARRAY", "items": schema}
    with pytest.raises(TollwayError, match="nested deeper"):
        converted(schema)
    with pytest.raises(TollwayError, match="must be a schema"):
        to_json_schema(b"[" * 50_000, "parameters")


@given(JSON)
def test_any_json_is_converted_or_refused(schema):
    try:
        assert isinstance(converted(schema), dict)
    except TollwayError as error:
        assert error.code.name in ("request.field_invalid", "request.untranslatable")
        assert error.param.startswith("parameters")
