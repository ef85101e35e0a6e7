"""Answers are written as messages that Anthropic's client takes, with nothing of their meaning lost."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.messages_values import ANSWER_CALLS, ANSWER_TEXTS, FOREIGN_SEALS, SEALS, THOUGHTS, accept_message, shown
from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.asked import Asked
from tollway.formats.messages.answer_reader import read_reply
from tollway.formats.messages.answer_writer import write_input, write_part, write_reply
from tollway.formats.messages.content_reader import read_turns

USAGE = Usage(input_tokens=9, output_tokens=5, cached_input_tokens=2, tier="standard")


def written(*parts: hub.Part, stop: hub.StopReason | None = "end", **fields: Any) -> dict[str, Any]:
    reply = hub.Reply(id="x", model="m", choices=(hub.Choice(parts=parts, stop=stop, **fields),), usage=USAGE)
    raw = write_reply(reply, shown())
    accept_message(raw)
    body: dict[str, Any] = json.loads(raw)
    return body


def test_an_answer_has_the_callers_name_of_the_model_and_the_calls_id():
    body = written(hub.Text(text="hi"))
    assert (body["id"], body["model"]) == ("msg_000000000000000000000001", "alias")
    assert body["content"] == [{"type": "text", "text": "hi"}]
    assert (body["stop_reason"], body["stop_sequence"], body["stop_details"]) == ("end_turn", None, None)
    assert body["usage"]["input_tokens"] == 7 and body["usage"]["cache_read_input_tokens"] == 2


@given(st.lists(ANSWER_TEXTS | THOUGHTS | ANSWER_CALLS, max_size=4), st.sampled_from(["end", "length", "pause"]))
def test_any_answer_that_the_dialect_can_express_survives(parts, stop):
    reply = hub.Reply(id="x", model="m", choices=(hub.Choice(parts=tuple(parts), stop=stop),), usage=USAGE)
    raw = write_reply(reply, shown())
    accept_message(raw)
    assert read_reply(raw).choices == reply.choices and read_reply(raw).usage == USAGE


@given(
    st.lists(st.builds(hub.Thinking, text=st.just("hm"), signature=FOREIGN_SEALS | SEALS), max_size=3), FOREIGN_SEALS
)
def test_foreign_seals_come_back_with_the_next_turn(thoughts, seal):
    call = hub.ToolCall(id="call_1", name="f", arguments="{}", signature=seal)
    body = written(*thoughts, call, stop="tool_calls")
    raw = json.dumps({"role": "assistant", "content": body["content"]}).encode()
    (turn,) = read_turns([Asked.parse(raw)])
    kept = [part.signature for part in turn.parts if isinstance(part, hub.Thinking | hub.ToolCall)]
    assert kept == [*(thought.signature for thought in thoughts), seal]


@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        ("end", "end_turn"),
        ("length", "max_tokens"),
        ("tool_calls", "tool_use"),
        ("refusal", "refusal"),
        ("content_filter", "refusal"),
        ("pause", "pause_turn"),
        (None, None),
    ],
)
def test_every_meaning_has_its_reason(stop, reason):
    body = written(stop=stop, stop_sequence="x")
    assert (body["stop_reason"], body["stop_sequence"]) == (reason, None)
    assert (body["stop_details"] is None) == (reason != "refusal")


def test_the_sequence_is_named_where_it_stopped():
    assert written(stop="stop_sequence", stop_sequence="END")["stop_sequence"] == "END"


@pytest.mark.parametrize(
    "part", [hub.Text(text=""), hub.Refusal(text=""), hub.Thinking(), hub.Thinking(is_redacted=True)]
)
def test_a_part_with_nothing_in_it_is_no_block(part):
    assert write_part(part) == []


def test_a_refusals_words_are_text():
    assert written(hub.Refusal(text="no"), stop="refusal")["content"] == [{"type": "text", "text": "no"}]


def test_a_picture_cannot_be_an_answer_of_this_dialect():
    assert write_part(hub.Image(source=hub.Link(url="https://e.com/a.png"))) == []


@pytest.mark.parametrize("arguments", ["[1]", "{", '"a"', '{"a": \ud800}'])
def test_arguments_that_are_no_object_are_put_into_one(arguments):
    assert write_input(arguments) == {"INVALID_JSON": arguments}


def test_arguments_keep_their_bytes():
    assert bytes(write_input('{ "a": 1.0 }')) == b'{ "a": 1.0 }'
    assert bytes(write_input("")) == b"{}"


def test_an_answer_without_choices_is_an_empty_message():
    raw = write_reply(hub.Reply(id="x", model="m", choices=()), shown())
    assert accept_message(raw).content == []
