"""A body is read one level deep, passes unchanged, and never says two things at once."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.formats.json_object import FEW_MAX, LONG_BYTES, JSONObject, count_name
from tollway.kernel.errors import TollwayError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=6), JSON, max_size=6), st.sampled_from([(",", ":"), (", ", ": ")]))
def test_an_unchanged_object_keeps_its_bytes(value, separators):
    raw = json.dumps(value, separators=separators, ensure_ascii=len(value) % 2 == 0).encode()
    assert JSONObject.parse(raw).encode() == raw


@given(st.dictionaries(st.text(max_size=6), JSON, max_size=6), st.text(max_size=6), JSON)
def test_a_replaced_field_is_the_only_change(value, name, new):
    body = JSONObject.parse(json.dumps(value).encode())
    body.set(name, new)
    assert json.loads(body.encode()) == {**value, name: new}


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_with_one_error(raw):
    try:
        JSONObject.parse(raw)
    except TollwayError as error:
        assert error.code.name == "request.body_invalid"


@pytest.mark.parametrize(
    "raw",
    [
        b'{"model":"a","model":"b"}',
        b'{"model": "a", "model": "a"}',
        b'{"mod\\u0065l":"a","model":"b"}',
        b'{ "x" : [1], "x" : [1] }',
    ],
)
def test_a_key_named_twice_is_refused(raw):
    with pytest.raises(TollwayError, match="names a key twice"):
        JSONObject.parse(raw)


def test_keys_may_repeat_in_different_nested_objects():
    raw = b'{"a": {"x": 1}, "b": {"x": 1, "y": {"x": 2}}}'
    assert JSONObject.parse(raw).encode() == raw


@pytest.mark.parametrize("raw", [b"[]", b"1", b'"x"', b"null", b"", b"{", b'{"a":1}x', b"\xff"])
def test_anything_but_one_object_is_refused(raw):
    with pytest.raises(TollwayError, match="not a JSON object"):
        JSONObject.parse(raw)


def test_a_field_of_the_wrong_type_is_refused_by_name():
    body = JSONObject.parse(b'{"model": 5, "n": null}')
    with pytest.raises(TollwayError) as caught:
        body.read("model", str)
    assert caught.value.param == "model"
    assert body.read("n", int) is None
    assert body.read("absent", int) is None
    assert body.raw("absent") == b""
    assert "n" in body


def test_a_copy_is_independent():
    body = JSONObject.parse(b'{"a":1}')
    other = body.copy()
    other.set("a", 2)
    assert (body.encode(), other.encode()) == (b'{"a":1}', b'{"a":2}')


def test_nesting_without_end_is_refused_like_any_other_fault():
    with pytest.raises(TollwayError) as caught:
        JSONObject.parse(b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}")
    assert caught.value.code.name == "request.body_invalid"


def test_a_dropped_field_is_gone_and_nothing_else_is_touched():
    raw = b'{"a": 1, "b":2}'
    body = JSONObject.parse(raw)
    body.drop("c")
    assert body.encode() == raw
    body.drop("a")
    assert body.encode() == b'{"b":2}' and "a" not in body


PIECES = st.lists(st.sampled_from([b'"image_url"', b'_url"', b"_", b'"image', b"x", b'"'])).map(b"".join)


@given(PIECES, PIECES, st.sampled_from([b'"image_url"', b'_url"', b'"file_']), st.sampled_from([0, FEW_MAX + 1]))
def test_a_name_is_counted_alike_in_short_texts_and_long_ones_and_between_many_marks(before, after, name, marks):
    for filling in (b"", b"y" * LONG_BYTES):
        raw = before + b"_" * marks + filling + after
        assert count_name(raw, name) == raw.count(name)
