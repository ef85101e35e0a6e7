"""Thoughts keep their text, seal and order, however a stream or a client cut them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.chat import THOUGHTS
from kit.translation import meaning
from tollway.formats import hub
from tollway.formats.asked import Asked
from tollway.formats.chat.thinking import plain_text, read_asked, read_details, seal_of, thoughts_of, write_details
from tollway.formats.hub import Signature, Thinking
from tollway.formats.lenient import Fields
from tollway.kernel.errors import TollwayError


def asked(**fields):
    message = Asked.parse(json.dumps(fields).encode(), "messages[1]")
    thoughts = read_asked(message)
    message.nothing_else()
    return [meaning(thought) for thought in thoughts]


def answered(*details):
    fields = Fields.parse(json.dumps({"reasoning_details": list(details)}).encode())
    assert fields is not None
    return thoughts_of(read_details(fields))


@given(st.lists(THOUGHTS, max_size=4))
def test_thoughts_survive_in_requests_and_answers(thoughts):
    details = write_details(thoughts)
    assert asked(reasoning_details=details) == [meaning(thought) for thought in thoughts]
    assert answered(*details) == thoughts


def test_openais_summary_and_seal_are_one_thought():
    # As OpenRouter answers for OpenAI's models: both items have the index of the thought.
    details = [
        {"type": "reasoning.summary", "summary": "Hm.", "format": "openai-responses-v1", "index": 0},
        {"type": "reasoning.encrypted", "data": "gAAA", "format": "openai-responses-v1", "id": "rs_1", "index": 0},
    ]
    thought = Thinking(text="Hm.", signature=Signature(origin="openai", value="gAAA"), id="rs_1")
    assert answered(*details) == [thought]
    assert write_details([thought]) == details
    alone = Thinking(signature=Signature(origin="openai", value="gAAA"), is_redacted=True, id="rs_1")
    assert answered(details[1]) == [alone]
    assert write_details([alone]) == [details[1]]


def test_pieces_of_one_index_are_one_thought():
    pieces = [
        {"type": "reasoning.text", "text": "a", "index": 0},
        {"type": "reasoning.text", "text": "b", "index": 0},
        {"type": "reasoning.text", "signature": "s", "format": "anthropic-claude-v1", "index": 0},
        {"type": "reasoning.text", "text": "c", "index": 1},
    ]
    signature = Signature(origin="anthropic", value="s")
    assert answered(*pieces) == [Thinking(text="ab", signature=signature), Thinking(text="c")]
    assert pieces[2] == seal_of(signature, None, 0)


def test_geminis_seal_without_text_is_all_there_is():
    item = {"type": "reasoning.text", "signature": "s", "format": "google-gemini-v1", "index": 0}
    assert answered(item) == [Thinking(signature=Signature(origin="gemini", value="s"), is_redacted=True)]


def test_plain_fields_are_read_where_there_are_no_details():
    assert asked(reasoning_content="a") == [Thinking(text="a")] == asked(reasoning="a")
    assert asked(reasoning="a", reasoning_content="a") == [Thinking(text="a")]
    assert asked(reasoning="a", reasoning_details=[{"type": "reasoning.text", "text": "b"}]) == [Thinking(text="b")]
    assert asked(reasoning_content="", reasoning_details=[]) == []
    fields = Fields.parse(b'{"reasoning":"r"}')
    assert fields is not None and plain_text(fields) == "r"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"reasoning": "a", "reasoning_content": "b"}, "messages[1].reasoning"),
        ({"reasoning_details": [{"type": "odd"}]}, "messages[1].reasoning_details[0].type"),
        ({"reasoning_details": [{}]}, "messages[1].reasoning_details[0].type"),
        ({"reasoning_details": [{"type": "reasoning.text", "x": 1}]}, "messages[1].reasoning_details[0].x"),
    ],
)
def test_what_cannot_be_held_is_refused_at_its_place(fields, param):
    with pytest.raises(TollwayError) as caught:
        asked(**fields)
    assert caught.value.param == param


def test_unknown_items_of_an_answer_are_left_out():
    assert answered({"type": "odd", "text": "x"}, {"type": "reasoning.text", "text": "y"}) == [hub.Thinking(text="y")]
