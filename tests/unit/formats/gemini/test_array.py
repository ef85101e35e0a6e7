"""A stream for callers that asked for no events is one JSON array, whatever its chunking."""

import json

from hypothesis import given
from hypothesis import strategies as st

from kit.json_values import VALUES
from tollway.formats.gemini.array import open_array

OBJECTS = st.lists(st.dictionaries(st.text(max_size=3), VALUES, max_size=3), max_size=4)


@given(OBJECTS, st.integers(1, 40))
def test_events_become_the_elements_of_an_array(values, size):
    raw = b"".join(b"data: %b\r\n\r\n" % json.dumps(value).encode() for value in values)
    writer = open_array()
    written = b"".join(writer.feed(raw[at : at + size]) for at in range(0, len(raw), size)) + writer.finish()
    assert json.loads(written) == values


def test_elements_arrive_one_by_one():
    writer = open_array()
    assert writer.feed(b'data: {"a":1}\n\n') == b'[{"a":1}'
    assert writer.feed(b'data: {"a":2}\n\ndata: {"a"') == b',\r\n{"a":2}'
    assert writer.feed(b":3}") == b""
    assert writer.finish() == b',\r\n{"a":3}]\n'


def test_an_event_beyond_all_bounds_leaves_the_array_open():
    writer = open_array()
    assert writer.feed(b'data: {"a":1}\n\n') == b'[{"a":1}'
    assert writer.feed(b"data: " + b"x" * 17_000_000) == b""
    assert writer.feed(b'data: {"a":2}\n\n') == b"" and writer.finish() == b""
