"""Answers in protobuf's JSON are read in either spelling, and nothing in them raises."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.formats.gemini.fields import COUNT_MAX, Fields, camel_case, to_number

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def fields(value):
    return Fields.parse(json.dumps(value).encode())


@pytest.mark.parametrize(
    ("spelled", "known"),
    [("prompt_token_count", "promptTokenCount"), ("promptTokenCount", "promptTokenCount"), ("_a", "_a"), ("a", "a")],
)
def test_names_are_known_in_either_spelling(spelled, known):
    assert camel_case(spelled) == known
    assert known in fields({spelled: 1})


def test_null_is_absence_and_hides_nothing():
    answer = fields({"a_b": 5, "aB": None, "c": None})
    assert answer.count("aB") == 5
    assert "c" not in answer and answer.raw("c") == b"" and answer.child("c") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [(5, 5), ("5", 5), (5.9, 5), ("-3", 0), (-3, 0), (2**60, COUNT_MAX), ("x", 0), ([], 0), (True, 0)],
)
def test_counts_may_be_strings_and_are_bounded(value, expected):
    assert fields({"n": value}).count("n") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(-0.5, -0.5), ("1e3", 1000.0), ("1_0", None), ("NaN", None), ("Infinity", None), ("1e999", None), (10**400, None)],
)
def test_only_finite_numbers_are_numbers(value, expected):
    assert to_number(value) == expected


def test_lists_of_counts():
    assert fields({"n": [1, "2", -3]}).counts("n") == [1, 2, 0]
    assert fields({"n": [1, {}]}).counts("n") == []
    assert fields({}).counts("n") == []


@given(st.dictionaries(st.sampled_from(["a", "a_b", "aB", ""]), JSON))
def test_reading_never_raises(value):
    answer = fields(value)
    for name in ("a", "aB", ""):
        assert 0 <= answer.count(name) <= COUNT_MAX
        answer.text(name), answer.texts(name), answer.is_true(name), answer.number(name), answer.counts(name)
        answer.child(name), answer.children(name), answer.raw(name)


@given(st.binary(max_size=40))
def test_any_bytes_are_an_object_or_none(raw):
    assert Fields.parse(raw) is None or raw.strip().startswith(b"{")
