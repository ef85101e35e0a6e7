"""Only schemas that OpenAI's strict mode takes are said to fit it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.formats.strict_mode import DEPTH_MAX, fits_strict_mode

CLOSED = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}


@pytest.mark.parametrize(
    "schema",
    [
        CLOSED,
        {"type": "object", "properties": {}, "additionalProperties": False},
        {**CLOSED, "properties": {"a": {"anyOf": [CLOSED, {"type": "null"}]}}},
        {**CLOSED, "properties": {"a": {"type": "array", "items": CLOSED}}, "$defs": {"x": CLOSED}},
        {"type": "string", "enum": ["object"]},
    ],
)
def test_closed_schemas_that_require_all_they_name_fit(schema):
    assert fits_strict_mode(json.dumps(schema).encode())


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {**CLOSED, "additionalProperties": True},
        {**CLOSED, "required": []},
        {**CLOSED, "required": "a"},
        {**CLOSED, "properties": {"a": {"type": "object"}}},
        {**CLOSED, "properties": {"a": {"anyOf": [{"properties": {"b": {}}}]}}},
        {**CLOSED, "$defs": {"x": {"type": ["object", "null"]}}},
        {"type": "array", "items": {"type": "object"}},
        [],
    ],
)
def test_open_ones_do_not(schema):
    assert not fits_strict_mode(json.dumps(schema).encode())


def test_what_is_no_schema_does_not_fit():
    assert not fits_strict_mode(None) and not fits_strict_mode(b"{")
    deep = b'{"anyOf":[' * (DEPTH_MAX + 1) + b"{}" + b"]}" * (DEPTH_MAX + 1)
    assert not fits_strict_mode(deep)


@given(
    st.recursive(
        st.none() | st.booleans() | st.sampled_from(["object", "a"]),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["type", "properties", "required", "items", "additionalProperties"]), inner
            )
        ),
    )
)
def test_no_json_raises(value):
    assert fits_strict_mode(json.dumps(value).encode()) in (True, False)
